"""A function's breaker, held against what has become known."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from lambda_replay.domain.arn import name_of
from lambda_replay.domain.breaker import Breaker, Totals
from lambda_replay.domain.execution import Execution
from lambda_replay.domain.reasons import Reason
from lambda_replay.domain.replay import ReplayStatus, Trigger
from lambda_replay.domain.score import automatic_scope
from lambda_replay.ports import EntryStore

# How long a replay takes to fail for good, where the function can't be asked: three runs of three minutes,
# and Lambda's waits between them.
SETTLES_IN = timedelta(minutes=15)


def automatic_counts(store: EntryStore, function: str) -> dict[str, int]:
    """What came of the function's automatic replays; `function` is its ARN without qualifier. Those that an
    earlier version counted by the name alone are in it."""
    counts: Counter[str] = Counter()
    for scope in {function, name_of(function)}:
        counts.update(store.counts(automatic_scope(scope)))
    return dict(counts)


def looked_at(
    store: EntryStore,
    breaker: Breaker,
    counts: Mapping[str, int],
    now: datetime,
    *,
    settles_in: timedelta = SETTLES_IN,
) -> Breaker:
    """As it is after that, not saved; the same object when nothing changes it. `counts` are those of the
    function's automatic replays."""
    totals = Totals.of(counts)
    trial = None if breaker.trial is None else _trial(store, breaker, breaker.trial)
    judged = breaker.judge(trial, totals, now, settles_in=settles_in)
    return judged.look(totals, now, settles_in=settles_in)


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
