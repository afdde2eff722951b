"""Every minute: what nobody will report any more is decided here."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice

from lambda_replay.domain.execution import Decision, Execution, Verb
from lambda_replay.domain.reasons import Refused
from lambda_replay.domain.replay import Fact, Replay, ReplayStatus
from lambda_replay.ports import Clock, Count, Counter, EntryStore, GroupStore, UnreadableItem
from lambda_replay.use_cases import linking
from lambda_replay.use_cases.alerting import Alerting
from lambda_replay.use_cases.changing import change, load
from lambda_replay.use_cases.counting import Counting

SWEEPER = "lambda-replay:sweep"
Steps = Callable[[datetime], Iterator[Callable[[], object]]]
"""What is due by then, step by step; each can be repeated."""

_FAULTS_TOLD = 5
_MOST_TALLIES = 200


@dataclass(frozen=True, slots=True)
class Sweep:
    """Counts what a triage that died left uncounted, sends alerts, ends claims whose lease ran out, closes
    outcome windows, wakes executions ignored until now.

    Each step is repeatable, and one that dies is met again by the next sweep.
    """

    store: EntryStore
    groups: GroupStore
    counting: Counting
    alerting: Alerting
    count: Counter
    now: Clock
    recovered: Callable[[Execution], None]
    """Told of each execution of which an outcome may have been found."""
    first: tuple[Steps, ...] = ()
    """What else is looked after before the executions, which may be many: jobs, groups that recovered."""
    last: tuple[Steps, ...] = ()
    """And what after them: automatic replays."""
    width: int = 1
    """So many executions, and automatic replays, at once."""

    def run(self, has_time: Callable[[], bool]) -> int:
        """Handle what is due, until nothing is or `has_time` says stop; returns how many were handled.

        One thing that can't be handled holds nobody up: what went wrong is raised at the end, together.
        """
        handled = 0
        faults: list[Exception] = []
        # Alerts come after the counting, which may bring some.
        # Tallies count into the same few groups, and would get into each other's way.
        alone = [(source, 1) for source in (self._tallies, self._alerts, *self.first)]
        together = [(source, self.width) for source in (self._executions, *self.last)]
        with ThreadPoolExecutor(self.width) as pool:
            for source, width in (*alone, *together):
                steps = _Source(source(self.now()))
                while has_time() and (some := steps.take(width)):
                    tried = map(_try, some) if width == 1 else pool.map(_try, some)
                    failed = [fault for fault in tried if fault is not None]
                    handled += len(some) - len(failed)
                    faults += failed
                faults += steps.faults
        if faults:
            raise ExceptionGroup(f"{len(faults)} things could not be swept", faults[:_FAULTS_TOLD])
        return handled

    def _tallies(self, now: datetime) -> Iterator[Callable[[], object]]:
        for tally in islice(self.groups.left(now), _MOST_TALLIES):
            yield partial(self.counting.recount, tally)

    def _alerts(self, _: datetime) -> Iterator[Callable[[], object]]:
        if any(True for _ in self.groups.alerting(limit=1)):
            yield self.alerting.run

    def _executions(self, now: datetime) -> Iterator[Callable[[], object]]:
        for execution_id in self.store.due(now):
            yield partial(self._visit, execution_id)

    def _visit(self, execution_id: str) -> None:
        try:
            self._settle_all(execution_id)
        except Exception as fault:
            fault.add_note(f"execution {execution_id}")
            raise

    def _settle_all(self, execution_id: str) -> None:
        with suppress(Refused):  # it has expired since the index was read
            execution = load(self.store, execution_id)
            now = self.now()
            for attempt in execution.replays:
                if attempt.due_at is not None and attempt.due_at <= now:
                    self._settle(execution, attempt, now)
            change(self.store, execution_id, lambda fresh: _wake(fresh, now))

    def _settle(self, execution: Execution, attempt: Replay, now: datetime) -> None:
        if attempt.status is ReplayStatus.CLAIMED:
            self._learn(execution, attempt, Fact(status=ReplayStatus.UNCERTAIN, at=now))
        elif attempt.linked:
            self._learn(execution, attempt, Fact(status=ReplayStatus.UNCONFIRMED, at=now))
        else:
            self._link(execution, attempt)

    def _link(self, execution: Execution, attempt: Replay) -> None:
        # The process that had Lambda's answer may have died before the link was written.
        if attempt.request_id is not None and attempt.window_closes_at is not None:
            closes = attempt.window_closes_at
            linking.establish(
                self.store, linking.link_to(execution, attempt.number, attempt.request_id, closes)
            )
        self.recovered(change(self.store, execution.id, lambda fresh: fresh.link(attempt.number)))

    def _learn(self, execution: Execution, attempt: Replay, fact: Fact) -> None:
        changed = change(self.store, execution.id, lambda fresh: fresh.learn(attempt.number, fact))
        # Somebody may have brought a better fact since the execution was read.
        if changed.replays[attempt.number - 1].status is fact.status:
            self.count(_COUNTS[fact.status])


class _Source:
    """Steps, as far as they can be found: whatever finds the next one may fail as well."""

    def __init__(self, steps: Iterator[Callable[[], object]]) -> None:
        self._steps = steps
        self.faults: list[Exception] = []

    def take(self, most: int) -> list[Callable[[], object]]:
        taken: list[Callable[[], object]] = []
        try:
            taken.extend(islice(self._steps, most))
        except Exception as fault:  # it ends this source alone; raised by the sweep
            self.faults.append(fault)
        return taken


def _try(step: Callable[[], object]) -> Exception | None:
    try:
        step()
    except UnreadableItem:  # reported where it was read; nothing can be done about it here
        return None
    except Exception as fault:  # raised by the sweep
        return fault
    return None


_COUNTS = {
    ReplayStatus.UNCERTAIN: Count.REPLAY_UNCERTAIN,
    ReplayStatus.UNCONFIRMED: Count.REPLAY_UNCONFIRMED,
}


def _wake(execution: Execution, now: datetime) -> Execution:
    ignored = execution.ignored
    if ignored is None or ignored.until is None or ignored.until > now:
        return execution
    return execution.decide(
        Decision(verb=Verb.REOPENED, at=now, by=SWEEPER, reason="its time of being ignored is over")
    )
