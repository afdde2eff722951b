"""What the use cases need from the world. Adapters implement these; tests bring their own."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from lambda_replay.domain.executions.execution import Execution
from lambda_replay.domain.executions.filter import ExecutionFilter, GroupFilter, Position
from lambda_replay.domain.executions.id_slot import Entry, Link, Stored
from lambda_replay.domain.executions.outcome_counts import Increment
from lambda_replay.domain.executions.stored_record import RecordSummary, StoredRecord
from lambda_replay.domain.function_arn import FunctionArn
from lambda_replay.domain.groups.count_batch import Tally
from lambda_replay.domain.groups.group import Group, GroupDecision, Why
from lambda_replay.domain.groups.recovery_check import GroupCheck
from lambda_replay.domain.refusals import Reason
from lambda_replay.domain.team_rules import RuleSet

Clock = Callable[[], datetime]
"""The present, with its time zone."""

NewId = Callable[[], str]
"""A text that nobody else will ever get."""


Pause = Callable[[int], None]
"""Waits before the next try, a little longer each time; called with how many have failed so far."""


Unread = Callable[[str, Exception], None]
"""Told the id of something that is stored and can't be read, and why."""


class UnreadableItem(Exception):
    """It is stored, and this version of the service can't read it: a newer one wrote it, or it is damaged.
    Nothing is decided about it."""


class StaleVersion(Exception):
    """Another caller changed the entry since it was read: read it again and decide again."""


class Contended(Protocol):
    """A store whose writers may get into each other's way."""

    @property
    def pause(self) -> Pause:
        """For anyone who lost a race here and is about to run it again."""


@dataclass(frozen=True, slots=True)
class Page:
    """`after` is None on the last page. A page may hold fewer executions than were asked for, even none, and
    still have a next one: what a page reads is bounded, not only what it returns. `unreadable` are the ids
    of executions that might belong here and can't be read."""

    executions: tuple[Execution, ...]
    after: Position | None
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """`replaying`: a replay of the function may be waiting for the request id that Lambda answers with."""

    entry: Stored | None
    replaying: bool


class EntryStore(Contended, Protocol):
    """Entries by request id, each changed by one writer at a time."""

    def find(self, request_id: str, function: str, now: datetime) -> Found:
        """What stands under the id, as `get` tells it, and whether the function (its ARN without qualifier)
        is announced: both in one look."""

    def announce(self, function: str, until: datetime) -> None:
        """Replays of this function are about to be sent, and their ids unknown until then."""

    def add(self, entry: Entry) -> Stored | None:
        """Take the id's place. Returns None when it was free, else what stands there, unchanged."""

    def get(self, request_id: str) -> Stored | None:
        """What stands under the id, with every write that was answered before."""

    def save(self, entry: Entry, counts: Collection[Increment] = ()) -> None:
        """Replace what stands there, and count, both or neither; raises `StaleVersion` unless what stands
        there is of `entry.version`."""

    def get_many(self, request_ids: Collection[str]) -> Mapping[str, Stored]:
        """Those that exist, as `get` tells them."""

    def advance(self, executions: Collection[Execution]) -> set[str]:
        """Save what sending changes of each (replays without a new failure, decisions, times), and nothing
        else of it, one by one. Returns the ids of those that are not of the stored version (any more);
        nothing of them has changed, unless by an earlier try of this call."""

    def replan(self, executions: Collection[Execution]) -> set[str]:
        """As `advance`, and saves the rule of automatic replays too."""

    def link_many(self, links: Collection[Link]) -> set[str]:
        """Have each take its place; returns the ids whose place was taken."""

    def counts(self, scope: str) -> dict[str, int]:
        """What has been counted there, by name."""

    def page(self, wanted: ExecutionFilter, *, limit: int, after: Position | None = None) -> Page:
        """Executions that match, newest failure first."""

    def due(self, now: datetime) -> Iterator[str]:
        """Ids of executions whose `due_at` has come, the longest overdue first within each shard. The index
        behind it may lag: read the entry before acting on it."""

    def leases(self, now: datetime) -> Iterator[str]:
        """As `due`, which leaves these out: those with a replay that awaits its link."""

    def retries(self, now: datetime) -> Iterator[str]:
        """As `due`, which leaves these out: those whose automatic replay is due."""

    def alerts_due(self, now: datetime) -> Iterator[str]:
        """Ids of executions with `alert_due` and nothing else that is due; otherwise as `due`, which leaves
        these out."""


class RecordStore(Protocol):
    """Records as they came. The first one under an id stays: a later one can't exchange its payload."""

    def put(self, record: StoredRecord) -> RecordSummary:
        """What stands there now: this record, if it is the first."""

    def add_payload(self, record: StoredRecord) -> bool:
        """Give the stored record this one's payload, unless it has one; whether it is the stored one now."""

    def tally_of(self, request_id: str) -> str | None:
        """The tally of the stored record; None when there is none."""

    def get(self, request_id: str) -> StoredRecord | None: ...

    def payload(self, request_id: str) -> bytes | None:
        """The payload alone; None when there is none (any more)."""

    def small_payload(self, request_id: str) -> bytes | None:
        """As `payload`, without what is kept in the bucket: triage may not read there."""

    def payloads(self, request_ids: Collection[str]) -> dict[str, Callable[[], bytes | None]]:
        """As `payload`, for many; a large one is fetched when it is asked for, and each time."""


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
    """Groups by fingerprint, their history, their hours, and the tallies that are still to be counted."""

    def get(self, fingerprints: Collection[str]) -> dict[str, Group]:
        """Those that exist and can be read, with every write that was answered before."""

    def holds(self, fingerprint: str) -> bool:
        """Whether there is such a group, readable or not."""

    def save(self, groups: Collection[Group], events: Collection[GroupEvent]) -> None:
        """All or nothing; raises `StaleVersion` unless each group is of the stored version (0: is new)."""

    def explain(self, why: Why) -> None:
        """Keep it, unless the group has been explained already."""

    def why(self, fingerprint: str) -> Why | None: ...

    def history(self, fingerprint: str) -> list[GroupDecision]:
        """The newest first, bounded."""

    def hours(self, fingerprint: str, since: datetime) -> dict[datetime, int]:
        """Failed runs by full hour (UTC), from the hour of `since` on; hours without any are not there."""

    def page(self, wanted: GroupFilter, *, limit: int, after: Position | None = None) -> GroupPage:
        """Groups that match, the last active first."""

    def alerting(self, *, limit: int) -> Iterator[str]:
        """Fingerprints of groups with an alert, by an index that may lag."""

    def open(self, tally: Tally) -> None:
        """Write down what is about to be counted."""

    def left(self, now: datetime) -> Iterator[Tally]:
        """Tallies whose time has come and that nobody has settled, by an index that may lag."""

    def settle(self, tally: Tally, groups: Collection[Group], events: Collection[GroupEvent]) -> None:
        """Save these groups, count the tally's hours and end the tally: all or nothing, and nothing when it
        has ended already. Raises `StaleVersion` as `save` does."""

    def ask(self, fingerprint: str, at: datetime) -> None:
        """Have the group checked then, for one of its executions has recovered; a check that is under way
        begins again."""

    def checks(self, now: datetime) -> Iterator[GroupCheck]:
        """Those that are due, by an index that may lag."""

    def save_check(self, check: GroupCheck) -> None:
        """Raises `StaleVersion` when it was asked for since then."""


class RuleStore(Protocol):
    """The versions of the team's own rules."""

    def current(self) -> RuleSet | None: ...

    def version(self, number: int) -> RuleSet | None: ...

    def add(self, rules: RuleSet) -> None:
        """Raises `StaleVersion` when there is such a version."""


class Alerts(Protocol):
    def send(self, subject: str, text: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Accepted:
    """202: the run's own record will carry this request id. `durable_arn` is the durable execution's."""

    request_id: str
    durable_arn: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """Lambda provably did not take the event."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The event may or may not have been taken: never to be sent again by itself."""


InvokeAnswer = Accepted | Rejected | Unanswered


Patch = Callable[[bytes, str], bytes]
"""The payload with the patch (JSON Patch, or JSON Merge Patch, as text) applied. Raises `Refused`."""


Search = Callable[[bytes, str], object]
"""What the JMESPath finds in the payload; None where that is nothing, or the payload can't be read. Raises
`Refused` for a path that is none."""


class Invoker(Protocol):
    def invoke(
        self,
        target: FunctionArn,
        payload: bytes,
        *,
        tenant: str | None = None,
        durable_name: str | None = None,
    ) -> InvokeAnswer:
        """Send the bytes for asynchronous execution, at most once."""


class Count(StrEnum):
    """What is counted, by the names of the metrics."""

    FAILURE_STORED = "FailureStored"
    FAILURE_DUPLICATE = "FailureDuplicate"
    MESSAGE_REFUSED = "MessageRefused"
    RECORD_LEFT_TO_OTHERS = "RecordLeftToOthers"
    RULES_REFUSED = "RulesRefused"
    ALERT_SENT = "AlertSent"
    SUCCESS_UNCLAIMED = "SuccessUnclaimed"
    RECORD_CONTESTED = "RecordContested"
    REPLAY_ACCEPTED = "ReplayAccepted"
    REPLAY_REJECTED = "ReplayRejected"
    REPLAY_UNCERTAIN = "ReplayUncertain"
    REPLAY_RECOVERED = "ReplayRecovered"
    REPLAY_FAILED_AGAIN = "ReplayFailedAgain"
    REPLAY_UNCONFIRMED = "ReplayUnconfirmed"
    JOB_STALLED = "JobStalled"
    ITEM_UNREADABLE = "ItemUnreadable"


Counter = Callable[[Count], None]
