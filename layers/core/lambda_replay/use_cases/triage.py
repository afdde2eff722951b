"""A record arrives: keep it, and find out whose run it was."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lambda_replay.domain.entry import EarlySuccess, Link
from lambda_replay.domain.evidence import StoredRecord
from lambda_replay.domain.execution import Execution, Payload
from lambda_replay.domain.failure import Failure
from lambda_replay.domain.reasons import Refused
from lambda_replay.domain.record import ExecutionRecord
from lambda_replay.domain.replay import Fact, ReplayStatus
from lambda_replay.ports import Clock, Count, Counter, EntryStore, RecordStore
from lambda_replay.use_cases import linking

# SQS keeps a message for 14 days at most: an older time was not written by Lambda, and would hide the
# execution at the far end of every list.
_OLDEST = timedelta(days=15)
_CLOCK_SKEW = timedelta(minutes=10)
# By then a replay's link has long been written: the sweep sees to it when the lease has ended.
_EARLY_SUCCESS_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Triage:
    """Stores failure records as executions, and hands the outcomes of replays to their executions.

    Every step may be repeated: a message that was handled halfway comes again and ends the same.
    """

    store: EntryStore
    records: RecordStore
    count: Counter
    now: Clock
    retention: timedelta

    def receive(self, record: ExecutionRecord, received_at: datetime) -> None:
        """Take one record in. `received_at` stands in where the record tells no time that can be true."""
        at = self._time(record.timestamp, received_at)
        if record.succeeded:
            self._success(record, at)
        else:
            self._failure(record, at)

    def _success(self, record: ExecutionRecord, at: datetime) -> None:
        found = self.store.add(
            EarlySuccess(id=record.request_id, at=at, expires_at=self.now() + _EARLY_SUCCESS_KEPT)
        )
        if isinstance(found, Link) and self._outcome(
            found, Fact(status=ReplayStatus.SUCCEEDED, at=at), record
        ):
            return
        self.count(Count.SUCCESS_UNCLAIMED)

    def _failure(self, record: ExecutionRecord, at: datetime) -> None:
        # The record goes first: an execution in the list always has its payload behind it.
        stored = StoredRecord(
            request_id=record.request_id,
            function=record.function,
            condition=record.condition,
            status_code=record.status_code,
            function_error=record.function_error,
            payload=_bytes(record.payload),
            response=_bytes(record.response),
            expires_at=self._expiry(),
        )
        self.records.put(stored)
        failure = Failure.of(
            stored.diagnose(),
            condition=record.condition,
            invoke_count=record.invoke_count,
            executed_version=record.executed_version,
            at=at,
        )
        execution = Execution(
            id=record.request_id,
            function=record.function,
            first_failure=failure,
            stored_at=self.now(),
            expires_at=self._expiry(),
            payload=None if stored.payload is None else Payload.of(stored.payload),
            unreplayable=record.unreplayable,
        )
        match found := self.store.add(execution):
            case None:
                self.count(Count.FAILURE_STORED)
            case Link():
                if not self._outcome(found, Fact(status=ReplayStatus.FAILED, at=at, failure=failure), record):
                    self._replace(found, execution)
            case Execution():
                self.count(Count.FAILURE_DUPLICATE)
            case EarlySuccess():
                # Lambda sends one of the two for a run; of a forged pair the cautious one counts.
                self._replace(found, execution)

    def _replace(self, found: EarlySuccess | Link, execution: Execution) -> None:
        # StaleVersion ends this delivery; the next one finds what stands there then.
        self.store.save(replace(execution, version=found.version))
        self.count(Count.FAILURE_STORED)

    def _outcome(self, link: Link, fact: Fact, record: ExecutionRecord) -> bool:
        """False when the execution has expired meanwhile: the run stands for itself then."""
        try:
            linking.learn(self.store, link, fact, run_by=record.function)
        except Refused:
            return False
        self.count(_OUTCOMES[fact.status])
        return True

    def _time(self, *candidates: datetime | None) -> datetime:
        now = self.now()
        plausible = (at for at in candidates if at is not None and now - _OLDEST <= at <= now + _CLOCK_SKEW)
        return next(plausible, now)

    def _expiry(self) -> datetime:
        return self.now() + self.retention


_OUTCOMES = {
    ReplayStatus.SUCCEEDED: Count.REPLAY_RECOVERED,
    ReplayStatus.FAILED: Count.REPLAY_FAILED_AGAIN,
}


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode()
