"""Sending: one claim, and one Invoke.

A claim is written before Invoke and carries a lease. Whatever dies after that leaves the claim behind, and
the sweep makes it `uncertain` when the lease has ended: visible, and never repeated by itself
(docs/reference/service.md#no-silent-repeat). The claim of a durable function's replay names the run, and is
sent again under that name (`use_cases.replays.durable`).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lambda_replay.domain.executions.durable_run import name_of
from lambda_replay.domain.executions.execution import Execution, Payload
from lambda_replay.domain.executions.replay import Replay, Trigger
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.ports.common import Clock, NewId
from lambda_replay.ports.executions import EntryStore
from lambda_replay.ports.functions import Functions
from lambda_replay.ports.invoker import InvokeAnswer, Invoker

# How late the sweep may be that writes what is missing of a link.
_LATE = timedelta(minutes=15)
_MARKED_AHEAD = timedelta(minutes=5)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    store: EntryStore
    invoker: Invoker
    functions: Functions
    limits: ReplayLimits
    now: Clock
    new_id: NewId
    _announced: dict[str, datetime] = field(default_factory=dict)

    def mark_replaying(self, target: FunctionArn) -> None:
        """Have triage keep successes of this function whose request id it doesn't know: one may be this
        replay's, and faster than the link. Once in a while, not for each replay."""
        function, now = target.unqualified, self.now()
        enough = now + self.limits.lease + self.limits.outcome_window + _LATE
        if self._announced.get(function, now) < enough:
            until = enough + _MARKED_AHEAD
            self.store.mark_replaying(function, until)
            self._announced[function] = until

    def window(self, target: FunctionArn) -> timedelta:
        """How long a run of the target may take to say how it went. How a durable one did is asked, for as
        long as it may take."""
        facts = self.functions.facts(target)
        longest = self.limits.outcome_window
        if facts is not None and facts.durable is not None:
            return facts.outcome_window
        return longest if facts is None else min(longest, facts.outcome_window)

    def claim(
        self,
        fresh: Execution,
        target: FunctionArn,
        options: ReplayOptions,
        source: Source,
        claim_id: str,
        payload: bytes,
        tenant: str | None = None,
    ) -> Execution:
        """With a new attempt in flight, that is to send `payload`; `fresh` is settled. Raises `Refused`."""
        # First: reading them may take a while, of which the lease must lose nothing.
        facts = self.functions.facts(target)
        is_durable = facts is not None and facts.durable is not None
        now, number = self.now(), len(fresh.replays) + 1
        attempt = Replay(
            number=number,
            claim_id=claim_id,
            mode=options.mode,
            # A durable function is invoked by a qualified ARN only.
            target=target.with_qualifier(target.qualifier or "$LATEST") if is_durable else target,
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
            tenant=tenant,
            durable_name=name_of(fresh.id, number, claim_id) if is_durable else None,
        )
        return fresh.claim(attempt, maximum=self.limits.maximum)

    def invoke(self, attempt: Replay, payload: bytes) -> InvokeAnswer:
        """Send the bytes, at most once."""
        return self.invoker.invoke(
            attempt.target, payload, tenant=attempt.tenant, durable_name=attempt.durable_name
        )
