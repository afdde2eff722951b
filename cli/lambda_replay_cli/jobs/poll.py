"""Follows a job to its end, over networks that come and go."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Job = dict[str, Any]

ENDED = frozenset({"completed", "halted", "cancelled"})
PATIENCE = 600.0
"""Seconds without an answer until watching is given up; the job does not care."""


@dataclass(frozen=True, slots=True)
class JobSnapshot:
    """The job as it was last seen, and for how many seconds nothing has been heard since."""

    job: Job
    silent: float = 0.0


def looks(
    fetch: Callable[[], Job],
    every: float,
    *,
    pause: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[JobSnapshot]:
    """One each `every` seconds, the last when the job has ended. The first must succeed."""
    from lambda_replay_cli.client.aws_errors import is_passing

    job, heard_at = fetch(), clock()
    yield JobSnapshot(job)
    while job["status"] not in ENDED:
        pause(every)
        try:
            job, heard_at = fetch(), clock()
        except Exception as error:
            silent = clock() - heard_at
            if not is_passing(error) or silent > PATIENCE:
                raise
            yield JobSnapshot(job, silent)
        else:
            yield JobSnapshot(job)


def changes(seen: Iterator[JobSnapshot]) -> Iterator[Job]:
    """Each state of the job once."""
    before: object = None
    for look in seen:
        now = [look.job[field] for field in ("status", "counts", "selecting", "stalled", "message")]
        if now != before:
            yield look.job
        before = now
