"""Automatic replays: every minute, those that are due are sent again, as fast as each function's policy lets
them and as long as its breaker is closed.

What is due is what was when the sweep began. Nothing is claimed or invoked when there is no time left for it,
and nothing goes to a function to which a replay may be on its way that the sweep could not settle: a run that
failed may be that one.

The plan is a fact of the execution (`Execution.retry_at`), made by triage of the policy then. Here it is held
against the policy of now; what may not go out yet is given a time when it may, so that the next sweeps meet
only that, and what may not go out at all is met no more.
"""

from collections import defaultdict
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import batched, islice
from threading import Lock

from lambda_replay.domain.executions.execution import Execution
from lambda_replay.domain.executions.replay import Trigger
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.executions.retry_rule import RetryRule
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.policies.circuit_breaker import Breaker, BreakerState
from lambda_replay.domain.policies.policy import Policy
from lambda_replay.domain.refusals import Reason
from lambda_replay.ports.common import Clock, StaleVersionError
from lambda_replay.ports.executions import EntryStore
from lambda_replay.ports.functions import Functions
from lambda_replay.ports.policies import PolicyStore
from lambda_replay.use_cases.executions.identify import probable_runs
from lambda_replay.use_cases.executions.update import change
from lambda_replay.use_cases.policies.breaker_check import TIME_TO_OUTCOME, automatic_counts, looked_at
from lambda_replay.use_cases.replays.replay_many import BulkReplayer
from lambda_replay.use_cases.replays.send import Source

AUTOMATIC = "lambda-replay:automatic"
# One step, and one sweep, look at so many executions at most: what a sweep reads is bounded, and so is what
# it has under way when its time is up.
STEP, MOST = 25, 10_000
# Why one was not replayed that may be replayed later, or has changed and is met again as it is then.
_PASSING = frozenset({Reason.REPLAY_IN_FLIGHT, Reason.CHANGED_CONCURRENTLY, Reason.EXECUTION_NOT_FOUND})


@dataclass(frozen=True, slots=True)
class AutomaticReplayer:
    store: EntryStore
    policies: PolicyStore
    policy_of: Callable[[str], Policy]
    """The one in effect, by the function's ARN without qualifier."""
    bulk: BulkReplayer
    functions: Functions
    now: Clock

    def steps(
        self,
        now: datetime,
        has_time: Callable[[], bool] = lambda: True,
        unresolved: Container[str] = (),
    ) -> Iterator[Callable[[], object]]:
        """What is due at `now`, in portions; each may raise, and the next sweep meets what it left undone.
        Functions named in `unresolved` are left alone."""
        lanes = _Lanes(now, has_time, unresolved)
        ids: Sequence[str] = ()
        for ids in batched(islice(self.store.retries(now), MOST), STEP, strict=False):
            lanes.awaited += 1
            yield partial(self._step, ids, lanes)
        if ids:
            yield lanes.ends

    def _step(self, ids: Sequence[str], lanes: "_Lanes") -> None:
        if not lanes.has_time():
            return
        try:
            self._look_after(ids, lanes)
        finally:
            lanes.ends()

    def _look_after(self, ids: Sequence[str], lanes: "_Lanes") -> None:
        found = self.store.get_many(ids)
        entries = [found.get(execution_id) for execution_id in ids]
        # The index may lag.
        ready = [one for one in entries if isinstance(one, Execution) and one.is_retry_due(lanes.now)]
        due: defaultdict[str, list[Execution]] = defaultdict(list)
        for execution in self._without_probable_runs(ready):
            due[execution.function.unqualified].append(execution)
        faults: list[Exception] = []
        for name, executions in due.items():
            if name in lanes.unresolved:
                continue
            try:
                lanes.by_function.setdefault(name, _Lane(self, name, lanes.has_time)).take(executions)
            except Exception as fault:  # raised below; one function holds up no other
                fault.add_note(f"function {name}")
                faults.append(fault)
        if faults:
            raise ExceptionGroup(f"automatic replays of {len(faults)} functions", faults)

    def _without_probable_runs(self, executions: Sequence[Execution]) -> list[Execution]:
        """A record may have come before its replay became uncertain; then it is marked here."""
        runs = probable_runs(self.store, executions)
        for execution_id, run in runs.items():
            change(self.store, execution_id, partial(replace, probable_run_of=run))
        return [execution for execution in executions if execution.id not in runs]


@dataclass(slots=True)
class _Lanes:
    """Those of one sweep, which began at `now`. `awaited` are the steps that have not ended, and the end of
    the list of them."""

    now: datetime
    has_time: Callable[[], bool]
    unresolved: Container[str]
    by_function: "dict[str, _Lane]" = field(default_factory=dict)
    awaited: int = 1
    _alone: Lock = field(default_factory=Lock)

    def ends(self) -> None:
        """One of them has; after the last, everything that is due has been seen."""
        with self._alone:
            self.awaited -= 1
            has_seen_all = not self.awaited
        if has_seen_all:
            for lane in self.by_function.values():
                lane.free_slots()


@dataclass(slots=True)
class _Lane:
    """The automatic replays of one function, in one sweep, which may take several steps at once: they decide
    one after the other what goes out, and send it side by side."""

    service: AutomaticReplayer
    function: str
    has_time: Callable[[], bool]
    _alone: Lock = field(default_factory=Lock)
    _policy: Policy | None = None
    _breaker: Breaker | None = None
    _time_to_outcome: timedelta = TIME_TO_OUTCOME
    _room: int = 0
    _sent: int = 0
    _is_anothers: bool = False
    """Another sweep is at this function."""

    def take(self, executions: Sequence[Execution]) -> None:
        """Send those that are due by the policy in effect, as far as breaker and rate let them out; put off
        the others."""
        now = self.service.now()
        ready: list[Execution] = []
        put_off: list[Execution] = []
        with self._alone:
            policy = self._policy = self._policy or self.service.policy_of(self.function)
            for execution in executions:
                planned = execution.planned(_rule(policy, execution, now))
                (ready if planned.is_retry_due(now) else put_off).append(planned)
            out = self._let_out(ready, policy.rate, now)
        left = self._send(out)
        with self._alone:
            self._take_back(left, now)
            put_off += self._held(ready[len(out) :], policy.rate, now)
        # Most of a large backlog is only this, and other steps need not wait for it.
        self.service.store.replan(put_off)

    def _let_out(self, ready: Sequence[Execution], rate: float, now: datetime) -> Sequence[Execution]:
        """Those that may go out now, written down as such."""
        if not ready or self._is_anothers or not self.has_time():
            return ()
        breaker = self._looked_at(ready[0].function, rate, now)
        if breaker is None:
            return ()
        out: Sequence[Execution] = ()
        if breaker.wants_trial(now):
            out, breaker = ready[:1], breaker.tries(ready[0].id, now)
        elif breaker.state is BreakerState.CLOSED and self._room:
            out = ready[: self._room]
            breaker = breaker.lets_out(len(out), now)
        # Anyone who saves it sends; first, so that a crash in between sends too little rather than too much.
        if not self._save(breaker):
            return ()
        self._room -= len(out)
        self._sent += len(out)
        return out

    def _held(self, over: Sequence[Execution], rate: float, now: datetime) -> list[Execution]:
        """With the times when they may go out, which others could not."""
        if self._breaker is None or not over or self._is_anothers or not self.has_time():
            return []
        start = self._breaker.holds_until(now, time_to_outcome=self._time_to_outcome)
        breaker, slots = self._breaker.books(len(over), rate, start)
        if not self._save(breaker):
            return []
        return [replace(one, postponed_to=slot) for one, slot in zip(over, slots, strict=True)]

    def _send(self, out: Sequence[Execution]) -> set[str]:
        """Returns the ids of those that were not sent, for want of time or because they were refused."""
        by_order: defaultdict[ReplayOptions, list[Execution]] = defaultdict(list)
        for execution in out:
            rule = execution.failure.retry
            options = (
                ReplayOptions()
                if rule is None
                else ReplayOptions(qualifier=rule.qualifier, tenant=rule.tenant)
            )
            by_order[options].append(execution)
        left: set[str] = set()
        for options, some in by_order.items():
            source = Source(by=AUTOMATIC, trigger=Trigger.AUTOMATIC)
            issued = self.service.bulk.issue(
                [one.id for one in some], options, source, has_time=self.has_time
            )
            hopeless = {name for name, why in issued.skipped.items() if why not in _PASSING}
            self.service.store.replan([one.planned(None) for one in some if one.id in hopeless])
            left |= issued.left | issued.skipped.keys()
        return left

    def _take_back(self, left: set[str], now: datetime) -> None:
        """What was let out and not sent."""
        if self._breaker is None or not left or self._is_anothers:
            return
        if self._breaker.trial in left:
            self._save(self._breaker.untried(now))
        elif self._save(self._breaker.not_sent(len(left))):
            self._room += len(left)
            self._sent -= len(left)

    def _looked_at(self, function: FunctionArn, rate: float, now: datetime) -> Breaker | None:
        """The function's breaker after what is known now; None when another sweep is at it."""
        if self._breaker is not None:
            return self._breaker
        stored = self.service.policies.breaker(self.function)
        facts = self.service.functions.facts(function)
        if facts is not None:
            self._time_to_outcome = facts.failure_time
        counts = automatic_counts(self.service.store, self.function)
        breaker = looked_at(self.service.store, stored, counts, now, time_to_outcome=self._time_to_outcome)
        self._room = breaker.allowance(rate, now)
        self._breaker = stored
        return self._breaker if self._save(breaker) else None

    def _save(self, breaker: Breaker) -> bool:
        """False when another sweep was faster: the function is left to it."""
        if breaker is self._breaker:
            return True
        try:
            self.service.policies.save_breaker(breaker)
        except StaleVersionError:
            self._is_anothers = True
            return False
        self._breaker = replace(breaker, version=breaker.version + 1)
        return True

    def free_slots(self) -> None:
        """Where slots are taken, and hardly anybody came: others have seen to those who had them."""
        breaker = self._breaker
        if breaker is None or self._is_anothers or breaker.state is not BreakerState.CLOSED:
            return
        if self._sent < self._room:
            self._save(breaker.unbooked())


def _rule(policy: Policy, execution: Execution, now: datetime) -> RetryRule | None:
    """What the policy says now; None also when it has become too old since then."""
    rule = policy.rule_for(execution.failure)
    return None if rule is None or now > execution.failed_at + rule.oldest else rule
