"""Sending an execution's payload again: one claim, at most one Invoke, its answer written down.

The claim is written before Invoke and carries a lease. Whatever dies after that leaves the claim behind, and
the sweep makes it `uncertain` when the lease has ended: visible, and never repeated by itself (design,
invariants 3 and 4).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lambda_replay.domain.allow_list import AllowList
from lambda_replay.domain.arn import FunctionArn
from lambda_replay.domain.execution import Execution, Payload
from lambda_replay.domain.reasons import Reason, Refused
from lambda_replay.domain.replay import Fact, Replay, ReplayMode, ReplayStatus
from lambda_replay.ports import (
    Accepted,
    Clock,
    Count,
    Counter,
    EntryStore,
    InvokeAnswer,
    Invoker,
    NewId,
    RecordStore,
    Rejected,
    Unanswered,
)
from lambda_replay.use_cases import linking
from lambda_replay.use_cases.changing import change, load

# How late the sweep may be that writes what is missing of a link.
_LATE = timedelta(minutes=15)
_ANNOUNCED_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayCommand:
    """Who wants what. `qualifier` replaces the record's own; None keeps it."""

    execution_id: str
    by: str
    mode: ReplayMode = ReplayMode.IF_NOT_REPLAYED
    qualifier: str | None = None
    reason: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayLimits:
    """`lease` outlives the claiming process; `outcome_window` is how long an accepted run may take to say how
    it went; `maximum` bounds the replays of one execution."""

    lease: timedelta
    outcome_window: timedelta
    maximum: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a replay would do now: `refusal` is None when it would be sent."""

    execution: Execution
    target: FunctionArn
    refusal: Reason | None


@dataclass(frozen=True, slots=True)
class Replayer:
    store: EntryStore
    records: RecordStore
    invoker: Invoker
    allowed: AllowList
    limits: ReplayLimits
    count: Counter
    now: Clock
    new_id: NewId
    _announced: dict[str, datetime] = field(default_factory=dict)

    def preview(self, command: ReplayCommand) -> Preview:
        """The dry run: every check, nothing written, nothing sent. Raises `Refused` for an unknown id."""
        execution = load(self.store, command.execution_id)
        target = _target(execution, command)
        refusal = self._refusal(execution, target, command.mode)
        if refusal is None:
            try:
                self._payload(execution)
            except Refused as refused:
                refusal = refused.reason
        return Preview(execution, target, refusal)

    def replay(self, command: ReplayCommand) -> tuple[Execution, Replay]:
        """The execution and its new attempt, or the attempt that this idempotency key started before.

        Raises `Refused`, with nothing changed. An attempt that Lambda rejected is returned, not raised: it is
        part of the history.
        """
        execution = load(self.store, command.execution_id)
        earlier = _started_by(execution, command)
        if earlier is not None:
            return execution, earlier
        target = _target(execution, command)
        refusal = self._refusal(execution, target, command.mode)
        if refusal is not None:
            raise Refused(refusal)
        payload = self._payload(execution)
        self._announce(target)
        claim_id = self.new_id()
        claimed = change(
            self.store, execution.id, lambda fresh: self._claim(fresh, target, command, claim_id)
        )
        attempt = next((a for a in claimed.replays if a.claim_id == claim_id), None)
        if attempt is None:  # the same key, a moment earlier
            return claimed, _same_request(claimed, command)
        fact = self._fact(self.invoker.invoke(target, payload))
        return self._record(claimed, attempt, fact)

    def _announce(self, target: FunctionArn) -> None:
        """Have triage keep successes of this function whose request id it doesn't know: one may be this
        replay's, and faster than the link. Once in a while, not for each replay."""
        function, now = target.unqualified, self.now()
        enough = now + self.limits.lease + self.limits.outcome_window + _LATE
        if self._announced.get(function, now) < enough:
            until = enough + _ANNOUNCED_AHEAD
            self.store.announce(function, until)
            self._announced[function] = until

    def _claim(
        self, fresh: Execution, target: FunctionArn, command: ReplayCommand, claim_id: str
    ) -> Execution:
        ours = any(attempt.claim_id == claim_id for attempt in fresh.replays)
        if ours or _started_by(fresh, command) is not None:
            return fresh
        now = self.now()
        attempt = Replay(
            number=len(fresh.replays) + 1,
            claim_id=claim_id,
            mode=command.mode,
            target=target,
            by=command.by,
            reason=command.reason,
            idempotency_key=command.idempotency_key,
            claimed_at=now,
            lease_expires_at=now + self.limits.lease,
        )
        return fresh.claim(attempt, maximum=self.limits.maximum)

    def _record(self, claimed: Execution, attempt: Replay, fact: Fact) -> tuple[Execution, Replay]:
        execution = change(self.store, claimed.id, lambda fresh: fresh.learn(attempt.number, fact))
        if fact.request_id is not None and fact.window_closes_at is not None:
            link = linking.link_to(execution, attempt.number, fact.request_id, fact.window_closes_at)
            if linking.establish(self.store, link) is not None:
                execution = load(self.store, execution.id)
        self.count(_COUNTS[fact.status])
        return execution, execution.replays[attempt.number - 1]

    def _fact(self, answer: InvokeAnswer) -> Fact:
        now = self.now()
        match answer:
            case Accepted(request_id):
                closes = now + self.limits.outcome_window
                return Fact(
                    status=ReplayStatus.ACCEPTED, at=now, request_id=request_id, window_closes_at=closes
                )
            case Rejected(reason):
                return Fact(status=ReplayStatus.REJECTED, at=now, reason=reason)
            case Unanswered():
                return Fact(status=ReplayStatus.UNCERTAIN, at=now)

    def _refusal(self, execution: Execution, target: FunctionArn, mode: ReplayMode) -> Reason | None:
        refusal = execution.refusal(mode, maximum=self.limits.maximum)
        if refusal is None and not self.allowed.allows(target):
            return Reason.NOT_ALLOW_LISTED
        return refusal

    def _payload(self, execution: Execution) -> bytes:
        payload = self.records.payload(execution.id)
        if payload is None:
            raise Refused(Reason.PAYLOAD_EXPIRED)
        if Payload.of(payload) != execution.payload:
            raise Refused(Reason.PAYLOAD_MISMATCH)
        return payload


_COUNTS = {
    ReplayStatus.ACCEPTED: Count.REPLAY_ACCEPTED,
    ReplayStatus.REJECTED: Count.REPLAY_REJECTED,
    ReplayStatus.UNCERTAIN: Count.REPLAY_UNCERTAIN,
}


def _target(execution: Execution, command: ReplayCommand) -> FunctionArn:
    qualifier = command.qualifier
    return execution.function.with_qualifier(qualifier) if qualifier else execution.function


def _started_by(execution: Execution, command: ReplayCommand) -> Replay | None:
    """The attempt that this idempotency key started, if any. Raises `Refused` when it asked for another
    thing then."""
    if command.idempotency_key is None:
        return None
    for attempt in execution.replays:
        # A rejected attempt started nothing: the same key may try again.
        if attempt.idempotency_key == command.idempotency_key and attempt.rejection is None:
            asked = (_target(execution, command), command.mode)
            if (attempt.target, attempt.mode) != asked:
                raise Refused(Reason.IDEMPOTENCY_KEY_REUSED)
            return attempt
    return None


def _same_request(execution: Execution, command: ReplayCommand) -> Replay:
    attempt = _started_by(execution, command)
    if attempt is None:
        raise LookupError(f"execution {execution.id} has neither the claim nor the key")
    return attempt
