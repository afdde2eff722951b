"""`EntryStore` on the records table."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from pynamodb.exceptions import DoesNotExist, PutError

from lambda_replay.adapters.dynamodb.items import ENTRY, KeyItem, ListIndex, TableItem
from lambda_replay.adapters.dynamodb.mapping import DUE_SHARDS, month, seen, text, to_entry, to_item
from lambda_replay.domain.entry import Entry
from lambda_replay.domain.execution import Execution
from lambda_replay.domain.filter import ExecutionFilter, Position
from lambda_replay.ports import Page, StaleVersion

# A filter that few match would read the whole table for one page; the page ends here instead and says where
# to go on.
MOST_EXAMINED = 400
_BATCH = 100  # BatchGetItem's limit


class DynamoEntryStore:
    """Call `items.bind` first."""

    def add(self, entry: Entry) -> Entry | None:
        # The loop is for an entry that expires between the two calls.
        while not _put(to_item(entry)):
            found = self.get(entry.id)
            if found is not None:
                return found
        return None

    def get(self, request_id: str) -> Entry | None:
        try:
            # Consistent: a decision is made on it.
            return to_entry(TableItem.get(request_id, ENTRY, consistent_read=True))
        except DoesNotExist:
            return None

    def save(self, entry: Entry) -> None:
        if not entry.version or not _put(to_item(entry)):
            raise StaleVersion(entry.id)

    def page(self, wanted: ExecutionFilter, *, limit: int, after: Position | None = None) -> Page:
        shown: list[Execution] = []
        examined, last = 0, after
        for chunk in _chunks(wanted, after, size=min(limit, _BATCH)):
            shown.extend(execution for execution in _executions(chunk) if wanted.accepts(execution))
            examined += len(chunk)
            last = chunk[-1]
            if len(shown) >= limit or examined >= MOST_EXAMINED:
                break
        else:
            last = None
        if len(shown) > limit:
            shown = shown[:limit]
            last = Position(shown[-1].failed_at, shown[-1].id)
        return Page(tuple(shown), last)

    def due(self, now: datetime) -> Iterator[str]:
        shards = [
            KeyItem.due.query(shard, KeyItem.due_at <= text(now), page_size=_BATCH) for shard in DUE_SHARDS
        ]
        for item in heapq.merge(*shards, key=lambda item: item.due_at or ""):
            yield item.id


def _put(item: TableItem) -> bool:
    """False when the item's version is not the stored one (for a new item: when there is one)."""
    try:
        item.save()
    except PutError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            return False
        raise
    return True


@dataclass(frozen=True, slots=True)
class _Partition:
    """One hash key of one list index."""

    index: ListIndex
    key: str


def _partitions(wanted: ExecutionFilter, newest: datetime) -> Iterator[_Partition]:
    """The narrowest index that holds everything wanted, its hash keys newest first."""
    if wanted.group is not None:
        yield _Partition(KeyItem.by_group, wanted.group)
    elif wanted.function is not None:
        yield _Partition(KeyItem.by_function, wanted.function)
    else:
        first, at = month(wanted.since), newest.astimezone(UTC).replace(day=1)
        while month(at) >= first:
            yield _Partition(KeyItem.by_month, month(at))
            at = at.replace(month=at.month - 1) if at.month > 1 else at.replace(year=at.year - 1, month=12)


def _chunks(wanted: ExecutionFilter, after: Position | None, *, size: int) -> Iterator[list[Position]]:
    """Keys of executions in the time range, newest first, behind `after`; no list is empty."""
    start = after if after is not None and after.failed_at < wanted.until else None
    below = text(wanted.until) if start is None else seen(start.failed_at, start.id)
    newest = wanted.until if start is None else start.failed_at
    if below <= text(wanted.since):
        return
    chunk: list[Position] = []
    for partition in _partitions(wanted, newest):
        between = KeyItem.seen.between(text(wanted.since), below)
        for item in partition.index.query(partition.key, between, scan_index_forward=False, page_size=size):
            found = _position(item)
            if after is not None and (found.failed_at, found.id) >= (after.failed_at, after.id):
                continue  # `between` includes its bounds
            chunk.append(found)
            if len(chunk) == size:
                yield chunk
                chunk = []
    if chunk:
        yield chunk


def _position(item: KeyItem) -> Position:
    at, _, execution_id = (item.seen or "").partition("#")
    return Position(datetime.fromisoformat(at), execution_id)


def _executions(positions: list[Position]) -> list[Execution]:
    """The executions at these positions as they are now, in the same order."""
    keys = [(position.id, ENTRY) for position in positions]
    # Consistent, so that who replays and lists again sees the replay.
    found = {item.id: to_entry(item) for item in TableItem.batch_get(keys, consistent_read=True)}
    entries = [found.get(position.id) for position in positions]
    return [entry for entry in entries if isinstance(entry, Execution)]
