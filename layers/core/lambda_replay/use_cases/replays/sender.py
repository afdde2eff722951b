"""What one replay and many have in common: where it goes, whether it may, with which bytes, and what Lambda's
answer means.

A claim is written before Invoke and carries a lease. Whatever dies after that leaves the claim behind, and
the sweep makes it `uncertain` when the lease has ended: visible, and never repeated by itself
(docs/reference/service.md#no-silent-repeat).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lambda_replay.domain.allow_list import AllowList
from lambda_replay.domain.category import Verdict
from lambda_replay.domain.executions.execution import Execution, Payload
from lambda_replay.domain.executions.replay import Fact, Replay, ReplayMode, ReplayStatus, Trigger
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.function_arn import FunctionArn, InvalidFunctionArnError
from lambda_replay.domain.intake.addresses import ChannelAddresses
from lambda_replay.domain.refusals import MEANING, Reason, RefusedError
from lambda_replay.ports.alerts import Count, Counter
from lambda_replay.ports.common import Clock, NewId
from lambda_replay.ports.executions import EntryStore
from lambda_replay.ports.functions import Functions
from lambda_replay.ports.invoker import Accepted, InvokeAnswer, Invoker, Patch, Rejected, Unanswered
from lambda_replay.use_cases.executions import correlate
from lambda_replay.use_cases.executions.update import load

# How late the sweep may be that writes what is missing of a link.
_LATE = timedelta(minutes=15)
_MARKED_AHEAD = timedelta(minutes=5)

NEVER = "its verdict is never: sending the same payload again can't help"

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
    asked: str | None = None
    """The digest of the request with this key."""


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
    ways: ChannelAddresses
    limits: ReplayLimits
    count: Counter
    now: Clock
    new_id: NewId
    recovered: Callable[[Execution], None]
    """Called with each execution whose replay has been written down: it may have recovered already."""
    _announced: dict[str, datetime] = field(default_factory=dict)

    def check(self, execution: Execution, target: FunctionArn, options: ReplayOptions) -> None:
        """Raises `RefusedError` when it may not be replayed there now."""
        resolved = self.resolved(execution, options)
        reason = resolved.refusal(options.mode, maximum=self.limits.maximum)
        if reason is Reason.REPLAY_IN_FLIGHT:
            raise RefusedError(reason, self._under_way(resolved))
        if reason is not None:
            raise RefusedError(reason)
        forbidden = self.forbidden(target)
        if forbidden is not None:
            raise RefusedError(forbidden)
        if options.skip_never and execution.failure.verdict == Verdict.never:
            raise RefusedError(Reason.VERDICT_NEVER)

    def require(self, target: FunctionArn) -> None:
        """Raises `RefusedError` when Lambda says that the target does not exist."""
        absent = self.functions.absence(target)
        if absent is not None:
            raise RefusedError(absent.reason, str(absent))

    def resolved(self, execution: Execution, options: ReplayOptions) -> Execution:
        """Without the replays in flight that will not be reported any more; the same object where there are
        none. What is known of them already has to be looked for first (`with_outcomes`)."""
        now = self.now()
        for attempt in self._given_up(execution, options):
            fact = Fact(status=ReplayStatus.UNCONFIRMED, at=now)
            execution = execution.learn(attempt.number, fact).link(attempt.number)
        return execution

    def with_outcomes(self, execution: Execution, options: ReplayOptions) -> Execution:
        """As it is stored after the outcomes of those replays were looked for: one may have been faster than
        its link, whose writing may have been cut short."""
        left = [attempt for attempt in self._given_up(execution, options) if not attempt.linked]
        for attempt in left:
            if attempt.request_id is not None and attempt.window_closes_at is not None:
                closes = attempt.window_closes_at
                link = correlate.link_to(execution, attempt.number, attempt.request_id, closes)
                correlate.establish(self.store, link)
        return load(self.store, execution.id) if left else execution

    def _given_up(self, execution: Execution, options: ReplayOptions) -> list[Replay]:
        """Accepted replays that are waited for no longer: the sweep closes windows once a minute, and one
        that no record can end is given up where that is forced."""
        now, forced = self.now(), options.mode is ReplayMode.FORCE and options.named
        return [
            attempt
            for attempt in execution.replays
            if attempt.status is ReplayStatus.ACCEPTED
            and (
                (attempt.window_closes_at is not None and attempt.window_closes_at <= now)
                or (forced and self._is_silent(attempt.target))
            )
        ]

    def unreported(self, target: FunctionArn) -> str | None:
        """Why a failure of a run there will not be reported; None where it will, or that is unknown."""
        facts = self.functions.facts(target)
        return None if facts is None else facts.unreported(self.ways)

    def warnings(self, execution: Execution, target: FunctionArn) -> tuple[str, ...]:
        """What is to be known before it is replayed there, and hinders nothing."""
        unreported = self.unreported(target)
        never = execution.failure.verdict == Verdict.never
        return (
            *((f"{target}: {unreported}",) if unreported else ()),
            *((NEVER,) if never else ()),
        )

    def _is_silent(self, target: FunctionArn) -> bool:
        facts = self.functions.facts(target)
        return facts is not None and facts.is_silent(self.ways)

    def _under_way(self, execution: Execution) -> str:
        """Until when a replay is in flight, and whether anything will be heard of it."""
        attempt = next(attempt for attempt in execution.replays if attempt.in_flight)
        said, due = MEANING[Reason.REPLAY_IN_FLIGHT], attempt.window_closes_at
        if due is None:
            return f"{said}; Lambda's answer is known by {_shown(attempt.lease_expires_at)}"
        said = f"{said}, due at {_shown(due)} (outcome_due_at)"
        if not self._is_silent(attempt.target):
            return said
        where = f"{attempt.target}: {self.unreported(attempt.target)}"
        return f"{said}; it went to {where}; mode 'force' sends it again before that"

    def forbidden(self, target: FunctionArn) -> Reason | None:
        """Why nothing may ever be sent there, or None. A forged record may name any function, and one of the
        service's own would take its payload for a command."""
        if not self.allowed.allows(target):
            return Reason.NOT_ALLOW_LISTED
        facts = self.functions.facts(target)
        return Reason.OWN_FUNCTION if facts is not None and facts.is_own else None

    def payload(self, execution: Execution, stored: bytes | None, options: ReplayOptions) -> bytes:
        """What to send: the stored bytes, patched if that was ordered. Raises `RefusedError`."""
        if stored is None:
            raise RefusedError(Reason.PAYLOAD_EXPIRED)
        if Payload.of(stored) != execution.payload:
            raise RefusedError(Reason.PAYLOAD_MISMATCH)
        return stored if options.patch is None else self.patch(stored, options.patch)

    def mark_replaying(self, target: FunctionArn) -> None:
        """Have triage keep successes of this function whose request id it doesn't know: one may be this
        replay's, and faster than the link. Once in a while, not for each replay."""
        function, now = target.unqualified, self.now()
        enough = now + self.limits.lease + self.limits.outcome_window + _LATE
        if self._announced.get(function, now) < enough:
            until = enough + _MARKED_AHEAD
            self.store.mark_replaying(function, until)
            self._announced[function] = until

    def claim(
        self,
        fresh: Execution,
        target: FunctionArn,
        options: ReplayOptions,
        source: Source,
        claim_id: str,
        payload: bytes,
    ) -> Execution:
        """With a new attempt in flight, that is to send `payload`; `fresh` is settled. Raises
        `RefusedError`."""
        # First: reading them may take a while, of which the lease must lose nothing.
        facts = self.functions.facts(target)
        now = self.now()
        attempt = Replay(
            number=len(fresh.replays) + 1,
            claim_id=claim_id,
            mode=options.mode,
            target=target,
            by=source.by,
            reason=source.reason,
            idempotency_key=source.idempotency_key,
            claimed_at=now,
            lease_expires_at=now + self.limits.lease,
            trigger=source.trigger,
            job=source.job,
            code=None if facts is None else facts.code,
            patched=options.patch is not None,
            sent_sha256=None if options.patch is None else Payload.of(payload).sha256,
            asked=source.asked,
        )
        return fresh.claim(attempt, maximum=self.limits.maximum)

    def invoke(self, target: FunctionArn, payload: bytes, window: timedelta) -> Fact:
        """Send the bytes, at most once, and say what is known then. `window` is that of the target, asked for
        before: its answer may take a while."""
        return self._fact(self.invoker.invoke(target, payload), window)

    def _fact(self, answer: InvokeAnswer, window: timedelta) -> Fact:
        now = self.now()
        match answer:
            case Accepted(request_id):
                closes = now + window
                return Fact(
                    status=ReplayStatus.ACCEPTED, at=now, request_id=request_id, window_closes_at=closes
                )
            case Rejected(reason):
                return Fact(status=ReplayStatus.REJECTED, at=now, reason=reason)
            case Unanswered():
                return Fact(status=ReplayStatus.UNCERTAIN, at=now, window_closes_at=now + window)

    def window(self, target: FunctionArn) -> timedelta:
        """How long a run of the target may take to say how it went."""
        facts = self.functions.facts(target)
        longest = self.limits.outcome_window
        return longest if facts is None else min(longest, facts.outcome_window)


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def target_of(execution: Execution, options: ReplayOptions) -> FunctionArn:
    """Where the order sends the execution. Raises `RefusedError`."""
    function, name = execution.function, options.function
    target = function if name is None else _named(function, name)
    return target.with_qualifier(options.qualifier) if options.qualifier else target


def _named(function: FunctionArn, name: str) -> FunctionArn:
    """A function by its ARN, or by its name beside the one that failed."""
    beside = function.with_qualifier(None).unqualified.removesuffix(function.name) + name
    try:
        return FunctionArn.parse(name if name.startswith("arn:") else beside)
    except InvalidFunctionArnError:
        raise RefusedError(Reason.TARGET_INVALID) from None
