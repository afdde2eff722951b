"""What the API needs from its environment."""

import os
from dataclasses import dataclass
from functools import cache

from aws_lambda_powertools import Logger

from lambda_replay.adapters.storage import Storage
from lambda_replay.settings import Environment, TableSettings

logger = Logger(service="api", child=True)


@dataclass(frozen=True, slots=True)
class ApiSettings:
    tables: TableSettings
    replay_function: str
    state_machine: str
    automatic_categories: tuple[str, ...]


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
