"""Stops a function's automatic replays while they keep failing, tries now and then whether they still do, and
holds all of them to the policy's rate.

Outcomes are counted elsewhere (`domain.executions.outcome_counts`), as sums. The breaker remembers the sums
up to which it has judged, so it can be evaluated at any time, and by one process only: the sweep. The sweep
that saves it first may send; one at the same time finds another version and leaves the function alone.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from lambda_replay.domain.executions.outcome_counts import Outcome
from lambda_replay.domain.executions.replay import ReplayStatus
from lambda_replay.domain.refusals import Reason

# It opens when so many automatic replays failed and most did; what so many came to is enough to see that
# they don't.
_FAILURES, _JUDGED = 5, 20
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=1)
# How long after a trial began its replay may still be on its way to the table: longer than a sweep runs.
_UNDER_WAY = timedelta(minutes=2)
SWEEP_EVERY = timedelta(minutes=1)

_TRIAL_FAILED = frozenset({ReplayStatus.FAILED, ReplayStatus.REJECTED, ReplayStatus.UNCERTAIN})
_TRIAL_PASSED = frozenset({ReplayStatus.SUCCEEDED, ReplayStatus.UNCONFIRMED})
_FAILED = (Outcome.FAILED_SAME, Outcome.FAILED_NEW, Outcome.UNCERTAIN)
_PASSED = (Outcome.SUCCEEDED, Outcome.UNCONFIRMED)
_REJECTED = f"{Outcome.REJECTED}:"
# Nothing of the function's: the service's own table did not take the claim.
_NOT_ITS_FAULT = f"{_REJECTED}{Reason.NOT_SENT}"


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    TRIAL = "trial"


@dataclass(frozen=True, slots=True)
class Totals:
    """Automatic replays of one function so far: those that did not go through, and those that did, or of
    which no failure came back."""

    failed: int = 0
    passed: int = 0

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> Self:
        """`counts` are by the names of `domain.executions.outcome_counts`."""
        rejected = sum(n for name, n in counts.items() if name.startswith(_REJECTED))
        return cls(
            failed=sum(counts.get(name, 0) for name in _FAILED) + rejected - counts.get(_NOT_ITS_FAULT, 0),
            passed=sum(counts.get(name, 0) for name in _PASSED),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """`closed`: automatic replays go out; `open`: none until `retry_at`; `trial`: that of the execution
    `trial` is out, and its outcome decides. `since` and `reason` tell of the last change.

    `pauses` is how often in a row it has opened. `sent` are the replays that were let out since `judged_at`,
    the last of them at `sent_at`; up to `booked_to` the rate's slots are taken. `alert_pending`: the alert
    that it opened is still to be sent; there is one, also when it opens again after its trials.
    """

    function: str
    state: BreakerState = BreakerState.CLOSED
    since: datetime | None = None
    reason: str | None = None
    retry_at: datetime | None = None
    pauses: int = 0
    trial: str | None = None
    judged: Totals = Totals()
    judged_at: datetime | None = None
    sent: int = 0
    sent_at: datetime | None = None
    booked_to: datetime | None = None
    alert_pending: bool = False
    version: int = 0

    def look(self, totals: Totals, now: datetime, *, time_to_outcome: timedelta) -> "Breaker":
        """After what has become known, if it is closed; the same object when that changes nothing.

        `time_to_outcome` is how long a replay takes to fail for good. Most successes are not heard of for
        hours, so failures are held against what was sent, not only against what is known.
        """
        if self.state is not BreakerState.CLOSED:
            return self
        failed, passed = totals.failed - self.judged.failed, totals.passed - self.judged.passed
        tried = max(failed + passed, self.sent)
        most_failed = failed * 2 > tried
        if most_failed and failed >= _FAILURES:
            return self._open(f"{failed} of {tried} automatic replays failed", totals, now)
        is_over = self.judged_at is not None and now >= self.judged_at + time_to_outcome
        if tried and not most_failed and (is_over or failed + passed >= _JUDGED):
            return replace(self, judged=totals, judged_at=now, sent=0)
        return self

    def judge(
        self, trial: ReplayStatus | None, totals: Totals, now: datetime, *, time_to_outcome: timedelta
    ) -> "Breaker":
        """After how its trial fares; None: it has not been sent. A trial of which nothing is heard for
        `time_to_outcome` has passed."""
        if self.state is not BreakerState.TRIAL or self.since is None:
            return self
        age = now - self.since
        if trial is None:
            return self if age < _UNDER_WAY else self.untried(now)
        if trial in _TRIAL_FAILED:
            return self._open(f"the replay sent as a trial: {trial}", totals, now)
        if trial in _TRIAL_PASSED or age >= time_to_outcome:
            return self._close(totals, now)
        return self

    def tries(self, execution_id: str, now: datetime) -> "Breaker":
        """With this one about to be replayed to see how it goes."""
        return replace(
            self, state=BreakerState.TRIAL, since=now, retry_at=None, trial=execution_id, sent_at=now
        )

    def untried(self, now: datetime) -> "Breaker":
        """With its trial not sent after all: another one may be tried at once."""
        return replace(self, state=BreakerState.OPEN, since=now, retry_at=now, trial=None)

    def wants_trial(self, now: datetime) -> bool:
        """Whether it is open and its time for a trial has come."""
        return self.state is BreakerState.OPEN and self.retry_at is not None and now >= self.retry_at

    def allowance(self, rate: float, now: datetime) -> int:
        """How many the rate (per second) lets out now, after the last ones: at most a sweep's worth, or
        one."""
        most = max(1, math.floor(rate * SWEEP_EVERY.total_seconds()))
        if self.sent_at is None:
            return most
        return max(0, min(most, math.floor((now - self.sent_at).total_seconds() * rate)))

    def lets_out(self, number: int, now: datetime) -> "Breaker":
        """After `number` replays were sent at `now`."""
        return replace(self, sent=self.sent + number, sent_at=now, judged_at=self.judged_at or now)

    def not_sent(self, number: int) -> "Breaker":
        """With so many of those let out not sent after all: failures are held against fewer."""
        return replace(self, sent=max(0, self.sent - number))

    def holds_until(self, now: datetime, *, time_to_outcome: timedelta) -> datetime:
        """Until when it is no use to look at those that may not go out now."""
        match self.state, self.since, self.retry_at:
            case BreakerState.OPEN, _, datetime() as at:
                return max(at, now)
            case BreakerState.TRIAL, datetime() as at, _:
                return max(at + time_to_outcome, now)
            case _:
                return now

    def books(self, number: int, rate: float, start: datetime) -> tuple["Breaker", list[datetime]]:
        """With the rate's next free slots after `start` taken, and when these are."""
        first = start if self.booked_to is None else max(start, self.booked_to)
        # Whole milliseconds, as the table keeps times.
        slots = [first + timedelta(milliseconds=round(place * 1000 / rate)) for place in range(1, number + 1)]
        return (replace(self, booked_to=slots[-1]) if slots else self), slots

    def unbooked(self) -> "Breaker":
        """With all slots free: anyone who had them was seen to by another caller."""
        return self if self.booked_to is None else replace(self, booked_to=None)

    def _open(self, reason: str, totals: Totals, now: datetime) -> "Breaker":
        pause = min(_FIRST_PAUSE * 2**self.pauses, _LONGEST_PAUSE)
        return replace(
            self,
            state=BreakerState.OPEN,
            since=now,
            reason=reason,
            retry_at=now + pause,
            pauses=min(self.pauses + 1, 10),
            alert_pending=self.alert_pending or not self.pauses,
            trial=None,
            judged=totals,
            judged_at=now,
            sent=0,
        )

    def _close(self, totals: Totals, now: datetime) -> "Breaker":
        return replace(
            self,
            state=BreakerState.CLOSED,
            since=now,
            reason=None,
            retry_at=None,
            alert_pending=False,
            pauses=0,
            trial=None,
            judged=totals,
            judged_at=now,
            sent=0,
        )
