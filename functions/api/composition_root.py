"""What the API needs from its environment."""

import os
from dataclasses import dataclass
from functools import cache

from aws_lambda_powertools import Logger

from lambda_replay.adapters.storage import Storage
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.settings import Environment, TableSettings

logger = Logger(service="api", child=True)


@dataclass(frozen=True, slots=True)
class ApiSettings:
    tables: TableSettings
    replay_function: str
    state_machine: str
    automatic_categories: tuple[str, ...]

    def beside(self, name: str) -> FunctionArn:
        """The function of this name in the account and region of this service."""
        _, partition, _, region, account, *_ = self.state_machine.split(":")
        return FunctionArn(partition, region, account, name)


@cache
def settings() -> ApiSettings:
    environment = Environment(os.environ)
    return ApiSettings(
        TableSettings.read(environment),
        environment.text("REPLAY_FUNCTION"),
        environment.text("STATE_MACHINE"),
        environment.words("AUTOMATIC_CATEGORIES"),
    )


@cache
def storage() -> Storage:
    return Storage(settings().tables, _unreadable)


def _unreadable(item_id: str, fault: Exception) -> None:
    logger.warning("item can't be read", item=item_id, reason=repr(fault))
