"""Alerts about records that contradict each other: one message for all that wait at a sweep, so that a flood
of forged records is no flood of messages.

An alert waits with its execution until it has been sent, so none is lost; one may come twice when the process
dies between sending and noting it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import islice

from lambda_replay.domain.executions.execution import Execution
from lambda_replay.ports.alerts import Alerts, Count, Counter
from lambda_replay.ports.executions import EntryStore
from lambda_replay.use_cases.executions.update import change

_MOST, _LISTED = 100, 20


@dataclass(frozen=True, slots=True)
class ContestAlerts:
    store: EntryStore
    alerts: Alerts
    count: Counter

    def steps(self, now: datetime) -> Iterator[Callable[[], object]]:
        """One, when anything waits."""
        ids = list(islice(self.store.alerts_due(now), _MOST))
        if ids:
            yield partial(self._send, ids)

    def _send(self, ids: Sequence[str]) -> None:
        found = self.store.get_many(ids)
        entries = [found.get(name) for name in ids]
        # The index may lag.
        waiting = [entry for entry in entries if isinstance(entry, Execution) and entry.alert_due]
        if not waiting:
            return
        self.alerts.send(*message(waiting))
        self.count(Count.ALERT_SENT)
        for execution in waiting:
            change(self.store, execution.id, _sent)


def _sent(execution: Execution) -> Execution:
    return replace(execution, alert_due=False) if execution.alert_due else execution


def message(executions: Sequence[Execution]) -> tuple[str, str]:
    """Subject and text: ids and functions, and nothing else of what the records say."""
    count = len(executions)
    subject = "A record contradicts another one" if count == 1 else f"{count} records contradict others"
    lines = [
        "Two records came under one request id, and differ in what no invocation changes, so one of them is "
        "forged. Both executions are replayed only when they are named by their ids: look at origin and "
        "payload first.",
        "",
    ]
    lines += [
        f"{one.id} ({one.function.name}, {one.origin}) differs from {contest.other} in "
        f"{' and '.join(contest.differs)}"
        for one in executions[:_LISTED]
        for contest in one.contests
    ]
    if count > _LISTED:
        lines.append(f"… and {count - _LISTED} more")
    first = executions[0].id
    lines += ["", f"lambda-replay show {first}", f"lambda-replay console --open executions/{first}"]
    return subject, "\n".join(lines)
