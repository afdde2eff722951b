"""One original event that failed, with everything that happened to it since.

Only facts are stored: the first failure, the replays, an operator's decision to ignore. The status follows
from them (`STATUS_AFTER`), so no order of arrivals can leave it wrong.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from lambda_replay.domain.executions.failure import Failure
from lambda_replay.domain.executions.identity import Contest, EventIdentity
from lambda_replay.domain.executions.replay import Fact, Replay, ReplayMode, ReplayStatus, Trigger
from lambda_replay.domain.executions.retry_rule import RetryRule
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.intake.channel import Channel
from lambda_replay.domain.intake.origin import Origin
from lambda_replay.domain.refusals import Reason, RefusedError
from lambda_replay.domain.unknown_fields import Unknown


class ExecutionStatus(StrEnum):
    FAILED = "failed"
    REPLAYING = "replaying"
    RECOVERED = "recovered"
    UNCONFIRMED = "unconfirmed"
    IGNORED = "ignored"


# A rejected replay changes nothing: what was known before it still is.
STATUS_AFTER: dict[ReplayStatus, ExecutionStatus] = {
    ReplayStatus.CLAIMED: ExecutionStatus.REPLAYING,
    ReplayStatus.ACCEPTED: ExecutionStatus.REPLAYING,
    ReplayStatus.UNCERTAIN: ExecutionStatus.FAILED,
    ReplayStatus.FAILED: ExecutionStatus.FAILED,
    ReplayStatus.SUCCEEDED: ExecutionStatus.RECOVERED,
    ReplayStatus.UNCONFIRMED: ExecutionStatus.UNCONFIRMED,
}

# What stands in the way of a replay, by status; None = nothing. `force` lifts all but the one in flight.
CLAIM_REFUSED: dict[ExecutionStatus, Reason | None] = {
    ExecutionStatus.FAILED: None,
    ExecutionStatus.REPLAYING: Reason.REPLAY_IN_FLIGHT,
    ExecutionStatus.RECOVERED: Reason.ALREADY_RECOVERED,
    ExecutionStatus.UNCONFIRMED: Reason.UNCONFIRMED,
    ExecutionStatus.IGNORED: Reason.IGNORED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What is known of the payload without reading it."""

    size: int
    sha256: str

    @classmethod
    def of(cls, content: bytes) -> Self:
        """Its size in bytes and its SHA-256."""
        return cls(size=len(content), sha256=hashlib.sha256(content).hexdigest())


class Verb(StrEnum):
    IGNORED = "ignored"
    REOPENED = "reopened"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who decided what about an execution, when and why; `until` bounds an ignoring. `confirmed`: another
    execution is the run of one of its uncertain replays."""

    verb: Verb
    at: datetime
    by: str
    reason: str | None = None
    until: datetime | None = None
    unknown: Unknown = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """The tombstone of an execution's bytes: who had them deleted, when and why."""

    at: datetime
    by: str
    reason: str
    unknown: Unknown = field(default_factory=dict, compare=False, repr=False)


# What stands in the way of a decision, by status. Ignoring again replaces reason and time.
DECISION_REFUSED: dict[Verb, dict[ExecutionStatus, Reason | None]] = {
    Verb.IGNORED: {
        ExecutionStatus.FAILED: None,
        ExecutionStatus.REPLAYING: Reason.REPLAY_IN_FLIGHT,
        ExecutionStatus.RECOVERED: Reason.ALREADY_RECOVERED,
        ExecutionStatus.UNCONFIRMED: None,
        ExecutionStatus.IGNORED: None,
    },
    Verb.REOPENED: {
        ExecutionStatus.FAILED: Reason.NOT_IGNORED,
        ExecutionStatus.REPLAYING: Reason.NOT_IGNORED,
        ExecutionStatus.RECOVERED: Reason.NOT_IGNORED,
        ExecutionStatus.UNCONFIRMED: Reason.NOT_IGNORED,
        ExecutionStatus.IGNORED: None,
    },
    Verb.CONFIRMED: dict.fromkeys(ExecutionStatus),
}

# So many replays that failed, with so many versions of the code: it is the payload.
_POISON_FAILURES, _POISON_VERSIONS = 3, 2

# A run that failed may turn out to be a replay's, whose link is not written yet: when the replay's lease has
# ended (template: LEASE_SECONDS), the sweep has seen to that. To replay it before would be to replay twice.
MAY_BE_A_REPLAYS = timedelta(minutes=2)


class DueFor(StrEnum):
    """What the sweep has to do: find out what became of a replay that awaits its link; close an outcome
    window, or end an ignoring; replay it automatically; send an alert."""

    LEASE = "lease"
    OUTCOME = "outcome"
    RETRY = "retry"
    ALERT = "alert"


# Enough to see how an execution came to where it is; older decisions make room.
_DECISIONS_KEPT = 10
# As many replays keep their texts whole; with 100 of them (MaximumReplays) the item still fits.
_REPLAYS_WHOLE = 10
# Who sends forged records for one id must not make its execution grow without end.
_CONTESTS_KEPT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOf:
    """Replay `number` of execution `execution_id`."""

    execution_id: str
    number: int
    unknown: Unknown = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """`id` is the request id of the invocation that failed, with a suffix where that id belongs to another
    event (`identity.contested_id`).

    `function` is the ARN as the record names it, `channel` the way it came in, `origin` who sent it.
    `version` counts the writes, for optimistic locking; 0 has not been stored yet. `expires_at` is when the
    table forgets it. `postponed_to` holds automatic replays back until then. `contests` are the records that
    contradict this one's, `alert_due` says that an alert about them is still to be sent. `probable_run_of` is
    the uncertain replay whose run this failure probably is. `forgotten` says that its bytes were deleted.
    """

    id: str
    function: FunctionArn
    first_failure: Failure
    stored_at: datetime
    expires_at: datetime
    payload: Payload | None
    unreplayable: Reason | None = None
    channel: Channel = Channel.QUEUE
    origin: Origin = Origin.UNVERIFIED
    contests: tuple[Contest, ...] = ()
    alert_due: bool = False
    probable_run_of: RunOf | None = None
    replays: tuple[Replay, ...] = ()
    decisions: tuple[Decision, ...] = ()
    postponed_to: datetime | None = None
    forgotten: Forgotten | None = None
    version: int = 0

    @property
    def status(self) -> ExecutionStatus:
        """What decisions and reported replays make of it."""
        if self.ignored is not None:
            return ExecutionStatus.IGNORED
        reported = self._last_reported
        return ExecutionStatus.FAILED if reported is None else STATUS_AFTER[reported.status]

    @property
    def _last_reported(self) -> Replay | None:
        """The newest replay that says something about the execution."""
        return next((a for a in reversed(self.replays) if a.status in STATUS_AFTER), None)

    @property
    def ignored(self) -> Decision | None:
        """The decision that keeps this execution ignored, if any."""
        switches = (one for one in reversed(self.decisions) if one.verb is not Verb.CONFIRMED)
        last = next(switches, None)
        return last if last is not None and last.verb is Verb.IGNORED else None

    @property
    def failure(self) -> Failure:
        """The current error: that of the newest run that failed; older ones stay in the history."""
        failures = [attempt.failure for attempt in self.replays if attempt.failure is not None]
        return failures[-1] if failures else self.first_failure

    @property
    def failed_at(self) -> datetime:
        """When the original event failed for good: what lists are ordered by. It never changes."""
        return self.first_failure.at

    @property
    def due(self) -> "tuple[datetime, DueFor] | None":
        """When the sweep has to look at this execution again, and for what."""
        until = None if self.ignored is None else self.ignored.until
        dates = [
            (until, DueFor.OUTCOME),
            (self.retry_at, DueFor.RETRY),
            *((one.due_at, DueFor.OUTCOME) for one in self.replays),
        ]
        known = [(date, what) for date, what in dates if date is not None]
        # The alert comes last: while it can't be sent, it keeps no replay from being settled.
        if not known:
            return (self.stored_at, DueFor.ALERT) if self.alert_due else None
        date, what = min(known, key=lambda one: one[0])
        return date, DueFor.LEASE if self.awaits_link else what

    @property
    def due_at(self) -> datetime | None:
        """When the sweep has to look at this execution again."""
        return None if self.due is None else self.due[0]

    @property
    def awaits_link(self) -> bool:
        """Whether a run may be under way that the run's own record would not be taken for."""
        return any(attempt.in_flight and not attempt.linked for attempt in self.replays)

    @property
    def retry_at(self) -> datetime | None:
        """When it is to be replayed automatically; None: not at all."""
        rule, attempts = self.failure.retry, self.replays
        if rule is None or self.unreplayable is not None or self.only_by_id is not None:
            return None
        if self.origin is not Origin.VERIFIED and not rule.unverified_origin:
            return None
        if self.status is not ExecutionStatus.FAILED or any(attempt.in_flight for attempt in attempts):
            return None
        # It is unknown whether that one ran (docs/reference/service.md#no-silent-repeat).
        if not rule.idempotent and any(attempt.status is ReplayStatus.UNCERTAIN for attempt in attempts):
            return None
        automatic = sum(attempt.trigger is Trigger.AUTOMATIC for attempt in attempts)
        if automatic >= rule.attempts:
            return None
        since = (attempts[-1].ended_at if attempts else None) or self.stored_at
        at = since + rule.backoff(automatic, seed=f"{self.id}/{len(attempts)}")
        at = max(at, self.stored_at + MAY_BE_A_REPLAYS)
        if self.postponed_to is not None:
            at = max(at, self.postponed_to)
        return at if at <= self.failed_at + rule.oldest else None

    def is_retry_due(self, now: datetime) -> bool:
        """Whether its automatic replay is due."""
        at = self.retry_at
        return at is not None and at <= now

    def planned(self, rule: RetryRule | None) -> "Execution":
        """With this rule about automatic replays after its current failure, None: with none; the same object
        when that is so already."""
        if self.failure.retry == rule:
            return self
        failure = replace(self.failure, retry=rule)
        number = next((a.number for a in reversed(self.replays) if a.failure is not None), None)
        if number is None:
            return replace(self, first_failure=failure)
        return self.with_replay(number, lambda attempt: replace(attempt, failure=failure))

    @property
    def poisoned(self) -> bool:
        """Whether its replays failed so often, and with so much different code, that it must be the event."""
        failed = [attempt for attempt in self.replays if attempt.status is ReplayStatus.FAILED]
        codes = {attempt.code for attempt in failed if attempt.code is not None}
        return len(failed) >= _POISON_FAILURES and len(codes) >= _POISON_VERSIONS

    @property
    def only_by_id(self) -> Reason | None:
        """Why it is replayed only when it is named by its id: not automatically, nor with many others."""
        if self.contests:
            return Reason.CONTESTED
        if self.probable_run_of is not None:
            return Reason.PROBABLE_RUN
        return Reason.POISONED if self.poisoned else None

    @property
    def identity(self) -> EventIdentity:
        """Of the event that failed."""
        is_exact = self.payload is not None and self.unreplayable is not Reason.PAYLOAD_NOT_EXACT
        sha256 = self.payload.sha256 if self.payload is not None and is_exact else None
        return EventIdentity(function=self.function.unqualified, payload=sha256)

    def run_identity(self, number: int) -> EventIdentity | None:
        """Of the event that replay `number` sent; None when there is no such replay."""
        attempt = self.replay(number)
        if attempt is None:
            return None
        sent = attempt.sent_sha256 if attempt.patched else self.identity.payload
        return EventIdentity(function=attempt.target.unqualified, payload=sent)

    def contested_by(self, contest: Contest) -> "Execution":
        """With this contradiction; the same object when it is known, or enough are."""
        if len(self.contests) >= _CONTESTS_KEPT or contest in self.contests:
            return self
        return replace(self, contests=(*self.contests, contest))

    def replay(self, number: int) -> Replay | None:
        """Replay `number`, counted from 1; None when there is none."""
        return self.replays[number - 1] if 0 < number <= len(self.replays) else None

    def refusal(self, mode: ReplayMode, *, maximum: int) -> Reason | None:
        """Why no replay may be claimed now, or None."""
        if self.unreplayable is not None:
            return self.unreplayable
        # Ignoring hides the replay underneath from `status`, never its being under way.
        if any(attempt.in_flight for attempt in self.replays):
            return Reason.REPLAY_IN_FLIGHT
        if len(self.replays) >= maximum:
            return Reason.REPLAY_LIMIT
        return None if mode is ReplayMode.FORCE else CLAIM_REFUSED[self.status]

    def claim(self, attempt: Replay, *, maximum: int) -> "Execution":
        """With the attempt in flight. Raises `RefusedError`."""
        reason = self.refusal(attempt.mode, maximum=maximum)
        if reason is not None:
            raise RefusedError(reason)
        reopened = self
        if self.ignored is not None:
            reopened = self.decide(Decision(verb=Verb.REOPENED, at=attempt.claimed_at, by=attempt.by))
        return replace(
            reopened,
            replays=(
                *(one.shortened() for one in self.replays[:-_REPLAYS_WHOLE]),
                *self.replays[-_REPLAYS_WHOLE:],
                attempt,
            ),
            expires_at=max(self.expires_at, attempt.lease_expires_at),
        )

    def withdraw(self, claim_id: str) -> "Execution":
        """As it was before this claim, of which nothing was sent; the same object when the claim is not there
        (any more), or more is known of it than that it was made."""
        last = self.replays[-1] if self.replays else None
        if last is None or last.claim_id != claim_id or last.status is not ReplayStatus.CLAIMED:
            return self
        reopened = Decision(verb=Verb.REOPENED, at=last.claimed_at, by=last.by)
        kept = self.decisions[:-1] if self.decisions[-1:] == (reopened,) else self.decisions
        return replace(self, replays=self.replays[:-1], decisions=kept)

    def learn(self, number: int, fact: Fact) -> "Execution":
        """With the fact about replay `number` taken in; the same object when it brings nothing new."""
        return self.with_replay(number, lambda attempt: attempt.learn(fact))

    def link(self, number: int) -> "Execution":
        """With the replay known to be findable by its request id."""
        return self.with_replay(
            number, lambda attempt: attempt if attempt.linked else replace(attempt, linked=True)
        )

    def decide(self, decision: Decision) -> "Execution":
        """With the decision in effect. Raises `RefusedError`."""
        reason = DECISION_REFUSED[decision.verb][self.status]
        if reason is not None:
            raise RefusedError(reason)
        return replace(self, decisions=(*self.decisions, decision)[-_DECISIONS_KEPT:])

    @property
    def runs(self) -> tuple[str, ...]:
        """Request ids of the runs whose records may hold its bytes."""
        return (self.id, *(one.request_id for one in self.replays if one.request_id is not None))

    def forget(self, tombstone: Forgotten) -> "Execution":
        """Never to be sent again, for its bytes are deleted; the same object when that is so already. Raises
        `RefusedError` while a replay is under way."""
        if any(attempt.in_flight for attempt in self.replays):
            raise RefusedError(Reason.REPLAY_IN_FLIGHT)
        if self.forgotten is not None:
            return self
        return replace(self, forgotten=tombstone, unreplayable=Reason.PAYLOAD_FORGOTTEN)

    def with_replay(self, number: int, change: Callable[[Replay], Replay]) -> "Execution":
        """With what `change` makes of replay `number`; the same object when that is the same."""
        attempt = self.replay(number)
        if attempt is None:
            raise LookupError(f"execution {self.id} has no replay {number}")
        changed = change(attempt)
        if changed is attempt:
            return self
        replays = (*self.replays[: number - 1], changed, *self.replays[number:])
        closes = changed.window_closes_at
        return replace(
            self, replays=replays, expires_at=max(self.expires_at, closes) if closes else self.expires_at
        )
