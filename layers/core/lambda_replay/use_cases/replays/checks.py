"""What may be sent: which executions, where to, and with which bytes."""

from dataclasses import dataclass
from datetime import datetime

from lambda_replay.domain.category import Verdict
from lambda_replay.domain.executions.execution import Execution, Payload
from lambda_replay.domain.executions.replay import Fact, Replay, ReplayMode, ReplayStatus
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.executions.tenant import PATH, tenant_id
from lambda_replay.domain.functions.allow_list import AllowList
from lambda_replay.domain.functions.channel_addresses import ChannelAddresses
from lambda_replay.domain.functions.function_arn import FunctionArn, InvalidFunctionArnError
from lambda_replay.domain.refusals import MEANING, Reason, RefusedError
from lambda_replay.ports.common import Clock
from lambda_replay.ports.executions import EntryStore
from lambda_replay.ports.functions import Functions
from lambda_replay.ports.invoker import Patch, Search
from lambda_replay.use_cases.executions import correlate
from lambda_replay.use_cases.executions.update import load

NEVER = "its verdict is never: sending the same payload again can't help"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """`maximum` bounds the replays of one execution."""

    store: EntryStore
    functions: Functions
    patch: Patch
    search: Search
    allowed: AllowList
    ways: ChannelAddresses
    maximum: int
    now: Clock

    def check(self, execution: Execution, target: FunctionArn, options: ReplayOptions) -> None:
        """Raises `RefusedError` when it may not be replayed there now."""
        resolved = self.resolved(execution, options)
        reason = resolved.refusal(options.mode, maximum=self.maximum)
        if reason is Reason.REPLAY_IN_FLIGHT:
            raise RefusedError(reason, self._under_way(resolved))
        is_left_out = options.skip_never and execution.failure.verdict == Verdict.never
        reason = reason or self.forbidden(target) or (Reason.VERDICT_NEVER if is_left_out else None)
        if reason is None and options.tenant is None and self._isolates_tenants(target):
            reason = Reason.TENANT_REQUIRED
        if reason is not None:
            raise RefusedError(reason)

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
        never = (NEVER,) if execution.failure.verdict == Verdict.never else ()
        return never if unreported is None else (f"{target}: {unreported}", *never)

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

    def tenant(self, target: FunctionArn, payload: bytes, options: ReplayOptions) -> str | None:
        """Whom to send this payload for; None with a function that has no tenants. Raises `RefusedError`."""
        if options.tenant is None or self._isolates_tenants(target) is False:
            return None
        if not options.tenant.startswith(PATH):
            return options.tenant
        found = tenant_id(self.search(payload, options.tenant.removeprefix(PATH)))
        if found is None:
            raise RefusedError(Reason.TENANT_NOT_FOUND)
        return found

    def _isolates_tenants(self, target: FunctionArn) -> bool | None:
        facts = self.functions.facts(target)
        return None if facts is None else facts.isolates_tenants

    def payload(self, execution: Execution, stored: bytes | None, options: ReplayOptions) -> bytes:
        """What to send: the stored bytes, patched if that was ordered. Raises `RefusedError`."""
        if stored is None:
            raise RefusedError(Reason.PAYLOAD_EXPIRED)
        if Payload.of(stored) != execution.payload:
            raise RefusedError(Reason.PAYLOAD_MISMATCH)
        return stored if options.patch is None else self.patch(stored, options.patch)


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
