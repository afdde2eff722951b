"""Where groups and the team's own rules are stored."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lambda_replay.domain.groups.count_batch import CountBatch
from lambda_replay.domain.groups.filter import GroupFilter
from lambda_replay.domain.groups.group import Group, GroupDecision, GroupExplanation
from lambda_replay.domain.groups.recovery_check import RecoveryCheck
from lambda_replay.domain.pagination import Position
from lambda_replay.domain.team_rules import RuleSet
from lambda_replay.ports.common import Contended


@dataclass(frozen=True, slots=True)
class GroupEvent:
    """An entry of a group's history."""

    fingerprint: str
    decision: GroupDecision


@dataclass(frozen=True, slots=True)
class GroupPage:
    """Heads and groups that are merged with none, each with its members; `after` and `unreadable` as in
    `Page`."""

    groups: tuple[tuple[Group, tuple[Group, ...]], ...]
    after: Position | None
    unreadable: tuple[str, ...] = ()


class GroupStore(Contended, Protocol):
    """Groups by fingerprint, their history, their hours, and the count batches that are still to be
    counted."""

    def get(self, fingerprints: Collection[str]) -> dict[str, Group]:
        """Those that exist and can be read, with every write that was answered before."""

    def holds(self, fingerprint: str) -> bool:
        """Whether there is such a group, readable or not."""

    def save(self, groups: Collection[Group], events: Collection[GroupEvent]) -> None:
        """All or nothing; raises `StaleVersion` unless each group is of the stored version (0: is new)."""

    def explain(self, why: GroupExplanation) -> None:
        """Keep it, unless the group has been explained already."""

    def why(self, fingerprint: str) -> GroupExplanation | None:
        """Why these failures are one group; None before that is written."""

    def history(self, fingerprint: str) -> list[GroupDecision]:
        """The newest first, bounded."""

    def hours(self, fingerprint: str, since: datetime) -> dict[datetime, int]:
        """Failed runs by full hour (UTC), from the hour of `since` on; hours without any are not there."""

    def page(self, wanted: GroupFilter, *, limit: int, after: Position | None = None) -> GroupPage:
        """Groups that match, the last active first."""

    def alerting(self, *, limit: int) -> Iterator[str]:
        """Fingerprints of groups with an alert, by an index that may lag."""

    def open(self, count_batch: CountBatch) -> None:
        """Write down what is about to be counted."""

    def left(self, now: datetime) -> Iterator[CountBatch]:
        """Count batches whose time has come and that are not counted yet, by an index that may lag."""

    def commit(
        self, count_batch: CountBatch, groups: Collection[Group], events: Collection[GroupEvent]
    ) -> None:
        """Save these groups, count the count batch's hours and end the count batch: all or nothing, and
        nothing when it has ended already. Raises `StaleVersion` as `save` does."""

    def ask(self, fingerprint: str, at: datetime) -> None:
        """Have the group checked then, for one of its executions has recovered; a check that is under way
        begins again."""

    def checks(self, now: datetime) -> Iterator[RecoveryCheck]:
        """Those that are due, by an index that may lag."""

    def save_check(self, check: RecoveryCheck) -> None:
        """Raises `StaleVersion` when it was asked for since then."""


class RuleStore(Protocol):
    """The versions of the team's own rules."""

    def current(self) -> RuleSet | None:
        """The newest version; None before the first."""

    def version(self, number: int) -> RuleSet | None:
        """That version; None when there is none, or it has expired."""

    def add(self, rules: RuleSet) -> None:
        """Raises `StaleVersion` when there is such a version."""
