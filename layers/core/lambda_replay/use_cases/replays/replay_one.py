"""Sending one execution's payload again: one claim, at most one Invoke, its answer written down (see
`use_cases.replays.send`)."""

from dataclasses import dataclass

from lambda_replay.domain.executions.execution import Execution
from lambda_replay.domain.executions.replay import Replay, ReplayMode
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.refusals import Reason, RefusedError
from lambda_replay.domain.request_digest import digest_of
from lambda_replay.ports.executions import EntryStore, RecordStore
from lambda_replay.use_cases.executions.update import change, load
from lambda_replay.use_cases.replays.checks import Checks, target_of
from lambda_replay.use_cases.replays.record import Recorder
from lambda_replay.use_cases.replays.send import Sender, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayCommand:
    """Who wants what; `qualifier`, `function`, `patch`, `skip_never` and `tenant` are those of
    `ReplayOptions`."""

    execution_id: str
    by: str
    mode: ReplayMode = ReplayMode.IF_NOT_REPLAYED
    qualifier: str | None = None
    function: str | None = None
    patch: str | None = None
    skip_never: bool = False
    tenant: str | None = None
    reason: str | None = None
    idempotency_key: str | None = None

    @property
    def options(self) -> ReplayOptions:
        """How the event is to be sent."""
        return ReplayOptions(
            mode=self.mode,
            qualifier=self.qualifier,
            function=self.function,
            patch=self.patch,
            named=True,
            skip_never=self.skip_never,
            tenant=self.tenant,
        )

    @property
    def source(self) -> Source:
        """Who asked for it, and by which key."""
        key = self.idempotency_key
        asked = None if key is None else self.digest
        return Source(by=self.by, reason=self.reason, idempotency_key=key, asked=asked)

    @property
    def digest(self) -> str:
        """Of all that was asked for. Who asks is not part of it: a session that was renewed may ask again."""
        names = ["execution_id", "mode", "qualifier", "function", "patch", "reason"]
        # Earlier versions knew no tenant: what is asked for without one has the digest that it had.
        names += [] if self.tenant is None else ["tenant"]
        return digest_of({name: getattr(self, name) for name in names})


@dataclass(frozen=True, slots=True)
class Preview:
    """What a replay would do now: `refusal` is None when it would be sent, `payload` what would be, and
    `stored` that before the patch. `warnings` hinder nothing."""

    execution: Execution
    target: FunctionArn
    refusal: RefusedError | None
    warnings: tuple[str, ...] = ()
    payload: bytes | None = None
    stored: bytes | None = None


@dataclass(frozen=True, slots=True)
class Replayer:
    store: EntryStore
    records: RecordStore
    checks: Checks
    sender: Sender
    recorder: Recorder

    def preview(self, command: ReplayCommand) -> Preview:
        """The dry run: every check, nothing written, nothing sent. Raises `RefusedError` for an unknown
        id."""
        execution = load(self.store, command.execution_id)
        target = target_of(execution, command.options)
        warnings = self.checks.warnings(execution, target)
        try:
            self.checks.check(execution, target, command.options)
            self.checks.require(target)
            stored = self.records.payload(execution.id)
            payload = self.checks.payload(execution, stored, command.options)
            self.checks.tenant(target, payload, command.options)
        except RefusedError as refused:
            return Preview(execution, target, refused, warnings)
        return Preview(execution, target, None, warnings, payload, stored)

    def replay(self, command: ReplayCommand) -> tuple[Execution, Replay]:
        """The execution and its new attempt, or the attempt that this idempotency key started before.

        Raises `RefusedError`, with nothing changed. An attempt that Lambda rejected is returned, not raised:
        it is part of the history.
        """
        execution = load(self.store, command.execution_id)
        earlier = _started_by(execution, command)
        if earlier is not None:
            return execution, earlier
        target = target_of(execution, command.options)
        execution = self.checks.with_outcomes(execution, command.options)
        self.checks.check(execution, target, command.options)
        if command.qualifier is not None or command.function is not None:
            self.checks.require(target)  # who misspells a name is not to use up one of the replays
        payload = self.checks.payload(execution, self.records.payload(execution.id), command.options)
        tenant = self.checks.tenant(target, payload, command.options)
        window = self.sender.window(target)
        self.sender.mark_replaying(target)
        claim_id = self.sender.new_id()
        claimed = change(
            self.store,
            execution.id,
            lambda fresh: self._claim(fresh, target, command, claim_id, payload, tenant),
        )
        attempt = next((a for a in claimed.replays if a.claim_id == claim_id), None)
        if attempt is None:  # the same key, a moment earlier
            return claimed, _same_request(claimed, command)
        fact = self.recorder.fact(self.sender.invoke(attempt, payload), window, attempt)
        recorded = self.recorder.record(claimed.id, attempt.number, fact)
        self.recorder.count(fact)
        return recorded, recorded.replays[attempt.number - 1]

    def _claim(
        self,
        fresh: Execution,
        target: FunctionArn,
        command: ReplayCommand,
        claim_id: str,
        payload: bytes,
        tenant: str | None,
    ) -> Execution:
        ours = any(attempt.claim_id == claim_id for attempt in fresh.replays)
        if ours or _started_by(fresh, command) is not None:
            return fresh
        resolved = self.checks.resolved(fresh, command.options)
        return self.sender.claim(resolved, target, command.options, command.source, claim_id, payload, tenant)


def _started_by(execution: Execution, command: ReplayCommand) -> Replay | None:
    """The attempt that this idempotency key started, if any. Raises `RefusedError` when it asked for another
    thing then."""
    if command.idempotency_key is None:
        return None
    for attempt in execution.replays:
        # A rejected attempt started nothing: the same key may try again.
        if attempt.idempotency_key == command.idempotency_key and attempt.rejection is None:
            if not _asked_for(attempt, execution, command):
                raise RefusedError(Reason.IDEMPOTENCY_KEY_REUSED)
            return attempt
    return None


def _asked_for(attempt: Replay, execution: Execution, command: ReplayCommand) -> bool:
    if attempt.asked is not None:
        return attempt.asked == command.digest
    # It was written before digests were: what is known of it has to be the same.
    asked = (target_of(execution, command.options), command.mode, command.patch is not None)
    return (attempt.target, attempt.mode, attempt.patched) == asked


def _same_request(execution: Execution, command: ReplayCommand) -> Replay:
    attempt = _started_by(execution, command)
    if attempt is None:
        raise LookupError(f"execution {execution.id} has neither the claim nor the key")
    return attempt
