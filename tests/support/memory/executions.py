"""Stores that live in the process: for tests, and to try the use cases by hand.

The same suite runs against these and the DynamoDB ones, so that they cannot drift apart.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from lambda_replay.adapters import backoff
from lambda_replay.domain.executions.execution import DueFor, Execution
from lambda_replay.domain.executions.filter import ExecutionFilter
from lambda_replay.domain.executions.id_slot import Entry, Link
from lambda_replay.domain.executions.outcome_counts import Increment
from lambda_replay.domain.executions.stored_record import RecordSummary, StoredRecord
from lambda_replay.domain.intake.channel import SourceObject
from lambda_replay.domain.pagination import Position
from lambda_replay.ports.common import StaleVersionError
from lambda_replay.ports.executions import LookupResult, Page

# What sending changes of an execution.
_SENDING = ("replays", "decisions", "expires_at", "postponed_to")


class MemoryEntryStore:
    pause = staticmethod(backoff.none)

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._announced: dict[str, datetime] = {}
        self._counts: dict[str, Counter[str]] = {}

    def find(self, request_id: str, function: str, now: datetime) -> LookupResult:
        until = self._announced.get(function)
        return LookupResult(self.get(request_id), until is not None and until >= now)

    def mark_replaying(self, function: str, until: datetime) -> None:
        self._announced[function] = until

    def add(self, entry: Entry) -> Entry | None:
        found = self._entries.get(entry.id)
        if found is None:
            self._entries[entry.id] = replace(entry, version=1)
        return found

    def get(self, request_id: str) -> Entry | None:
        return self._entries.get(request_id)

    def save(self, entry: Entry, counts: Collection[Increment] = ()) -> None:
        found = self._entries.get(entry.id)
        if found is None or found.version != entry.version:
            raise StaleVersionError(entry.id)
        self._entries[entry.id] = replace(entry, version=entry.version + 1)
        for change in counts:
            self._counts.setdefault(change.scope, Counter())[change.name] += change.by

    def get_many(self, request_ids: Collection[str]) -> dict[str, Entry]:
        return {name: self._entries[name] for name in request_ids if name in self._entries}

    def advance(self, executions: Collection[Execution]) -> set[str]:
        return self._save_parts(executions, _SENDING)

    def replan(self, executions: Collection[Execution]) -> set[str]:
        return self._save_parts(executions, (*_SENDING, "first_failure"))

    def _save_parts(self, executions: Collection[Execution], parts: Collection[str]) -> set[str]:
        stale = set()
        for execution in executions:
            found = self._entries.get(execution.id)
            if not isinstance(found, Execution) or found.version != execution.version:
                stale.add(execution.id)
            else:
                changed: Any = {part: getattr(execution, part) for part in parts}
                self.save(replace(found, **changed))
        return stale

    def link_many(self, links: Collection[Link]) -> set[str]:
        return {link.id for link in links if self.add(link) is not None}

    def counts(self, scope: str) -> dict[str, int]:
        return dict(self._counts.get(scope, {}))

    def page(self, wanted: ExecutionFilter, *, limit: int, after: Position | None = None) -> Page:
        newest_first = sorted(self._executions(), key=_key, reverse=True)
        matching = [
            execution
            for execution in newest_first
            if wanted.accepts(execution) and (after is None or _key(execution) < (after.at, after.id))
        ]
        shown = matching[:limit]
        more = len(matching) > limit
        return Page(tuple(shown), Position(*_key(shown[-1])) if more else None)

    def due(self, now: datetime) -> Iterator[str]:
        return self._due(now, DueFor.OUTCOME)

    def retries(self, now: datetime) -> Iterator[str]:
        return self._due(now, DueFor.RETRY)

    def leases(self, now: datetime) -> Iterator[str]:
        return self._due(now, DueFor.LEASE)

    def alerts_due(self, now: datetime) -> Iterator[str]:
        return self._due(now, DueFor.ALERT)

    def _due(self, now: datetime, what: DueFor) -> Iterator[str]:
        due = [(e.due, e.id) for e in self._executions()]
        dates = [(one[0], name) for one, name in due if one is not None and one[0] <= now and one[1] is what]
        return iter([execution_id for _, execution_id in sorted(dates)])

    def _executions(self) -> list[Execution]:
        return [entry for entry in self._entries.values() if isinstance(entry, Execution)]


class MemoryRecordStore:
    def __init__(self) -> None:
        self._records: dict[str, StoredRecord] = {}
        self._forgotten: set[str] = set()

    def put(self, record: StoredRecord) -> RecordSummary:
        found = self._records.setdefault(record.request_id, record)
        return RecordSummary(found.count_batch, found.identity)

    def add_payload(self, record: StoredRecord) -> bool:
        found = self._records[record.request_id]
        if record.request_id in self._forgotten:
            return False
        if found.payload is None:
            self._records[record.request_id] = replace(found, payload=record.payload)
        return found.payload in (None, record.payload)

    def forget(self, request_id: str, at: datetime) -> SourceObject | None:
        found = self._records.get(request_id)
        if found is None:
            return None
        self._records[request_id] = replace(found, payload=None, response=None)
        self._forgotten.add(request_id)
        return found.source

    def count_batch_of(self, request_id: str) -> str | None:
        record = self._records.get(request_id)
        return None if record is None else record.count_batch

    def get(self, request_id: str) -> StoredRecord | None:
        return self._records.get(request_id)

    def payload(self, request_id: str) -> bytes | None:
        record = self._records.get(request_id)
        return None if record is None else record.payload

    def small_payload(self, request_id: str) -> bytes | None:
        return self.payload(request_id)

    def payloads(self, request_ids: Collection[str]) -> dict[str, Callable[[], bytes | None]]:
        return {name: partial(self.payload, name) for name in request_ids if name in self._records}


def _key(execution: Execution) -> tuple[datetime, str]:
    return execution.failed_at, execution.id
