"""What automatic replays need from the world."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.pagination import Position
from lambda_replay.domain.policies.policy import Policy

if TYPE_CHECKING:
    from lambda_replay.domain.policies.circuit_breaker import Breaker


@dataclass(frozen=True, slots=True)
class PolicyStatus:
    """A function's own policy, if it ever had one, and its breaker."""

    policy: Policy | None
    breaker: "Breaker"


class PolicyStore(Protocol):
    """What functions' policies say, and how their automatic replays fare; by the function's ARN without
    qualifier. What an earlier version stored under the name alone is every such function's until it has its
    own; it reads as `version` 0 then."""

    def get(self, function: str) -> Policy | None:
        """The function's own policy; None when it never had one."""

    def save(self, policy: Policy) -> None:
        """With its history, both or neither. Raises `StaleVersion` unless it is of the stored version (0: is
        new)."""

    def history(self, function: str) -> list[Policy]:
        """Its versions as they were saved, the newest first, bounded; those that were taken back among
        them."""

    def breaker(self, function: str) -> "Breaker":
        """The function's breaker; a closed one when none is stored."""

    def save_breaker(self, breaker: "Breaker") -> None:
        """Raises `StaleVersion` as `save` does."""

    def alerting(self, now: datetime) -> Iterator[str]:
        """Functions with a breaker whose alert is still to be sent, by an index that may lag."""

    def standings(self, functions: Collection[str]) -> Mapping[str, PolicyStatus]:
        """Of all of them at once."""


@dataclass(frozen=True, slots=True)
class SeenFunction:
    """A function that has failed; `at` is about when it last did: it is noted once in a while, not for each
    failure."""

    function: FunctionArn
    at: datetime


@dataclass(frozen=True, slots=True)
class FunctionPage:
    """`after` as in `Page`."""

    functions: tuple[SeenFunction, ...]
    after: Position | None


class FunctionStore(Protocol):
    """Functions that have failed, by their ARN without qualifier; they are forgotten when they have not for
    long."""

    def seen(self, function: FunctionArn, at: datetime) -> None:
        """Nothing changes when it has been seen later."""

    def named(self, name: str) -> list[FunctionArn]:
        """Those of this name, by an index that may lag."""

    def page(self, *, limit: int, after: Position | None = None) -> FunctionPage:
        """The last seen first, by an index that may lag."""
