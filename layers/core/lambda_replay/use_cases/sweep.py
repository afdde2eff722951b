"""Every minute: what no record will report any more is decided here."""

from collections import deque
from collections.abc import Callable, Container, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from lambda_replay.domain.executions.execution import Decision, Execution, Verb
from lambda_replay.domain.executions.id_slot import Unreadable
from lambda_replay.domain.executions.replay import Fact, Replay, ReplayStatus
from lambda_replay.domain.refusals import Reason, RefusedError
from lambda_replay.ports.alerts import Count, Counter
from lambda_replay.ports.common import Clock, UnreadableItemError
from lambda_replay.ports.executions import EntryStore
from lambda_replay.ports.groups import GroupStore
from lambda_replay.use_cases.executions import correlate
from lambda_replay.use_cases.executions.update import change, load
from lambda_replay.use_cases.groups.alerting import GroupAlerts
from lambda_replay.use_cases.groups.count import GroupCounter
from lambda_replay.use_cases.replays.durable import DurableReplays

SWEEPER = "lambda-replay:sweep"
Step = Callable[[], object]
HasTime = Callable[[], bool]
Steps = Callable[[datetime], Iterator[Step]]
"""What is due by then, step by step; each can be repeated."""
Sending = Callable[[datetime, HasTime, Container[str]], Iterator[Step]]
"""As `Steps`, of automatic replays: nothing is claimed or invoked without time, and nothing is sent to the
functions named, of which something is unresolved."""

_MAX_FAULTS_LOGGED = 5
_MAX_COUNT_BATCHES = 200
# How long one kind of thing is looked after while others wait.
_TURN = timedelta(seconds=2)
# How long a sweep sends durable replays again, of which there may be many while Lambda does not answer.
_REPEATING = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Sweep:
    """Counts what a triage that died left uncounted, sends alerts, ends claims whose lease ran out, closes
    outcome windows, wakes executions ignored until now, replays automatically.

    Each step is repeatable, and one that dies is met again by the next sweep.
    """

    store: EntryStore
    groups: GroupStore
    counting: GroupCounter
    alerting: GroupAlerts
    count: Counter
    now: Clock
    outcome_window: timedelta
    """How long a run may take to report, at most."""
    recovered: Callable[[Execution], None]
    """Called with each execution of which an outcome may have been found."""
    durable: DurableReplays
    first: tuple[Steps, ...] = ()
    """What else is looked after before the executions, which may be many: jobs, groups that recovered."""
    automatic: Sending | None = None
    width: int = 1
    """So many executions, and automatic replays, at once."""

    def run(self, has_time: HasTime, *, may_send: HasTime | None = None) -> int:
        """Handle what is due, until nothing is or `has_time` says stop; returns how many were handled. What
        is sent needs more time: `may_send` says whether there is that much.

        First come replays that await their link, all of them: a run that failed may be theirs, and would be
        replayed as an execution of its own. Everything else takes turns, so that nothing waits for the end of
        what may be many.

        One thing that can't be handled delays no other: what went wrong is raised at the end, together.
        """
        now, unresolved = self.now(), UnresolvedFunctions()
        has_time_to_send = may_send or has_time

        def may_repeat() -> bool:
            return has_time_to_send() and self.now() - now < _REPEATING

        leases = _Source(self._leases(now, unresolved, may_repeat), self.width)
        # Alerts come after the counting, which may bring some.
        # Count batches count into the same few groups, and would get into each other's way.
        others = [_Source(steps(now), 1) for steps in (self._count_batches, self._alerts, *self.first)]
        others.append(_Source(self._executions(now, may_repeat), self.width))
        if self.automatic is not None:
            others.append(_Source(self.automatic(now, has_time_to_send, unresolved), self.width))
        with ThreadPoolExecutor(self.width) as pool:
            while has_time() and leases.work(pool):
                pass
            unresolved.all |= not leases.is_done or leases.is_broken
            self._in_turns(others, pool, has_time)
        sources = [leases, *others]
        faults = [fault for source in sources for fault in source.faults]
        if faults:
            raise ExceptionGroup(f"{len(faults)} things could not be swept", faults[:_MAX_FAULTS_LOGGED])
        return sum(source.handled for source in sources)

    def _in_turns(self, sources: list["_Source"], pool: ThreadPoolExecutor, has_time: HasTime) -> None:
        waiting = deque(sources)
        while waiting:
            source, until = waiting.popleft(), self.now() + _TURN
            while has_time() and source.work(pool):
                if self.now() >= until:
                    waiting.append(source)
                    break

    def _count_batches(self, now: datetime) -> Iterator[Step]:
        for count_batch in islice(self.groups.left(now), _MAX_COUNT_BATCHES):
            yield partial(self.counting.recount, count_batch)

    def _alerts(self, _: datetime) -> Iterator[Step]:
        if any(True for _ in self.groups.alerting(limit=1)):
            yield self.alerting.run

    def _leases(
        self, now: datetime, unresolved: "UnresolvedFunctions", may_repeat: HasTime
    ) -> Iterator[Step]:
        for execution_id in self.store.leases(now):
            yield partial(self._resolve_lease, execution_id, now, unresolved, may_repeat)

    def _resolve_lease(
        self, execution_id: str, now: datetime, unresolved: "UnresolvedFunctions", may_repeat: HasTime
    ) -> None:
        try:
            self._visit(execution_id, now, may_repeat)
        except Exception:  # raised by the sweep
            unresolved.add(self.store, execution_id)
            raise
        if not may_repeat():
            unresolved.add(self.store, execution_id)

    def _executions(self, now: datetime, may_repeat: HasTime) -> Iterator[Step]:
        for execution_id in self.store.due(now):
            yield partial(self._visit, execution_id, now, may_repeat)

    def _visit(self, execution_id: str, now: datetime, may_repeat: HasTime) -> None:
        try:
            self._resolve_all(execution_id, now, may_repeat)
        except Exception as fault:
            fault.add_note(f"execution {execution_id}")
            raise

    def _resolve_all(self, execution_id: str, now: datetime, may_repeat: HasTime) -> None:
        with _expired():
            execution = load(self.store, execution_id)
            for attempt in execution.replays:
                if attempt.due_at is not None and attempt.due_at <= now:
                    self._resolve(execution, attempt, now, may_repeat)
            change(self.store, execution_id, lambda fresh: _wake(fresh, now))

    def _resolve(self, execution: Execution, attempt: Replay, now: datetime, may_repeat: HasTime) -> None:
        if attempt.status is ReplayStatus.CLAIMED:
            if attempt.is_repeatable(now) and not may_repeat():
                return  # the next sweep meets it
            if self.durable.repeat(execution, attempt):
                return
            closes = attempt.lease_expires_at + self.outcome_window
            fact = Fact(status=ReplayStatus.UNCERTAIN, at=now, window_closes_at=closes)
            self._counted(correlate.record(self.store, execution.id, attempt.number, fact), attempt, fact)
        elif attempt.linked:
            if attempt.look_at is not None and self.durable.look(execution, attempt, now):
                return
            self._learn(execution, attempt, Fact(status=ReplayStatus.UNCONFIRMED, at=now))
        else:
            self._link(execution, attempt)

    def _link(self, execution: Execution, attempt: Replay) -> None:
        # The process that had Lambda's answer may have died before the link was written.
        if attempt.request_id is not None and attempt.window_closes_at is not None:
            closes = attempt.window_closes_at
            correlate.establish(
                self.store, correlate.link_to(execution, attempt.number, attempt.request_id, closes)
            )
        self.recovered(change(self.store, execution.id, lambda fresh: fresh.link(attempt.number)))

    def _learn(self, execution: Execution, attempt: Replay, fact: Fact) -> None:
        changed = change(self.store, execution.id, lambda fresh: fresh.learn(attempt.number, fact))
        self._counted(changed, attempt, fact)

    def _counted(self, changed: Execution, attempt: Replay, fact: Fact) -> None:
        # Another writer may have brought a better fact since the execution was read.
        if changed.replays[attempt.number - 1].status is fact.status:
            self.count(_COUNTS[fact.status])


@dataclass(slots=True)
class UnresolvedFunctions:
    """Functions, by their ARNs without qualifier, to which a replay may be on its way that a sweep could not
    look at. `all`: it is not known which these are."""

    names: set[str] = field(default_factory=set)
    all: bool = False

    def __contains__(self, name: object) -> bool:
        return self.all or name in self.names

    def add(self, store: EntryStore, execution_id: str) -> None:
        """Those of this execution."""
        try:
            execution = store.get(execution_id)
        except Exception:  # whatever it is: where its replay went is not known
            self.all = True
            return
        if isinstance(execution, Unreadable):
            self.all = True
        if isinstance(execution, Execution):
            self.names |= {attempt.target.unqualified for attempt in execution.replays if attempt.in_flight}


@dataclass(slots=True)
class _Source:
    """Steps of one kind, `width` at a time, as far as they can be found: what finds the next one may fail as
    well, which ends this source alone (`is_broken`)."""

    steps: Iterator[Step]
    width: int
    is_done: bool = False
    is_broken: bool = False
    handled: int = 0
    faults: list[Exception] = field(default_factory=list)

    def work(self, pool: ThreadPoolExecutor) -> bool:
        """Take the next steps; whether there may be more. What goes wrong is kept in `faults`."""
        some: list[Step] = []
        try:
            some.extend(islice(self.steps, self.width))
            self.is_done = len(some) < self.width
        except Exception as fault:  # raised by the sweep
            self.faults.append(fault)
            self.is_done = self.is_broken = True
        tried = map(_try, some) if self.width == 1 else pool.map(_try, some)
        failed = [fault for fault in tried if fault is not None]
        self.handled += len(some) - len(failed)
        self.faults += failed
        return not self.is_done


def _try(step: Step) -> Exception | None:
    try:
        step()
    except UnreadableItemError:  # reported where it was read; nothing can be done about it here
        return None
    except Exception as fault:  # raised by the sweep
        return fault
    return None


_COUNTS = {
    ReplayStatus.UNCERTAIN: Count.REPLAY_UNCERTAIN,
    ReplayStatus.UNCONFIRMED: Count.REPLAY_UNCONFIRMED,
}


@contextmanager
def _expired() -> Iterator[None]:
    """An execution may have expired since the index was read. Raises `UnreadableItemError` for one that can't
    be read: nothing is decided about it, and no other waits for it."""
    try:
        yield
    except RefusedError as refused:
        if refused.reason is Reason.UNREADABLE:
            raise UnreadableItemError(str(refused)) from refused
        if refused.reason is not Reason.EXECUTION_NOT_FOUND:
            raise


def _wake(execution: Execution, now: datetime) -> Execution:
    ignored = execution.ignored
    if ignored is None or ignored.until is None or ignored.until > now:
        return execution
    return execution.decide(
        Decision(verb=Verb.REOPENED, at=now, by=SWEEPER, reason="its time of being ignored is over")
    )
