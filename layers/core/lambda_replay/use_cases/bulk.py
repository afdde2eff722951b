"""Sending many executions' payloads again: as one replay does (`use_cases.sending`), with the writes in
batches and the Invokes side by side.

Each execution is claimed, invoked and written down by itself; what happens to one concerns no other. The link
is written before the acceptance, so that an accepted replay needs no second look of the sweep.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import batched

from lambda_replay.domain.arn import FunctionArn
from lambda_replay.domain.entry import Stored, Unreadable
from lambda_replay.domain.execution import Execution
from lambda_replay.domain.order import Order
from lambda_replay.domain.reasons import Reason, Refused
from lambda_replay.domain.replay import Fact, Replay, ReplayStatus, Trigger
from lambda_replay.ports import EntryStore, RecordStore
from lambda_replay.use_cases import linking
from lambda_replay.use_cases.changing import change
from lambda_replay.use_cases.sending import COUNTS, Sender, Source, target_of

# So many are claimed in one request, and hang in the air if this process dies.
_CLAIMED_AT_ONCE = 25
# While one batch waits for the table, others invoke.
_BATCHES_AT_ONCE = 4


@dataclass(slots=True)
class Issued:
    """The first `consumed` ids were dealt with: `claimed` have a replay of this source now, whatever became
    of it; `skipped` have none, and why. `targets` are where the replays went."""

    consumed: int = 0
    claimed: set[str] = field(default_factory=set)
    skipped: dict[str, Reason] = field(default_factory=dict)
    targets: set[FunctionArn] = field(default_factory=set)

    def add(self, other: "Issued") -> None:
        self.claimed |= other.claimed
        self.skipped |= other.skipped
        self.targets |= other.targets


@dataclass(frozen=True, slots=True)
class _Ready:
    """An execution that may be replayed, as it was read."""

    execution: Execution
    target: FunctionArn
    payload: bytes = b""

    @property
    def id(self) -> str:
        return self.execution.id


@dataclass(frozen=True, slots=True)
class _Claimed:
    execution: Execution
    attempt: Replay
    payload: bytes


@dataclass(frozen=True, slots=True)
class BulkReplayer:
    """At most `width` Invokes at once."""

    store: EntryStore
    records: RecordStore
    sender: Sender
    width: int = 16

    def issue(
        self,
        ids: Sequence[str],
        order: Order,
        source: Source,
        *,
        most: int | None = None,
        has_time: Callable[[], bool] = lambda: True,
    ) -> Issued:
        """Replay these, from the first on, until all are dealt with, `most` are replayed or time is up.

        What already has a replay of the source's job is not replayed again. Raises what the table raised when
        it could not be asked; claims that were written then are settled by the sweep.
        """
        result = Issued()
        ready = self._choose(ids, order, source, most, result)
        batches = list(batched(ready, _CLAIMED_AT_ONCE, strict=False))
        with ThreadPoolExecutor(self.width) as invoking, ThreadPoolExecutor(_BATCHES_AT_ONCE) as sending:
            send = partial(self._send, order=order, source=source, invoking=invoking)
            for together in batched(batches, _BATCHES_AT_ONCE, strict=False):
                if not has_time():
                    result.consumed = ids.index(together[0][0].id)
                    break
                for done in _map(sending, send, together, width=self.width):
                    result.add(done)
        dealt_with = set(ids[: result.consumed])
        result.claimed &= dealt_with
        result.skipped = {name: why for name, why in result.skipped.items() if name in dealt_with}
        return result

    def _choose(
        self, ids: Sequence[str], order: Order, source: Source, most: int | None, result: Issued
    ) -> list[_Ready]:
        known = self.store.get_many(ids)
        ready: list[_Ready] = []
        for execution_id in ids:
            if most is not None and len(result.claimed) + len(ready) >= most:
                break
            result.consumed += 1
            try:
                found = self._look(known.get(execution_id), order, source)
            except Refused as refused:
                result.skipped[execution_id] = refused.reason
                continue
            if found is None:
                result.claimed.add(execution_id)
            else:
                ready.append(found)
        return ready

    def _look(self, entry: Stored | None, order: Order, source: Source) -> _Ready | None:
        """None for what this job has replayed. Raises `Refused` for what it may not replay."""
        if isinstance(entry, Unreadable):
            raise Refused(Reason.UNREADABLE)
        if not isinstance(entry, Execution):
            raise Refused(Reason.EXECUTION_NOT_FOUND)
        if source.job is not None and any(attempt.job == source.job for attempt in entry.replays):
            return None
        # Another sweep may have sent it meanwhile, and it have failed: it is to wait again.
        if source.trigger is Trigger.AUTOMATIC and not entry.is_retry_due(self.sender.now()):
            raise Refused(Reason.CHANGED_MEANWHILE)
        target = target_of(entry, order)
        reason = objection(entry, order) or self.sender.refusal(entry, target, order.mode)
        if reason is not None:
            raise Refused(reason)
        return _Ready(entry, target)

    def _send(
        self, some: Sequence[_Ready], *, order: Order, source: Source, invoking: ThreadPoolExecutor
    ) -> Issued:
        result = Issued()
        loads = self.records.payloads([one.id for one in some])
        ready: list[_Ready] = []
        for one in some:
            try:
                payload = self.sender.payload(one.execution, loads.get(one.id, _nothing)(), order)
            except Refused as refused:
                result.skipped[one.id] = refused.reason
            else:
                ready.append(replace(one, payload=payload))
        for target in {one.target.unqualified: one.target for one in ready}.values():
            self.sender.announce(target)
        claims = self._claim(ready, order, source, result)
        facts = _map(
            invoking,
            lambda claim: self.sender.invoke(claim.attempt.target, claim.payload),
            claims,
            width=self.width,
        )
        self._record(claims, list(facts))
        result.claimed |= {claim.execution.id for claim in claims}
        result.targets |= {claim.attempt.target for claim in claims}
        return result

    def _claim(self, ready: Sequence[_Ready], order: Order, source: Source, result: Issued) -> list[_Claimed]:
        claims: dict[str, _Claimed] = {}
        for one in ready:
            try:
                execution = self.sender.claim(one.execution, one.target, order, source, self.sender.new_id())
            except Refused as refused:
                result.skipped[one.id] = refused.reason
            else:
                claims[one.id] = _Claimed(execution, execution.replays[-1], one.payload)
        try:
            lost = self.store.advance([claim.execution for claim in claims.values()])
        except Exception:  # whatever it is, some claims may be written, and none was sent
            self._take_back(claims)
            raise
        kept = {
            name: replace(claim, execution=_stored(claim.execution))
            for name, claim in claims.items()
            if name not in lost
        }
        for one in ready:
            if one.id in lost:
                again = self._claim_alone(one, claims[one.id].attempt.claim_id, order, source, result)
                kept |= {one.id: again} if again is not None else {}
        return list(kept.values())

    def _take_back(self, claims: Mapping[str, _Claimed]) -> None:
        """Nobody knows which of these were written; none was sent, and those that were written can say so."""
        fact = Fact(status=ReplayStatus.REJECTED, at=self.sender.now(), reason=Reason.NOT_SENT)
        for name, execution in self.store.get_many(claims).items():
            if isinstance(execution, Execution) and claims[name].attempt in execution.replays:
                self._record_alone(claims[name], fact)

    def _claim_alone(
        self, one: _Ready, claim_id: str, order: Order, source: Source, result: Issued
    ) -> _Claimed | None:
        """After somebody else changed it: look again, and decide anew."""

        def claim(fresh: Execution) -> Execution:
            ours = any(attempt.claim_id == claim_id for attempt in fresh.replays)
            if ours or self._look(fresh, order, source) is None:
                return fresh
            return self.sender.claim(fresh, one.target, order, source, claim_id)

        try:
            execution = change(self.store, one.id, claim)
        except Refused as refused:
            result.skipped[one.id] = refused.reason
            return None
        attempt = next((a for a in execution.replays if a.claim_id == claim_id), None)
        if attempt is None:  # the same job, driven by somebody else a moment earlier
            result.claimed.add(one.id)
            return None
        return _Claimed(execution, attempt, one.payload)

    def _record(self, claims: Sequence[_Claimed], facts: Sequence[Fact]) -> None:
        """Write down what Lambda answered, together where that goes, else one by one. Raises, when all has
        been tried, what went wrong; the sweep settles what could not be written."""
        answers = list(zip(claims, facts, strict=True))
        try:
            alone = self._record_together(answers)
        except Exception:  # tried again below, one by one
            alone = answers
        faults: list[Exception] = []
        for claim, fact in alone:
            try:
                self._record_alone(claim, fact)
            except Exception as fault:  # raised below
                faults.append(fault)
        if faults:
            raise ExceptionGroup(f"{len(faults)} answers of Lambda could not be written down", faults)
        for fact in facts:
            self.sender.count(COUNTS[fact.status])

    def _record_together(self, answers: Sequence[tuple[_Claimed, Fact]]) -> list[tuple[_Claimed, Fact]]:
        """Returns those that somebody has to look at: an outcome was faster, or it was not accepted."""
        links = {
            claim.execution.id: linking.link_to(claim.execution, claim.attempt.number, run, closes)
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

    def _record_alone(self, claim: _Claimed, fact: Fact) -> None:
        recorded = linking.record(self.store, claim.execution.id, claim.attempt.number, fact)
        self.sender.recovered(recorded)


def objection(execution: Execution, order: Order) -> Reason | None:
    """What speaks against taking it along with many others, apart from what stands in the way of any
    replay."""
    if order.not_before is not None and execution.failed_at < order.not_before:
        return Reason.TOO_OLD
    return Reason.POISONED if execution.poisoned and not order.named else None


def _stored(execution: Execution) -> Execution:
    """As it is after it was written."""
    return replace(execution, version=execution.version + 1)


def _nothing() -> None:
    return None


def _map[T, R](
    pool: ThreadPoolExecutor, do: Callable[[T], R], things: Iterable[T], *, width: int
) -> Iterable[R]:
    """In order, one after the other where `width` is 1: then a test can tell what happens when."""
    return map(do, things) if width == 1 else pool.map(do, things)
