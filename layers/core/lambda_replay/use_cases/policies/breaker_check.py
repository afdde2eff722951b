"""A function's breaker, held against what has become known; and the alert when it opens.

The alert waits with the breaker until it has been sent, so none is lost; one may come twice when the process
dies between sending and noting it. One whose breaker has closed by then is not sent.
"""

import collections
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from lambda_replay.domain.executions.execution import Execution
from lambda_replay.domain.executions.outcome_counts import automatic_scope
from lambda_replay.domain.executions.replay import ReplayStatus, Trigger
from lambda_replay.domain.functions.function_arn import name_of
from lambda_replay.domain.policies.circuit_breaker import Breaker, Totals
from lambda_replay.domain.refusals import Reason
from lambda_replay.ports.alerts import Alerts, Count, Counter
from lambda_replay.ports.common import StaleVersionError
from lambda_replay.ports.executions import EntryStore
from lambda_replay.ports.policies import PolicyStore

# How long a replay takes to fail for good, where the function can't be asked: three runs of three minutes,
# and Lambda's waits between them.
TIME_TO_OUTCOME = timedelta(minutes=15)
_ROUNDS = 5


def automatic_counts(store: EntryStore, function: str) -> dict[str, int]:
    """What came of the function's automatic replays; `function` is its ARN without qualifier. Those that an
    earlier version counted by the name alone are in it."""
    counts: collections.Counter[str] = collections.Counter()
    for scope in {function, name_of(function)}:
        counts.update(store.counts(automatic_scope(scope)))
    return dict(counts)


def looked_at(
    store: EntryStore,
    breaker: Breaker,
    counts: Mapping[str, int],
    now: datetime,
    *,
    time_to_outcome: timedelta = TIME_TO_OUTCOME,
) -> Breaker:
    """As it is after that, not saved; the same object when nothing changes it. `counts` are those of the
    function's automatic replays."""
    totals = Totals.of(counts)
    trial = None if breaker.trial is None else _trial(store, breaker, breaker.trial)
    judged = breaker.judge(trial, totals, now, time_to_outcome=time_to_outcome)
    return judged.look(totals, now, time_to_outcome=time_to_outcome)


def _trial(store: EntryStore, breaker: Breaker, execution_id: str) -> ReplayStatus | None:
    """How the trial's replay fares; None where there is none."""
    execution = store.get(execution_id)
    if not isinstance(execution, Execution) or breaker.since is None:
        return None
    attempts = [
        attempt
        for attempt in execution.replays
        if attempt.trigger is Trigger.AUTOMATIC and attempt.claimed_at >= breaker.since
    ]
    was_sent = attempts and attempts[-1].rejection is not Reason.NOT_SENT
    return attempts[-1].status if was_sent else None


@dataclass(frozen=True, slots=True)
class BreakerAlerts:
    policies: PolicyStore
    alerts: Alerts
    count: Counter

    def steps(self, now: datetime) -> Iterator[Callable[[], object]]:
        """One for each breaker whose alert is still to be sent."""
        for function in self.policies.alerting(now):
            yield partial(self._send, function)

    def _send(self, function: str) -> None:
        breaker = self.policies.breaker(function)
        if not breaker.alert_pending:  # the index lags
            return
        self.alerts.send(*message(breaker))
        self.count(Count.ALERT_SENT)
        self._note(breaker)

    def _note(self, breaker: Breaker) -> None:
        """Note it, though another sweep may be at the breaker. Raises `StaleVersionError` after some lost
        rounds: the alert then comes once more."""
        for _ in range(_ROUNDS):
            try:
                self.policies.save_breaker(replace(breaker, alert_pending=False))
            except StaleVersionError:
                breaker = self.policies.breaker(breaker.function)
                if not breaker.alert_pending:
                    return
            else:
                return
        raise StaleVersionError(f"the breaker of {breaker.function} kept changing")


def message(breaker: Breaker) -> tuple[str, str]:
    """Subject and text: the function's name, the reason and times, no payload, no message text."""
    headline = f"Automatic replays of {name_of(breaker.function)} have stopped: {breaker.reason}"
    lines = [headline]
    if breaker.retry_at is not None:
        lines.append(f"  one is sent as a trial after {breaker.retry_at.astimezone(UTC):%Y-%m-%d %H:%M}Z")
    lines.append(f"  GET /functions/{name_of(breaker.function)}/policy")
    lines.append(f"  lambda-replay console --open functions/{name_of(breaker.function)}")
    return headline, "\n".join(lines)
