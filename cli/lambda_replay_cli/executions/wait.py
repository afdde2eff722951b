"""Waiting for the outcome of replays."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from lambda_replay.domain.executions.replay import ReplayStatus
from lambda_replay_cli.client.connection import segment
from lambda_replay_cli.client.service import Service

_OPEN = frozenset({ReplayStatus.CLAIMED, ReplayStatus.ACCEPTED})
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0


@dataclass(frozen=True, slots=True)
class Sent:
    """A replay that was accepted: the `number`th of its execution, and what was to be said about it."""

    execution: str
    number: int
    warnings: tuple[str, ...] = ()


def outcomes(
    service: Service,
    sent: list[Sent],
    patience: timedelta,
    *,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[tuple[Sent, dict[str, Any]]]:
    """Each with its replay as the API shows it, in the order in which they end; at last, when patience is
    over, those that have not. All are asked for in turn, ever less often; a network that is away for a while
    is waited for like an outcome."""
    from lambda_replay_cli.client.aws_errors import is_passing

    waiting, wait = list(sent), _FIRST_PAUSE
    deadline = clock() + patience.total_seconds()
    while waiting:
        is_over = clock() >= deadline
        for one in list(waiting):
            try:
                found = service.call("GET", f"/executions/{segment(one.execution)}")
            except Exception as error:
                if is_over or not is_passing(error):
                    raise
                break
            replay = found["replays"][one.number - 1]
            if is_over or replay["status"] not in _OPEN:
                waiting.remove(one)
                yield one, replay
        if waiting:
            pause(max(0.0, min(wait, deadline - clock())))
            wait = min(wait * 1.5, _LONGEST_PAUSE)
