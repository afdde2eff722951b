"""A record arrives: keep it, and find out whose run it was."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambda_replay.domain.executions.execution import Execution, Payload
from lambda_replay.domain.executions.failure import Failure
from lambda_replay.domain.executions.id_slot import (
    EarlySuccess,
    Entry,
    Link,
    Stored,
    UncertainReplays,
    Unreadable,
)
from lambda_replay.domain.executions.identity import Contest
from lambda_replay.domain.executions.replay import Fact, ReplayStatus
from lambda_replay.domain.executions.stored_record import StoredRecord
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.intake.execution_record import ExecutionRecord
from lambda_replay.domain.intake.origin import Origin
from lambda_replay.domain.policies.policy import Policy
from lambda_replay.domain.refusals import PAYLOAD_LACKING, Reason, RefusedError
from lambda_replay.ports.alerts import Count, Counter
from lambda_replay.ports.common import Clock, UnreadableItemError
from lambda_replay.ports.executions import EntryStore, RecordStore
from lambda_replay.use_cases.executions import correlate
from lambda_replay.use_cases.executions.identify import ContradictionError, Identifier, Place
from lambda_replay.use_cases.executions.update import change
from lambda_replay.use_cases.team_rules import LoadedRules

if TYPE_CHECKING:
    from lambda_replay.domain.diagnosis import Diagnosis

# SQS keeps a message for 14 days at most: an older time was not written by Lambda, and would hide the
# execution at the far end of every list.
_OLDEST = timedelta(days=15)
_CLOCK_SKEW = timedelta(minutes=10)
# By then a replay's link has long been written: the sweep sees to it when the lease has ended.
_EARLY_SUCCESS_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record, and when its message was sent: the time that counts where the record tells none that can be
    true. `sender` is SQS's `SenderId` of the message, None for a record that came another way."""

    record: ExecutionRecord
    sent_at: datetime
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class FailedRun:
    """A failure record, diagnosed, and nothing written yet."""

    record: ExecutionRecord
    place: Place
    origin: Origin
    stored: StoredRecord
    failure: Failure
    diagnosis: "Diagnosis"


@dataclass(frozen=True, slots=True)
class Triage:
    """Stores failure records as executions, and hands the outcomes of replays to their executions.

    Every step may be repeated: a message that was handled halfway comes again and ends the same.
    """

    store: EntryStore
    records: RecordStore
    rules: Callable[[], LoadedRules]
    count: Counter
    now: Clock
    retention: timedelta
    recovered: Callable[[Execution], None]
    """Called with each execution of which an outcome was learned."""
    policies: Callable[[str], Policy]
    """The one in effect, by the function's ARN without qualifier."""
    seen: Callable[[FunctionArn], None]
    """Called with the function failed."""
    origin_of: Callable[[ExecutionRecord, str | None], Origin]
    """By the record and its message's sender."""

    @property
    def identifier(self) -> Identifier:
        """What finds the place of each record."""
        return Identifier(self.store, self.records)

    def diagnose(self, arrival: Arrival, place: Place, *, count_batch: str) -> FailedRun:
        """What there is to store about a failure; `count_batch` will count it."""
        record = arrival.record
        stored = StoredRecord(
            request_id=place.id,
            function=record.function,
            condition=record.condition,
            status_code=record.status_code,
            function_error=record.function_error,
            payload=_bytes(record.payload),
            response=_bytes(record.response),
            expires_at=self._expiry(),
            count_batch=count_batch,
            source=record.source,
        )
        own = self.rules()
        diagnosis = stored.diagnose(own.rules)
        failure = Failure.of(
            diagnosis,
            condition=record.condition,
            invoke_count=record.invoke_count,
            executed_version=record.executed_version,
            at=self._time(arrival),
            rules=own.version,
        )
        rule = self.policies(record.function.unqualified).rule_for(failure)
        origin = self.origin_of(record, arrival.sender)
        return FailedRun(record, place, origin, stored, replace(failure, retry=rule), diagnosis)

    def succeeded(self, arrival: Arrival) -> None:
        """Tell a replay that its run succeeded; a success that is no replay's is counted, and that is all."""
        record, at = arrival.record, self._time(arrival)
        found = self.store.find(record.request_id, record.function.unqualified, self.now())
        entry = _readable(found.entry)
        if entry is None and found.replaying:
            # A replay of this function may have this id for an answer, and not have written it down yet.
            early = EarlySuccess(id=record.request_id, at=at, expires_at=self.now() + _EARLY_SUCCESS_KEPT)
            entry = _readable(self.store.add(early))
        if isinstance(entry, Link):
            if self.identifier.outcome_differences(entry, record):
                self.count(Count.RECORD_CONTESTED)
            elif self._outcome(entry, Fact(status=ReplayStatus.SUCCEEDED, at=at)):
                return
        self.count(Count.SUCCESS_UNCLAIMED)

    def mark(self, run: FailedRun) -> None:
        """Mark the execution that the run's record contradicts, if there is one. Raises `RefusedError` while
        that is not stored yet."""
        place = run.place
        if place.contest is not None and place.marks is not None:
            contest = Contest(other=place.id, differs=place.contest.differs)
            change(self.store, place.marks, lambda other: other.contested_by(contest))

    def check(self, run: FailedRun) -> None:
        """After something was found under the run's id that was not there before: raises `ContradictionError`
        when they are of two events."""
        if not run.place.is_taken and run.place.contest is None:
            (place,) = self.identifier.places([run.record])
            if place.contest is not None:
                raise ContradictionError(f"run {run.record.request_id}")

    def failed(self, run: FailedRun) -> None:
        """Store the run as an execution, or tell the replay that it was."""
        record, failure = run.record, run.failure
        self.seen(record.function)
        place = run.place
        execution = Execution(
            id=place.id,
            function=record.function,
            first_failure=failure,
            stored_at=self.now(),
            expires_at=self._expiry(),
            payload=None if run.stored.payload is None else Payload.of(run.stored.payload),
            unreplayable=record.unreplayable,
            channel=record.channel,
            origin=run.origin,
            contests=() if place.contest is None else (place.contest,),
            alert_due=place.contest is not None,
            probable_run_of=None
            if place.uncertain is None
            else place.uncertain.run_failing(failure.at, self.now()),
        )
        match found := _readable(self.store.add(execution)):
            case None:
                self.count(Count.FAILURE_STORED)
                if place.contest is not None:
                    self.count(Count.RECORD_CONTESTED)
            case Link():
                self.check(run)
                fact = Fact(status=ReplayStatus.FAILED, at=failure.at, failure=failure)
                if not self._outcome(found, fact):
                    self._replace(found, execution)
            case Execution():
                self.check(run)
                self._complete(found, run)
                self.count(Count.FAILURE_DUPLICATE)
            case EarlySuccess():
                # Lambda sends one of the two for a run; of a forged pair the cautious one counts.
                self._replace(found, execution)
            case UncertainReplays():
                raise LookupError(f"{found.id} is no place of a run")

    def _replace(self, found: EarlySuccess | Link, execution: Execution) -> None:
        # StaleVersion ends this delivery; the next one finds what stands there then.
        self.store.save(replace(execution, version=found.version))
        self.count(Count.FAILURE_STORED)

    def _complete(self, found: Execution, run: FailedRun) -> None:
        """A function may tell of one failure twice, by a topic that takes no large payload and by a dead
        letter, which is the payload."""
        payload = run.stored.payload
        if payload is None or found.unreplayable not in PAYLOAD_LACKING:
            return
        if not self.records.add_payload(run.stored):
            return
        # Of the payload's origin, for that is what a replay sends.
        now_known = replace(
            found,
            payload=Payload.of(payload),
            unreplayable=run.record.unreplayable,
            origin=run.origin,
        )
        self.store.save(now_known)

    def _outcome(self, link: Link, fact: Fact) -> bool:
        """False when the execution has expired: the run stands for itself then."""
        try:
            execution = correlate.learn(self.store, link, fact)
        except RefusedError as refused:
            if refused.reason is not Reason.EXECUTION_NOT_FOUND:
                raise
            return False
        self.count(_OUTCOMES[fact.status])
        self.recovered(execution)
        return True

    def _time(self, arrival: Arrival) -> datetime:
        now = self.now()
        candidates = (arrival.record.timestamp, arrival.sent_at)
        plausible = (at for at in candidates if at is not None and now - _OLDEST <= at <= now + _CLOCK_SKEW)
        return next(plausible, now)

    def _expiry(self) -> datetime:
        return self.now() + self.retention


def _readable(entry: Stored | None) -> Entry | None:
    """Raises `UnreadableItemError`: the message comes again, and may meet a version that can read it."""
    if isinstance(entry, Unreadable):
        raise UnreadableItemError(entry.id)
    return entry


_OUTCOMES = {
    ReplayStatus.SUCCEEDED: Count.REPLAY_RECOVERED,
    ReplayStatus.FAILED: Count.REPLAY_FAILED_AGAIN,
}


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode()
