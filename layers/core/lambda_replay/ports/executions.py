"""Where executions and their records are stored."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lambda_replay.domain.executions.execution import Execution
from lambda_replay.domain.executions.filter import ExecutionFilter
from lambda_replay.domain.executions.id_slot import Entry, Link, Stored
from lambda_replay.domain.executions.outcome_counts import Increment
from lambda_replay.domain.executions.stored_record import RecordSummary, StoredRecord
from lambda_replay.domain.intake.channel import SourceObject
from lambda_replay.domain.pagination import Position
from lambda_replay.ports.common import Contended


@dataclass(frozen=True, slots=True)
class Page:
    """`after` is None on the last page. A page may hold fewer executions than were asked for, even none, and
    still have a next one: what a page reads is bounded, not only what it returns. `unreadable` are the ids
    of executions that might belong here and can't be read."""

    executions: tuple[Execution, ...]
    after: Position | None
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LookupResult:
    """`replaying`: a replay of the function may be waiting for the request id that Lambda answers with."""

    entry: Stored | None
    replaying: bool


class EntryStore(Contended, Protocol):
    """Entries by request id, each changed by one writer at a time."""

    def find(self, request_id: str, function: str, now: datetime) -> LookupResult:
        """What stands under the id, as `get` tells it, and whether the function (its ARN without qualifier)
        is announced: both in one look."""

    def mark_replaying(self, function: str, until: datetime) -> None:
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

    def forget(self, request_id: str, at: datetime) -> SourceObject | None:
        """Delete payload and response, in every version, and never take them in again under this id; returns
        the object that the record came in, where that is known. Nothing happens where there is no record."""

    def count_batch_of(self, request_id: str) -> str | None:
        """The count batch of the stored record; None when there is none."""

    def get(self, request_id: str) -> StoredRecord | None:
        """The whole record; None when there is none (any more)."""

    def payload(self, request_id: str) -> bytes | None:
        """The payload alone; None when there is none (any more)."""

    def small_payload(self, request_id: str) -> bytes | None:
        """As `payload`, without what is kept in the bucket: triage may not read there."""

    def payloads(self, request_ids: Collection[str]) -> dict[str, Callable[[], bytes | None]]:
        """As `payload`, for many; a large one is fetched when it is asked for, and each time."""
