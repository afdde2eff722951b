"""What the use cases need from the world. Adapters implement these; tests bring their own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from lambda_replay.domain.arn import FunctionArn
from lambda_replay.domain.entry import Entry
from lambda_replay.domain.evidence import StoredRecord
from lambda_replay.domain.execution import Execution
from lambda_replay.domain.filter import ExecutionFilter, Position
from lambda_replay.domain.reasons import Reason

Clock = Callable[[], datetime]
"""The present, with its time zone."""

NewId = Callable[[], str]
"""A text that nobody else will ever get."""


class StaleVersion(Exception):
    """Somebody else changed the entry since it was read: read it again and decide anew."""


@dataclass(frozen=True, slots=True)
class Page:
    """`after` is None on the last page. A page may hold fewer executions than were asked for, even none, and
    still have a next one: what a page reads is bounded, not only what it returns."""

    executions: tuple[Execution, ...]
    after: Position | None


class EntryStore(Protocol):
    """Entries by request id, each changed by one writer at a time."""

    def add(self, entry: Entry) -> Entry | None:
        """Take the id's place. Returns None when it was free, else what stands there, unchanged."""

    def get(self, request_id: str) -> Entry | None:
        """What stands under the id, with every write that was answered before."""

    def save(self, entry: Entry) -> None:
        """Replace what stands there; raises `StaleVersion` unless that is of `entry.version`."""

    def page(self, wanted: ExecutionFilter, *, limit: int, after: Position | None = None) -> Page:
        """Executions that match, newest failure first."""

    def due(self, now: datetime) -> Iterator[str]:
        """Ids of executions whose `due_at` has come, the longest overdue first within each shard. The index
        behind it may lag: read the entry before acting on it."""


class RecordStore(Protocol):
    """Records as they came. The first one under an id stays: a later one can't exchange its payload."""

    def put(self, record: StoredRecord) -> None: ...

    def get(self, request_id: str) -> StoredRecord | None: ...

    def payload(self, request_id: str) -> bytes | None:
        """The payload alone; None when there is none (any more)."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """202: the run's own record will carry this request id."""

    request_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """Lambda provably did not take the event."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The event may or may not have been taken: never to be sent again by itself."""


InvokeAnswer = Accepted | Rejected | Unanswered


class Invoker(Protocol):
    def invoke(self, target: FunctionArn, payload: bytes) -> InvokeAnswer:
        """Send the bytes for asynchronous execution, at most once."""


class Count(StrEnum):
    """What is counted, by the names of the metrics."""

    FAILURE_STORED = "FailureStored"
    FAILURE_DUPLICATE = "FailureDuplicate"
    MESSAGE_REFUSED = "MessageRefused"
    SUCCESS_UNCLAIMED = "SuccessUnclaimed"
    REPLAY_ACCEPTED = "ReplayAccepted"
    REPLAY_REJECTED = "ReplayRejected"
    REPLAY_UNCERTAIN = "ReplayUncertain"
    REPLAY_RECOVERED = "ReplayRecovered"
    REPLAY_FAILED_AGAIN = "ReplayFailedAgain"
    REPLAY_UNCONFIRMED = "ReplayUnconfirmed"


Counter = Callable[[Count], None]
