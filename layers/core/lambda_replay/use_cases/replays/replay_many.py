"""Sending many executions' payloads again: as one replay does (`use_cases.replays.send`), with the writes
in batches and the Invokes side by side.

Each execution is claimed, invoked and written down by itself; what happens to one concerns no other. The link
is written before the acceptance, so that an accepted replay needs no second look of the sweep.

The time is asked before each claim and before each Invoke. What it does not suffice for is left as it was: a
claim that was written and not sent is taken back.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import batched
from threading import Semaphore

from lambda_replay.domain.executions.execution import Execution
from lambda_replay.domain.executions.id_slot import Stored, Unreadable
from lambda_replay.domain.executions.replay import Fact, Replay, ReplayStatus, Trigger
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.refusals import Reason, RefusedError
from lambda_replay.ports.executions import EntryStore, RecordStore
from lambda_replay.use_cases.executions import correlate
from lambda_replay.use_cases.executions.identify import awaited_runs
from lambda_replay.use_cases.executions.update import change
from lambda_replay.use_cases.replays.checks import Checks, target_of
from lambda_replay.use_cases.replays.record import Recorder
from lambda_replay.use_cases.replays.send import Sender, Source

# So many are claimed in one request, and hang in the air if this process dies.
_CLAIMED_AT_ONCE = 25
# While one batch waits for the table, others invoke; more of them would only mean more claims in the air when
# the time is up.
_BATCHES_AT_ONCE = 4


@dataclass(slots=True)
class Issued:
    """The first `consumed` ids were dealt with: `claimed` have a replay of this source now, whatever became
    of it; `skipped` have none, and why. There was no time for those `left`. `sent` is the number of all that
    have a replay, also behind the first `consumed`. `targets` are where the replays went."""

    consumed: int = 0
    sent: int = 0
    claimed: set[str] = field(default_factory=set)
    skipped: dict[str, Reason] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)
    targets: set[FunctionArn] = field(default_factory=set)

    def add(self, other: "Issued") -> None:
        """Take in what another part of the work came to."""
        self.claimed |= other.claimed
        self.skipped |= other.skipped
        self.left |= other.left
        self.targets |= other.targets


@dataclass(frozen=True, slots=True)
class _Task:
    """What one call is about."""

    options: ReplayOptions
    source: Source
    has_time: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class _Ready:
    """An execution that may be replayed, as it was read."""

    execution: Execution
    target: FunctionArn
    payload: bytes = b""
    tenant: str | None = None

    @property
    def id(self) -> str:
        """The execution's id."""
        return self.execution.id


@dataclass(frozen=True, slots=True)
class _Claimed:
    """`window`: how long the run may take to say how it went."""

    execution: Execution
    attempt: Replay
    payload: bytes
    window: timedelta


@dataclass(frozen=True, slots=True)
class BulkReplayer:
    """Invokes in `pool`, which the process has one of: its size bounds the Invokes under way at once, however
    many calls there are. None: one after the other, so that a test knows what happens when."""

    store: EntryStore
    records: RecordStore
    checks: Checks
    sender: Sender
    recorder: Recorder
    pool: Executor | None = None
    _batches: Semaphore = field(default_factory=lambda: Semaphore(_BATCHES_AT_ONCE), init=False)
    """Those of all calls."""

    def issue(
        self,
        ids: Sequence[str],
        options: ReplayOptions,
        source: Source,
        *,
        most: int | None = None,
        has_time: Callable[[], bool] = lambda: True,
    ) -> Issued:
        """Replay these, from the first on, until all are dealt with, `most` are replayed or time is up.

        What already has a replay of the source's job is not replayed again. Raises what the table raised when
        it could not be asked; claims that were written then are settled by the sweep. `has_time` says no for
        good once it has.
        """
        result, task = Issued(), _Task(options, source, has_time)
        ready = self._choose(ids, task, most, result)
        batches = batched(ready, _CLAIMED_AT_ONCE, strict=False)
        with ThreadPoolExecutor(_BATCHES_AT_ONCE) as sending:
            for done in _map(self.pool and sending, partial(self._send, task), batches):
                result.add(done)
        result.sent = len(result.claimed)
        if result.left:
            result.consumed = min(ids.index(name) for name in result.left)
        dealt_with = set(ids[: result.consumed])
        result.claimed &= dealt_with
        result.skipped = {name: why for name, why in result.skipped.items() if name in dealt_with}
        return result

    def _choose(self, ids: Sequence[str], task: _Task, most: int | None, result: Issued) -> list[_Ready]:
        known = self.store.get_many(ids)
        readable = [entry for entry in known.values() if isinstance(entry, Execution)]
        # Their replays may fail before Lambda's answer is written down, or after it was lost.
        runs = {} if task.options.named else awaited_runs(self.store, readable, self.sender.now())
        # A driver that died may have replayed some of them, and not from the first on: what was refused then
        # may be replayed by now. So they count before any other, and are all dealt with.
        done = [n for n, name in enumerate(ids) if _is_replayed(known.get(name), task.source)]
        last = done[-1] if done else -1
        ready: list[_Ready] = []
        for number, execution_id in enumerate(ids):
            is_full = most is not None and len(done) + len(ready) >= most
            if is_full and number > last:
                break
            result.consumed += 1
            if execution_id in runs:
                result.skipped[execution_id] = Reason.PROBABLE_RUN
                continue
            try:
                found = self._look(known.get(execution_id), task)
            except RefusedError as refused:
                result.skipped[execution_id] = refused.reason
                continue
            if found is None:
                result.claimed.add(execution_id)
            elif is_full:
                result.skipped[execution_id] = Reason.CHANGED_CONCURRENTLY
            else:
                ready.append(found)
        return ready

    def _look(self, entry: Stored | None, task: _Task) -> _Ready | None:
        """None for what this job has replayed. Raises `RefusedError` for what it may not replay."""
        if isinstance(entry, Unreadable):
            raise RefusedError(Reason.UNREADABLE)
        if not isinstance(entry, Execution):
            raise RefusedError(Reason.EXECUTION_NOT_FOUND)
        options, source = task.options, task.source
        if _is_replayed(entry, source):
            return None
        # Another sweep may have sent it since then, and it have failed: it is to wait again.
        if source.trigger is Trigger.AUTOMATIC and not entry.is_retry_due(self.sender.now()):
            raise RefusedError(Reason.CHANGED_CONCURRENTLY)
        target = target_of(entry, options)
        reason = objection(entry, options)
        if reason is not None:
            raise RefusedError(reason)
        self.checks.check(entry, target, options)
        return _Ready(entry, target)

    def _send(self, task: _Task, some: Sequence[_Ready]) -> Issued:
        with self._batches:
            result = Issued()
            ready = self._loaded(some, task, result)
            # Now: Lambda's control plane may take seconds to answer, which no claim is to wait for.
            windows = {one.target: self.sender.window(one.target) for one in ready}
            if not task.has_time():
                result.left = {one.id for one in some} - result.skipped.keys()
                return result
            for target in {one.target.unqualified: one.target for one in ready}.values():
                self.sender.mark_replaying(target)
            claims = self._claim(ready, windows, task, result)
            facts = list(_map(self.pool, partial(self._invoke, task), claims))
            answers = [(claim, fact) for claim, fact in zip(claims, facts, strict=True) if fact is not None]
            unsent = [claim for claim, fact in zip(claims, facts, strict=True) if fact is None]
            try:
                self._record(answers)
            finally:
                result.left |= self._take_back(unsent)
            result.claimed |= {claim.execution.id for claim in claims} - result.left
            result.targets |= {claim.attempt.target for claim, _ in answers}
            return result

    def _loaded(self, some: Sequence[_Ready], task: _Task, result: Issued) -> list[_Ready]:
        """With their payloads, as far as the time goes; side by side, for large ones are read one by one."""
        loads = self.records.payloads([one.id for one in some])

        def load(one: _Ready) -> _Ready | Reason | None:
            if not task.has_time():
                return None
            try:
                stored = loads.get(one.id, lambda: None)()
                payload = self.checks.payload(one.execution, stored, task.options)
                tenant = self.checks.tenant(one.target, payload, task.options)
                return replace(one, payload=payload, tenant=tenant)
            except RefusedError as refused:
                return refused.reason

        loaded = list(zip(some, _map(self.pool, load, some), strict=True))
        result.skipped |= {one.id: found for one, found in loaded if isinstance(found, Reason)}
        return [found for _, found in loaded if isinstance(found, _Ready)]

    def _invoke(self, task: _Task, claim: _Claimed) -> Fact | None:
        """None: there was no time for it, and nothing was sent."""
        if not task.has_time():
            return None
        answer = self.sender.invoke(claim.attempt, claim.payload)
        return self.recorder.fact(answer, claim.window, claim.attempt)

    def _claim(
        self,
        ready: Sequence[_Ready],
        windows: Mapping[FunctionArn, timedelta],
        task: _Task,
        result: Issued,
    ) -> list[_Claimed]:
        claims: dict[str, _Claimed] = {}
        alone: dict[str, str] = {}
        """The claim's id, by execution."""
        for one in ready:
            claim_id = self.sender.new_id()
            if self.checks.resolved(one.execution, task.options) is not one.execution:
                alone[one.id] = claim_id  # what it ends is counted, which `advance` does not
                continue
            try:
                execution = self.sender.claim(
                    one.execution, one.target, task.options, task.source, claim_id, one.payload, one.tenant
                )
            except RefusedError as refused:
                result.skipped[one.id] = refused.reason
            else:
                claims[one.id] = _Claimed(execution, execution.replays[-1], one.payload, windows[one.target])
        try:
            lost = self.store.advance([claim.execution for claim in claims.values()])
        except Exception:  # whatever it is, some claims may be written, and none was sent
            self._take_back(claims.values())
            raise
        kept = {
            name: replace(claim, execution=replace(claim.execution, version=claim.execution.version + 1))
            for name, claim in claims.items()
            if name not in lost
        }
        alone |= {name: claims[name].attempt.claim_id for name in lost}
        for one in ready:
            if one.id not in alone:
                continue
            if not task.has_time():
                result.left.add(one.id)
                continue
            again = self._claim_alone(one, alone[one.id], windows[one.target], task, result)
            kept |= {one.id: again} if again is not None else {}
        return list(kept.values())

    def _take_back(self, claims: Iterable[_Claimed]) -> set[str]:
        """None of these was sent; those of which nothing else is known by now are as though there had been
        none. Returns their ids."""

        def taken_back(claim: _Claimed, fresh: Execution) -> Execution:
            withdrawn = fresh.withdraw(claim.attempt.claim_id)
            return withdrawn if withdrawn is not fresh else _not_sent(fresh, claim.attempt, self.sender.now())

        gone: set[str] = set()
        for claim in claims:
            with suppress(RefusedError):  # it has expired
                changed = change(self.store, claim.execution.id, partial(taken_back, claim))
                if all(attempt.claim_id != claim.attempt.claim_id for attempt in changed.replays):
                    gone.add(changed.id)
        return gone

    def _claim_alone(
        self, one: _Ready, claim_id: str, window: timedelta, task: _Task, result: Issued
    ) -> _Claimed | None:
        """After another writer changed it: look again, and decide again."""

        def claim(fresh: Execution) -> Execution:
            ours = any(attempt.claim_id == claim_id for attempt in fresh.replays)
            if ours or self._look(fresh, task) is None:
                return fresh
            resolved = self.checks.resolved(fresh, task.options)
            return self.sender.claim(
                resolved, one.target, task.options, task.source, claim_id, one.payload, one.tenant
            )

        self.checks.with_outcomes(one.execution, task.options)
        try:
            execution = change(self.store, one.id, claim)
        except RefusedError as refused:
            result.skipped[one.id] = refused.reason
            return None
        attempt = next((a for a in execution.replays if a.claim_id == claim_id), None)
        if attempt is None:  # the same job, driven by another caller a moment earlier
            result.claimed.add(one.id)
            return None
        return _Claimed(execution, attempt, one.payload, window)

    def _record(self, answers: Sequence[tuple[_Claimed, Fact]]) -> None:
        """Write down what Lambda answered, together where that goes, else one by one. Raises, when all has
        been tried, what went wrong; the sweep settles what could not be written."""
        try:
            alone = self._record_together(answers)
        except Exception:  # tried again below, one by one
            alone = list(answers)
        faults: list[Exception] = []
        for claim, fact in alone:
            try:
                self.recorder.record(claim.execution.id, claim.attempt.number, fact)
            except Exception as fault:  # raised below
                faults.append(fault)
        if faults:
            raise ExceptionGroup(f"{len(faults)} answers of Lambda could not be written down", faults)
        for _, fact in answers:
            self.recorder.count(fact)

    def _record_together(self, answers: Sequence[tuple[_Claimed, Fact]]) -> list[tuple[_Claimed, Fact]]:
        """Returns those that are not finished: an outcome was faster, or it was not accepted."""
        links = {
            claim.execution.id: correlate.link_to(claim.execution, claim.attempt.number, run, closes)
            for claim, fact in answers
            if (run := fact.request_id) is not None and (closes := fact.window_closes_at) is not None
        }
        taken = self.store.link_many(links.values())
        certain = {name for name, link in links.items() if link.id not in taken}
        written = {
            claim.execution.id: claim.execution.learn(claim.attempt.number, fact).link(claim.attempt.number)
            for claim, fact in answers
            if claim.execution.id in certain
        }
        stale = self.store.advance(written.values())
        done = written.keys() - stale
        return [(claim, fact) for claim, fact in answers if claim.execution.id not in done]


def objection(execution: Execution, options: ReplayOptions) -> Reason | None:
    """What speaks against taking it along with many others, apart from what stands in the way of any
    replay."""
    if options.not_before is not None and execution.failed_at < options.not_before:
        return Reason.TOO_OLD
    return None if options.named else execution.only_by_id


def _is_replayed(entry: Stored | None, source: Source) -> bool:
    """Whether the source's job has replayed it."""
    if source.job is None or not isinstance(entry, Execution):
        return False
    return any(attempt.job == source.job for attempt in entry.replays)


def _not_sent(execution: Execution, attempt: Replay, now: datetime) -> Execution:
    """With the attempt, if it stands there, known not to have been sent."""
    found = execution.replay(attempt.number)
    if found is None or found.claim_id != attempt.claim_id:
        return execution
    fact = Fact(status=ReplayStatus.REJECTED, at=now, reason=Reason.NOT_SENT)
    return execution.learn(attempt.number, fact)


def _map[T, R](pool: Executor | None, do: Callable[[T], R], things: Iterable[T]) -> Iterable[R]:
    """In order; one after the other where there is no pool."""
    return map(do, things) if pool is None else pool.map(do, things)
