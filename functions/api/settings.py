"""What the API needs from its environment."""

import os
from dataclasses import dataclass
from functools import cache

from lambda_replay.adapters.storage import Storage, open_storage
from lambda_replay.settings import Environment, TableSettings


@dataclass(frozen=True, slots=True)
class ApiSettings:
    tables: TableSettings
    replay_function: str


@cache
def settings() -> ApiSettings:
    environment = Environment(os.environ)
    return ApiSettings(TableSettings.read(environment), environment.text("REPLAY_FUNCTION"))


@cache
def storage() -> Storage:
    return open_storage(settings().tables)
