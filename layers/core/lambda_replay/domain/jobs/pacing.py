"""How fast a job goes on, and whether it does."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from lambda_replay.domain.executions.outcome_counts import Outcome
from lambda_replay.domain.jobs.job import Job

# No slice is larger: pausing and cancelling take effect between two of them.
MOST_AT_ONCE = 100
_SOONEST, _LATEST = timedelta(seconds=1), timedelta(minutes=1)
_RAMP = (1, 5, 20, 100, 500)
# Of sums of binary fractions.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Counts:
    """A job's numbers at one moment. `issued` were taken by Lambda, or may have been."""

    issued: int
    rejected: Mapping[str, int]
    succeeded: int
    failed_same: int
    failed_new: int
    unconfirmed: int
    uncertain: int

    @classmethod
    def of(cls, claimed: int, outcomes: Mapping[str, int]) -> "Counts":
        """`outcomes` are by the names of `domain.executions.outcome_counts`."""
        prefix = f"{Outcome.REJECTED}:"
        rejected = {
            name.removeprefix(prefix): n for name, n in outcomes.items() if name.startswith(prefix) and n
        }
        return cls(
            issued=claimed - sum(rejected.values()),
            rejected=rejected,
            succeeded=outcomes.get(Outcome.SUCCEEDED, 0),
            failed_same=outcomes.get(Outcome.FAILED_SAME, 0),
            failed_new=outcomes.get(Outcome.FAILED_NEW, 0),
            unconfirmed=outcomes.get(Outcome.UNCONFIRMED, 0),
            uncertain=outcomes.get(Outcome.UNCERTAIN, 0),
        )

    @property
    def failed_again(self) -> int:
        """How many failed again, with the same error or another."""
        return self.failed_same + self.failed_new

    @property
    def pending(self) -> int:
        """How many outcomes are still to come."""
        known = self.succeeded + self.failed_again + self.unconfirmed + self.uncertain
        return self.issued - known


@dataclass(frozen=True, slots=True)
class Issue:
    """Go on with at most so many replays."""

    most: int


@dataclass(frozen=True, slots=True)
class Wait:
    span: timedelta


@dataclass(frozen=True, slots=True)
class Clear:
    """The batch of the ramp that is out has shown what it can."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The guard says so."""

    why: str


@dataclass(frozen=True, slots=True)
class Finished:
    """Everything was issued, and every outcome is known."""


Step = Issue | Wait | Clear | Stop | Finished


def ramp_to(rate: float) -> tuple[int, ...]:
    """The usual batches, as far as they are smaller than a minute's worth of the rate."""
    return tuple(size for size in _RAMP if size < rate * 60) or (1,)


def next_step(job: Job, counts: Counts, now: datetime) -> Step:
    """What a running job without an open slice has to do now."""
    why = _objection(job, counts)
    if why is not None:
        return Stop(why)
    if job.is_issued:
        return Finished() if counts.pending <= 0 else Wait(_look_again(job, now))
    room = _room(job)
    if room is not None and room <= 0:
        quiet_at = (job.claimed_at or now) + (job.pace.patience or job.time_to_outcome)
        if counts.pending <= 0 or now >= quiet_at:
            return Clear()
        return Wait(min(_look_again(job, now), max(quiet_at - now, _SOONEST)))
    return _by_rate(job, MOST_AT_ONCE if room is None else min(room, MOST_AT_ONCE), now)


def _by_rate(job: Job, most: int, now: datetime) -> Step:
    usual, allowed = min(most, job.pace.at_once), job.allowance(now) + _ROUNDING
    if allowed >= usual:
        return Issue(min(most, math.floor(allowed)))
    # Rounded up: a wait that is a little too short would be followed by another.
    return Wait(timedelta(seconds=(usual - allowed) / job.pace.rate) + timedelta(milliseconds=1))


def _room(job: Job) -> int | None:
    """How many more replays the batch of the ramp takes; None when the ramp is over."""
    bounds = list(accumulate(job.pace.ramp))
    return bounds[job.cleared] - job.claimed if job.cleared < len(bounds) else None


def _look_again(job: Job, now: datetime) -> timedelta:
    """Soon after something was sent, ever more seldom later."""
    since = now - (job.claimed_at or now)
    return min(max(since / 4, _SOONEST), _LATEST)


def _objection(job: Job, counts: Counts) -> str | None:
    guard = job.pace.guard
    if guard is None:
        return None
    if guard.new_group and counts.failed_new:
        return f"{counts.failed_new} of {counts.issued} replays failed with another error than before"
    rejected = sum(counts.rejected.values())
    bad = counts.failed_again + counts.uncertain + rejected
    if bad >= guard.minimum and bad > guard.share * job.claimed:
        parts = [
            f"{counts.failed_again} of {counts.issued} replays failed again"
            f" ({counts.failed_same} with the same error, {counts.failed_new} with another)"
            if counts.failed_again
            else "",
            f"{rejected} were rejected ({', '.join(sorted(counts.rejected))})" if rejected else "",
            f"{counts.uncertain} are uncertain" if counts.uncertain else "",
        ]
        return "; ".join(part for part in parts if part) + f": more than {guard.share:.0%}"
    return None
