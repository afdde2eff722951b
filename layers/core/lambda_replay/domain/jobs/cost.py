"""What a job will take, roughly: time at its rate, and money for what this service itself uses."""

import math
from dataclasses import dataclass
from datetime import timedelta

from lambda_replay.domain.jobs.job import Pace
from lambda_replay.domain.jobs.pacing import MOST_AT_ONCE

# List prices of us-east-1 in US dollars (DynamoDB on demand, Lambda, Step Functions Standard), for one unit.
_WRITE, _READ, _REQUEST, _TRANSITION = 0.625e-6, 0.125e-6, 0.2e-6, 25e-6
# Of one replay, from the selection to its outcome; `make bench` measures the writes.
_WRITES, _READS = 11, 8
_TRANSITIONS_PER_PAGE = 3


@dataclass(frozen=True, slots=True)
class Estimate:
    """`duration` without the time that batches of a ramp wait for outcomes; `usd` without what the source
    function's own runs cost."""

    duration: timedelta
    usd: float


def estimate(count: int, pace: Pace) -> Estimate:
    """How long `count` replays take at this pace, and what they cost in US dollars."""
    pages = math.ceil(count / min(MOST_AT_ONCE, max(1, math.floor(pace.rate))))
    replays = count * (_WRITES * _WRITE + _READS * _READ + _REQUEST)
    turns = pages * _TRANSITIONS_PER_PAGE * _TRANSITION
    return Estimate(timedelta(seconds=math.ceil(count / pace.rate)), round(replays + turns, 6))
