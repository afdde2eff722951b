"""Settings of the functions, read from the environment at the first call, never at import."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

# Holds the stack's name. Each of the service's functions has it, so it also tells a stack which functions are
# those of another one.
STACK_VARIABLE = "REPLAY_SERVICE_STACK"


class MissingSettingError(Exception):
    """An environment variable that the template sets is not there, or is no number; the message names it."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Typed access to environment variables."""

    variables: Mapping[str, str]

    def text(self, name: str) -> str:
        value = self.variables.get(name, "")
        if not value:
            raise MissingSettingError(f"environment variable {name} is not set; template.yaml sets it")
        return value

    def optional(self, name: str) -> str:
        """Empty where it is not set."""
        return self.variables.get(name, "")

    def words(self, name: str) -> tuple[str, ...]:
        """Its parts between commas; none where it is not set."""
        return tuple(word for word in self.optional(name).split(",") if word)

    def number(self, name: str) -> int:
        value = self.text(name)
        if not value.isascii() or not value.isdigit():
            raise MissingSettingError(f"environment variable {name} is no whole number: {value!r}")
        return int(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSettings:
    """Where everything is kept, and for how long."""

    table: str
    bucket: str
    region: str
    retention: timedelta

    @classmethod
    def read(cls, environment: Environment) -> Self:
        return cls(
            table=environment.text("TABLE_NAME"),
            bucket=environment.text("PAYLOAD_BUCKET"),
            region=environment.text("AWS_REGION"),
            retention=timedelta(days=environment.number("RETENTION_DAYS")),
        )
