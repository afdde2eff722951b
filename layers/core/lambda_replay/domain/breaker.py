"""Stops a function's automatic replays while they keep failing, and tries now and then whether they still do.

Outcomes are counted elsewhere (`domain.score`), as sums that only grow. The breaker remembers the sums up to
which it has judged, so it can be looked at at any time, and by one process only: the sweep.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

# It opens when so many automatic replays failed and most did, and forgets after so many that it judged.
_FAILURES, _JUDGED = 5, 20
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=1)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """`closed`: automatic replays go out; `open`: none until `retry_at`; `trial`: one is out, and its outcome
    decides. `pauses` is how often in a row it has opened."""

    function: str
    state: BreakerState = BreakerState.CLOSED
    since: datetime | None = None
    reason: str | None = None
    retry_at: datetime | None = None
    pauses: int = 0
    judged: Totals = Totals()
    version: int = 0

    def look(self, totals: Totals, now: datetime, *, settles_in: timedelta) -> "Breaker":
        """After what has become known; the same object when that changes nothing. `settles_in` is how long a
        replay takes to fail for good: a trial of which nothing is heard until then has passed."""
        failed = totals.failed - self.judged.failed
        passed = totals.passed - self.judged.passed
        match self.state:
            case BreakerState.CLOSED:
                if failed >= _FAILURES and failed > passed:
                    return self._open(f"{failed} of {failed + passed} automatic replays failed", totals, now)
                return replace(self, judged=totals) if failed + passed >= _JUDGED else self
            case BreakerState.OPEN:
                return self
            case BreakerState.TRIAL:
                if failed > 0:
                    return self._open("the trial failed", totals, now)
                if passed > 0 or (self.since is not None and now >= self.since + settles_in):
                    return Breaker(function=self.function, since=now, judged=totals, version=self.version)
                return self

    def tries(self, totals: Totals, now: datetime) -> "Breaker":
        """With one replay about to be sent to see how it goes."""
        return replace(self, state=BreakerState.TRIAL, since=now, retry_at=None, judged=totals)

    def room(self, now: datetime) -> int | None:
        """How many automatic replays may go out now; None: any number."""
        if self.state is BreakerState.CLOSED:
            return None
        is_over = self.state is BreakerState.OPEN and self.retry_at is not None and now >= self.retry_at
        return 1 if is_over else 0

    def _open(self, reason: str, totals: Totals, now: datetime) -> "Breaker":
        pause = min(_FIRST_PAUSE * 2**self.pauses, _LONGEST_PAUSE)
        return replace(
            self,
            state=BreakerState.OPEN,
            since=now,
            reason=reason,
            retry_at=now + pause,
            pauses=min(self.pauses + 1, 10),
            judged=totals,
        )
