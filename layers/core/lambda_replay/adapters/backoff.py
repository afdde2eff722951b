"""How long to wait before a lost race is run again."""

import random
import time
from collections.abc import Callable

from lambda_replay.ports.common import Pause

_SHORTEST, _MOST_DOUBLINGS = 0.02, 4  # seconds; a transaction takes about one hundredth


def jittered(
    *,
    sleep: Callable[[float], None] = time.sleep,
    uniform: Callable[[float, float], float] = random.uniform,
) -> Pause:
    """Sleeps for a random time, of up to 40 ms after the first loss and up to 320 ms from the fourth on: at
    random, so that those who got into each other's way do not so again."""

    def pause(lost: int) -> None:
        sleep(uniform(0, _SHORTEST * 2 ** min(lost, _MOST_DOUBLINGS)))

    return pause


def none(_: int) -> None:
    """For stores in the process, where only one writes."""
