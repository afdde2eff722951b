"""What one replay and many have in common: where it goes, whether it may, with which bytes, and what Lambda's
answer means.

A claim is written before Invoke and carries a lease. Whatever dies after that leaves the claim behind, and
the sweep makes it `uncertain` when the lease has ended: visible, and never repeated by itself (design,
invariants 3 and 4).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lambda_replay.domain.allow_list import AllowList
from lambda_replay.domain.arn import FunctionArn, InvalidFunctionArn
from lambda_replay.domain.execution import Execution, Payload
from lambda_replay.domain.order import Order
from lambda_replay.domain.reasons import Reason, Refused
from lambda_replay.domain.replay import Fact, Replay, ReplayMode, ReplayStatus, Trigger
from lambda_replay.ports import (
    Accepted,
    Clock,
    Count,
    Counter,
    EntryStore,
    InvokeAnswer,
    Invoker,
    NewId,
    Patch,
    Rejected,
    Unanswered,
)
from lambda_replay.ports.functions import Functions

# How late the sweep may be that writes what is missing of a link.
_LATE = timedelta(minutes=15)
_ANNOUNCED_AHEAD = timedelta(minutes=5)

COUNTS: dict[ReplayStatus, Count] = {
    ReplayStatus.ACCEPTED: Count.REPLAY_ACCEPTED,
    ReplayStatus.REJECTED: Count.REPLAY_REJECTED,
    ReplayStatus.UNCERTAIN: Count.REPLAY_UNCERTAIN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who asks for a replay, and for what."""

    by: str
    trigger: Trigger = Trigger.MANUAL
    job: str | None = None
    reason: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayLimits:
    """`lease` outlives the claiming process; `outcome_window` is how long an accepted run may take to say how
    it went, at most; `maximum` bounds the replays of one execution."""

    lease: timedelta
    outcome_window: timedelta
    maximum: int


@dataclass(frozen=True, slots=True)
class Sender:
    store: EntryStore
    invoker: Invoker
    functions: Functions
    patch: Patch
    allowed: AllowList
    limits: ReplayLimits
    count: Counter
    now: Clock
    new_id: NewId
    recovered: Callable[[Execution], None]
    """Told of each execution whose replay has been written down: it may have recovered already."""
    _announced: dict[str, datetime] = field(default_factory=dict)

    def refusal(self, execution: Execution, target: FunctionArn, mode: ReplayMode) -> Reason | None:
        """Why it may not be replayed there now, or None."""
        return execution.refusal(mode, maximum=self.limits.maximum) or self.forbidden(target)

    def forbidden(self, target: FunctionArn) -> Reason | None:
        """Why nothing may ever be sent there, or None. A forged record may name any function, and one of the
        service's own would take its payload for a command."""
        if not self.allowed.allows(target):
            return Reason.NOT_ALLOW_LISTED
        facts = self.functions.facts(target)
        return Reason.OWN_FUNCTION if facts is not None and facts.is_own else None

    def payload(self, execution: Execution, stored: bytes | None, order: Order) -> bytes:
        """What to send: the stored bytes, patched if that was ordered. Raises `Refused`."""
        if stored is None:
            raise Refused(Reason.PAYLOAD_EXPIRED)
        if Payload.of(stored) != execution.payload:
            raise Refused(Reason.PAYLOAD_MISMATCH)
        return stored if order.patch is None else self.patch(stored, order.patch)

    def announce(self, target: FunctionArn) -> None:
        """Have triage keep successes of this function whose request id it doesn't know: one may be this
        replay's, and faster than the link. Once in a while, not for each replay."""
        function, now = target.unqualified, self.now()
        enough = now + self.limits.lease + self.limits.outcome_window + _LATE
        if self._announced.get(function, now) < enough:
            until = enough + _ANNOUNCED_AHEAD
            self.store.announce(function, until)
            self._announced[function] = until

    def claim(
        self, fresh: Execution, target: FunctionArn, order: Order, source: Source, claim_id: str
    ) -> Execution:
        """With a new attempt in flight. Raises `Refused`."""
        # First: reading them may take a while, of which the lease must lose nothing.
        facts = self.functions.facts(target)
        now = self.now()
        attempt = Replay(
            number=len(fresh.replays) + 1,
            claim_id=claim_id,
            mode=order.mode,
            target=target,
            by=source.by,
            reason=source.reason,
            idempotency_key=source.idempotency_key,
            claimed_at=now,
            lease_expires_at=now + self.limits.lease,
            trigger=source.trigger,
            job=source.job,
            code=None if facts is None else facts.code,
            patched=order.patch is not None,
        )
        return fresh.claim(attempt, maximum=self.limits.maximum)

    def invoke(self, target: FunctionArn, payload: bytes) -> Fact:
        """Send the bytes, at most once, and say what is known then."""
        return self._fact(self.invoker.invoke(target, payload), target)

    def _fact(self, answer: InvokeAnswer, target: FunctionArn) -> Fact:
        now = self.now()
        match answer:
            case Accepted(request_id):
                closes = now + self._window(target)
                return Fact(
                    status=ReplayStatus.ACCEPTED, at=now, request_id=request_id, window_closes_at=closes
                )
            case Rejected(reason):
                return Fact(status=ReplayStatus.REJECTED, at=now, reason=reason)
            case Unanswered():
                return Fact(status=ReplayStatus.UNCERTAIN, at=now)

    def _window(self, target: FunctionArn) -> timedelta:
        facts = self.functions.facts(target)
        longest = self.limits.outcome_window
        return longest if facts is None else min(longest, facts.outcome_window)


def target_of(execution: Execution, order: Order) -> FunctionArn:
    """Where the order sends the execution. Raises `Refused`."""
    function, name = execution.function, order.function
    target = function if name is None else _named(function, name)
    return target.with_qualifier(order.qualifier) if order.qualifier else target


def _named(function: FunctionArn, name: str) -> FunctionArn:
    """A function by its ARN, or by its name beside the one that failed."""
    beside = function.with_qualifier(None).unqualified.removesuffix(function.name) + name
    try:
        return FunctionArn.parse(name if name.startswith("arn:") else beside)
    except InvalidFunctionArn:
        raise Refused(Reason.TARGET_INVALID) from None
