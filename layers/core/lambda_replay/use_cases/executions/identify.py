"""Where a failure record belongs, before anything of it is stored: under its request id, or beside it because
that id belongs to another event."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from lambda_replay.domain.errors import LambdaReplayError
from lambda_replay.domain.executions.execution import MAY_BE_A_REPLAYS, Execution, RunOf
from lambda_replay.domain.executions.id_slot import Link, Stored, UncertainReplays, uncertain_id
from lambda_replay.domain.executions.identity import (
    Contest,
    Difference,
    EventIdentity,
    contested_id,
    is_same_json,
)
from lambda_replay.domain.intake.execution_record import ExecutionRecord
from lambda_replay.domain.refusals import Reason
from lambda_replay.ports.executions import EntryStore, RecordStore

# A sweep that comes late settles a claim later than its lease ends.
_OUTCOME_WITHIN = timedelta(minutes=15)
# More than a process has under way at once.
_MOST_AWAITED = 500


class ContradictionError(LambdaReplayError):
    """The record contradicts another one that is being stored under its request id at this moment. When its
    message comes again, the two can be distinguished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`id` is what the record is stored under, the request id unless `contest` says why not. `is_taken`: an
    entry stands there, and it is about the same event. `marks` is the execution to be marked as contested
    too. `uncertain` are replays whose run this may be.
    """

    id: str
    contest: Contest | None = None
    is_taken: bool = False
    marks: str | None = None
    uncertain: UncertainReplays | None = None


@dataclass(frozen=True, slots=True)
class _Holder:
    """Whose a request id is. `is_run`: by one of the replays of `execution_id`."""

    execution_id: str
    identity: EventIdentity
    is_run: bool = False
    is_patched: bool = False
    payload: bytes | None = None


@dataclass(frozen=True, slots=True)
class Identifier:
    store: EntryStore
    records: RecordStore

    def places(self, records: Sequence[ExecutionRecord]) -> list[Place]:
        """Where each of these failures belongs, one after the other."""
        identities = [identity_of(record) for record in records]
        wanted = {record.request_id for record in records} | {uncertain_id(one) for one in identities}
        entries = self.store.get_many(wanted)
        holders = self._holders(entries)
        places = []
        for record, identity in zip(records, identities, strict=True):
            known = entries.get(uncertain_id(identity))
            uncertain = known if isinstance(known, UncertainReplays) else None
            places.append(self._place(record, identity, holders.get(record.request_id), uncertain))
            # Of two in one batch the first takes the id.
            holders.setdefault(
                record.request_id, _Holder(record.request_id, identity, payload=payload_of(record))
            )
        return places

    def outcome_differences(self, link: Link, record: ExecutionRecord) -> tuple[Difference, ...]:
        """What contradicts when the record says that it is of the run behind the link."""
        holder = self._holders({link.id: link}).get(link.id)
        return () if holder is None else self._differences(holder, record, identity_of(record))

    def _place(
        self,
        record: ExecutionRecord,
        identity: EventIdentity,
        holder: _Holder | None,
        uncertain: UncertainReplays | None,
    ) -> Place:
        if holder is None:
            return Place(id=record.request_id, uncertain=uncertain)
        differs = self._differences(holder, record, identity)
        if not differs:
            return Place(id=record.request_id, is_taken=True, uncertain=uncertain)
        return Place(
            id=contested_id(record.request_id, identity),
            contest=Contest(other=holder.execution_id, differs=differs),
            # Its own record is not in doubt, whatever is said about one of its replays.
            marks=None if holder.is_run else holder.execution_id,
            uncertain=uncertain,
        )

    def _differences(
        self, holder: _Holder, record: ExecutionRecord, identity: EventIdentity
    ) -> tuple[Difference, ...]:
        differs = holder.identity.differences(identity)
        if differs == (Difference.PAYLOAD,) and self._is_printed_again(holder, record):
            return ()
        return differs

    def _is_printed_again(self, holder: _Holder, record: ExecutionRecord) -> bool:
        """Whether a service on the way only changed how the payload is written, as an event bus may. Large
        payloads are compared by their bytes alone."""
        if holder.is_patched or record.payload is None:
            return False
        stored = holder.payload
        if stored is None:
            stored = self.records.small_payload(holder.execution_id)
        return stored is not None and is_same_json(stored, record.payload.encode())

    def _holders(self, entries: Mapping[str, Stored]) -> dict[str, _Holder]:
        links = {name: entry for name, entry in entries.items() if isinstance(entry, Link)}
        replayed = self.store.get_many({link.execution_id for link in links.values()}) if links else {}
        holders: dict[str, _Holder] = {}
        for name, entry in entries.items():
            if isinstance(entry, Execution):
                holders[name] = _Holder(entry.id, entry.identity)
        for name, link in links.items():
            execution = replayed.get(link.execution_id)
            # It may have expired: then its run stands for itself.
            if not isinstance(execution, Execution):
                continue
            attempt, identity = execution.replay(link.number), execution.run_identity(link.number)
            if attempt is not None and identity is not None:
                holders[name] = _Holder(execution.id, identity, is_run=True, is_patched=attempt.patched)
        return holders


def identity_of(record: ExecutionRecord) -> EventIdentity:
    """What tells the record's event from another."""
    payload = None if record.unreplayable is Reason.PAYLOAD_NOT_EXACT else payload_of(record)
    return EventIdentity(
        function=record.function.unqualified,
        payload=None if payload is None else hashlib.sha256(payload).hexdigest(),
    )


def payload_of(record: ExecutionRecord) -> bytes | None:
    """The payload's bytes; None where the record has none."""
    return None if record.payload is None else record.payload.encode()


def probable_runs(store: EntryStore, executions: Collection[Execution]) -> dict[str, RunOf]:
    """Which of these are probably runs of uncertain replays, by their ids, and of which."""
    names = {execution.id: uncertain_id(execution.identity) for execution in executions}
    found = _uncertain(store, set(names.values()))
    runs = {}
    for execution in executions:
        known = found.get(names[execution.id])
        run = None if known is None else known.run_failing(execution.failed_at, execution.stored_at)
        if run is not None and run.execution_id != execution.id:
            runs[execution.id] = run
    return runs


def awaited_runs(store: EntryStore, executions: Collection[Execution], now: datetime) -> dict[str, RunOf]:
    """Which of these may be runs of replays that await their link, by their ids, and of which: a run can fail
    before the answer to its Invoke is written down. Nothing is read where none is young enough for that."""
    young = [one for one in executions if now - one.stored_at <= _OUTCOME_WITHIN]
    if not young:
        return {}
    replayed = store.get_many(list(islice(store.leases(now + MAY_BE_A_REPLAYS), _MOST_AWAITED)))
    awaited = {
        identity.digest: (attempt.claimed_at, RunOf(execution_id=one.id, number=attempt.number))
        for one in replayed.values()
        if isinstance(one, Execution)
        for attempt in one.replays
        if attempt.in_flight and not attempt.linked
        if (identity := one.run_identity(attempt.number)) is not None
    }
    runs = {}
    for execution in young:
        since, run = awaited.get(execution.identity.digest, (now, None))
        if run is not None and run.execution_id != execution.id and execution.stored_at >= since:
            runs[execution.id] = run
    return runs


def _uncertain(store: EntryStore, names: Collection[str]) -> dict[str, UncertainReplays]:
    entries = store.get_many(names) if names else {}
    return {name: entry for name, entry in entries.items() if isinstance(entry, UncertainReplays)}
