"""What the service needs to know of Lambda functions."""

from typing import Protocol

from lambda_replay.domain.executions.durable_run import DurableRun
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.functions.function_config import FunctionConfig, MissingFunction


class Functions(Protocol):
    def facts(self, target: FunctionArn, *, fresh: bool = False) -> FunctionConfig | None:
        """What Lambda says about it, no older than a minute, or just now; None where it can't be read."""

    def absence(self, target: FunctionArn, *, fresh: bool = False) -> MissingFunction | None:
        """That it does not exist, as far as Lambda says so; None where it does, or can't be read. As old as
        facts."""


class DurableRuns(Protocol):
    def run(self, arn: str) -> DurableRun | None:
        """What Lambda says of the durable execution; None where it can't be read, or is forgotten."""


class FunctionRoles(Protocol):
    def role_id(self, target: FunctionArn, *, fresh: bool = False) -> str | None:
        """The id of the role that the function runs with, no older than an hour, or than a minute; None where
        it can't be read."""
