"""`EntryStore` on the records table."""

import heapq
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import batched

from pynamodb.exceptions import DoesNotExist, PutError, UpdateError
from pynamodb.expressions.condition import Condition

from lambda_replay.adapters.dynamodb.executions import bulk_writes, counters
from lambda_replay.adapters.dynamodb.executions.items import (
    ANNOUNCED,
    ENTRIES,
    ENTRY,
    AnnouncedItem,
    KeyItem,
    ListIndex,
    TableItem,
)
from lambda_replay.adapters.dynamodb.executions.mapping import (
    DUE_SHARDS,
    advancing_item,
    planning_item,
    to_entry,
    to_item,
)
from lambda_replay.adapters.dynamodb.shared.base_store import DynamoStore
from lambda_replay.adapters.dynamodb.shared.errors import lost
from lambda_replay.adapters.dynamodb.shared.values import epoch, month, position, seen, text
from lambda_replay.domain.executions.execution import DueFor, Execution
from lambda_replay.domain.executions.filter import ExecutionFilter
from lambda_replay.domain.executions.id_slot import Entry, Link, Stored, Unreadable
from lambda_replay.domain.executions.outcome_counts import Increment
from lambda_replay.domain.pagination import Position
from lambda_replay.ports.common import StaleVersionError
from lambda_replay.ports.executions import LookupResult, Page

# A filter that few match would read the whole table for one page; the page ends here instead and says where
# to go on.
MOST_EXAMINED = 400
_BATCH = 100  # BatchGetItem's limit
_LINGER = timedelta(hours=1)
# What replaying changes of an execution. Of these, only the times of being due ever go away again.
_ADVANCING = ("replays", "decisions", "expires_at", "due_shard", "due_at", "postponed_to")
_ENDING = frozenset({"due_shard", "due_at"})


@dataclass(frozen=True, slots=True)
class DynamoEntryStore(DynamoStore):
    def find(self, request_id: str, function: str, now: datetime) -> LookupResult:
        keys = [(request_id, ENTRY), (function, ANNOUNCED)]
        # Consistent: a link that was written a moment ago must not be missed.
        found = {item.part: item for item in TableItem.batch_get(keys, consistent_read=True)}
        entry, announced = found.get(ENTRY), found.get(ANNOUNCED)
        return LookupResult(
            None if entry is None else self._stored(entry),
            isinstance(announced, AnnouncedItem) and announced.until >= text(now),
        )

    def mark_replaying(self, function: str, until: datetime) -> None:
        item = AnnouncedItem(function, ANNOUNCED, until=text(until), expires_at=epoch(until + _LINGER))
        item.save(add_version_condition=False)

    def add(self, entry: Entry) -> Stored | None:
        # The loop is for an entry that expires between the two calls.
        while not _added(to_item(entry)):
            found = self.get(entry.id)
            if found is not None:
                return found
        return None

    def get(self, request_id: str) -> Stored | None:
        try:
            # Consistent: a decision is made on it.
            return self._stored(TableItem.get(request_id, ENTRY, consistent_read=True))
        except DoesNotExist:
            return None

    def save(self, entry: Entry, counts: Collection[Increment] = ()) -> None:
        if counts:
            counters.save(to_item(entry), counts, entry.expires_at, self.pause)
        elif not entry.version or not _replaced(to_item(entry)):
            raise StaleVersionError(entry.id)

    def get_many(self, request_ids: Collection[str]) -> dict[str, Stored]:
        keys = [(request_id, ENTRY) for request_id in request_ids]
        found = TableItem.batch_get(keys, consistent_read=True) if keys else ()
        return {item.id: self._stored(item) for item in found}

    def advance(self, executions: Collection[Execution]) -> set[str]:
        return bulk_writes.execute(
            bulk_writes.update(advancing_item(e), _ADVANCING, _ENDING) for e in executions
        )

    def replan(self, executions: Collection[Execution]) -> set[str]:
        return bulk_writes.execute(
            bulk_writes.update(planning_item(e), (*_ADVANCING, "failure"), _ENDING) for e in executions
        )

    def link_many(self, links: Collection[Link]) -> set[str]:
        return bulk_writes.execute(bulk_writes.insert(to_item(link)) for link in links)

    def counts(self, scope: str) -> dict[str, int]:
        return counters.counts(scope, self)

    def page(self, wanted: ExecutionFilter, *, limit: int, after: Position | None = None) -> Page:
        shown: list[Execution] = []
        unreadable: list[str] = []
        examined, last = 0, after
        for chunk in self._chunks(wanted, after, size=min(limit, _BATCH)):
            for entry in self._entries(chunk):
                if isinstance(entry, Unreadable):
                    unreadable.append(entry.id)
                elif isinstance(entry, Execution) and wanted.accepts(entry):
                    shown.append(entry)
            examined += len(chunk)
            last = chunk[-1]
            if len(shown) >= limit or examined >= MOST_EXAMINED:
                break
        else:
            last = None
        if len(shown) > limit:
            shown = shown[:limit]
            last = Position(shown[-1].failed_at, shown[-1].id)
        return Page(tuple(shown), last, tuple(unreadable))

    def due(self, now: datetime) -> Iterator[str]:
        return _due(DUE_SHARDS[DueFor.OUTCOME], now)

    def leases(self, now: datetime) -> Iterator[str]:
        return _due(DUE_SHARDS[DueFor.LEASE], now)

    def retries(self, now: datetime) -> Iterator[str]:
        return _due(DUE_SHARDS[DueFor.RETRY], now)

    def alerts_due(self, now: datetime) -> Iterator[str]:
        return _due(DUE_SHARDS[DueFor.ALERT], now)

    def _stored(self, item: TableItem) -> Stored:
        return self.read(item, to_entry) or Unreadable(id=item.id)

    def _chunks(
        self, wanted: ExecutionFilter, after: Position | None, *, size: int
    ) -> Iterator[list[Position]]:
        """Keys of executions in the time range, newest first, behind `after`; no list is empty."""
        start = after if after is not None and after.at < wanted.until else None
        below = text(wanted.until) if start is None else seen(start.at, start.id)
        newest = wanted.until if start is None else start.at
        if below <= text(wanted.since):
            return
        between = KeyItem.seen.between(text(wanted.since), below)
        items = _items(wanted, newest, between, size)
        positions = self.readable(items, lambda item: position(item.seen or ""))
        # `between` includes its bounds.
        behind = (at for at in positions if after is None or (at.at, at.id) < (after.at, after.id))
        for chunk in batched(behind, size, strict=False):
            yield list(chunk)

    def _entries(self, positions: list[Position]) -> list[Stored | None]:
        """What stands at these positions now, in the same order."""
        # Consistent, so that who replays and lists again sees the replay.
        found = self.get_many([position.id for position in positions])
        return [found.get(position.id) for position in positions]


def _due(shards: Iterable[str], now: datetime) -> Iterator[str]:
    queries = [KeyItem.due.query(shard, KeyItem.due_at <= text(now), page_size=_BATCH) for shard in shards]
    for item in heapq.merge(*queries, key=lambda item: item.due_at or ""):
        yield item.id


def _added(item: TableItem) -> bool:
    """False when there is one already."""
    try:
        item.save()
    except PutError as error:
        if lost(error):
            return False
        raise
    return True


def _replaced(item: TableItem) -> bool:
    """False when the item's version is not the stored one."""
    try:
        item.replace(among=ENTRIES)
    except UpdateError as error:
        if lost(error):
            return False
        raise
    return True


def _items(wanted: ExecutionFilter, newest: datetime, between: Condition, size: int) -> Iterator[KeyItem]:
    """From the narrowest index that holds everything wanted, newest first."""

    def query(index: ListIndex, key: str) -> Iterator[KeyItem]:
        return iter(index.query(key, between, scan_index_forward=False, page_size=size))

    if wanted.groups is not None:
        groups = [query(KeyItem.by_group, group) for group in wanted.groups]
        yield from heapq.merge(*groups, key=lambda item: item.seen or "", reverse=True)
    elif wanted.function is not None:
        yield from query(KeyItem.by_function, wanted.function)
    else:
        first, at = month(wanted.since), newest.astimezone(UTC).replace(day=1)
        while month(at) >= first:
            yield from query(KeyItem.by_month, month(at))
            at = at.replace(month=at.month - 1) if at.month > 1 else at.replace(year=at.year - 1, month=12)
