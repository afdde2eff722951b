"""Stores that live in the process: for tests, and to try the use cases by hand.

The same suite runs against these and the DynamoDB ones, so that they cannot drift apart.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from lambda_replay.domain.entry import Entry
from lambda_replay.domain.evidence import StoredRecord
from lambda_replay.domain.execution import Execution
from lambda_replay.domain.filter import ExecutionFilter, Position
from lambda_replay.ports import Found, Page, StaleVersion


class MemoryEntryStore:
    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._announced: dict[str, datetime] = {}

    def find(self, request_id: str, function: str, now: datetime) -> Found:
        until = self._announced.get(function)
        return Found(self.get(request_id), until is not None and until >= now)

    def announce(self, function: str, until: datetime) -> None:
        self._announced[function] = until

    def add(self, entry: Entry) -> Entry | None:
        found = self._entries.get(entry.id)
        if found is None:
            self._entries[entry.id] = replace(entry, version=1)
        return found

    def get(self, request_id: str) -> Entry | None:
        return self._entries.get(request_id)

    def save(self, entry: Entry) -> None:
        found = self._entries.get(entry.id)
        if found is None or found.version != entry.version:
            raise StaleVersion(entry.id)
        self._entries[entry.id] = replace(entry, version=entry.version + 1)

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
        due = [(e.due_at, e.id) for e in self._executions() if e.due_at is not None and e.due_at <= now]
        return iter([execution_id for _, execution_id in sorted(due)])

    def _executions(self) -> list[Execution]:
        return [entry for entry in self._entries.values() if isinstance(entry, Execution)]


class MemoryRecordStore:
    def __init__(self) -> None:
        self._records: dict[str, StoredRecord] = {}

    def put(self, record: StoredRecord) -> str | None:
        return self._records.setdefault(record.request_id, record).tally

    def add_payload(self, record: StoredRecord) -> bool:
        found = self._records[record.request_id]
        if found.payload is None:
            self._records[record.request_id] = replace(found, payload=record.payload)
        return found.payload in (None, record.payload)

    def tally_of(self, request_id: str) -> str | None:
        record = self._records.get(request_id)
        return None if record is None else record.tally

    def get(self, request_id: str) -> StoredRecord | None:
        return self._records.get(request_id)

    def payload(self, request_id: str) -> bytes | None:
        record = self._records.get(request_id)
        return None if record is None else record.payload


def _key(execution: Execution) -> tuple[datetime, str]:
    return execution.failed_at, execution.id
