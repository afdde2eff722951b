"""Failures in a World, and what becomes of their replays, for the tests of jobs."""

import json
from collections.abc import Callable

from lambda_replay.domain.executions.replay import ReplayStatus
from lambda_replay.domain.jobs.job import Job, JobDecision, JobVerb
from tests.support.world.service import EVERYTHING, World


def failed(world: World, count: int, *, first: int = 0, **how: object) -> list[str]:
    """So many events, each with a payload of its own."""
    names = [f"event-{number:04}" for number in range(first, first + count)]
    for name in names:
        world.fails(name, **{"payload": json.dumps({"id": name}), **how})
    return names


def outcomes(world: World, fate: Callable[[str], str | None]) -> Callable[[], None]:
    """Lets every run that was accepted end: `fate` gets the execution's id, and says with which error, None
    for success."""
    reported: set[str] = set()

    def commit() -> None:
        for execution in world.store.page(EVERYTHING, limit=10_000).executions:
            for attempt in execution.replays:
                if attempt.request_id is None or attempt.request_id in reported:
                    continue
                reported.add(attempt.request_id)
                response = fate(execution.id)
                if response is None:
                    world.succeeds(attempt.request_id)
                else:
                    world.fails(attempt.request_id, response=response, at=world.clock())

    return commit


def recounted(world: World, job: Job) -> None:
    """What the job says equals what its executions say."""
    attempts = [
        attempt
        for execution in world.store.page(EVERYTHING, limit=10_000).executions
        for attempt in execution.replays
        if attempt.job == job.id
    ]
    account = world.account(job.id)
    counts = account.counts
    of = [attempt.status for attempt in attempts]
    assert account.claimed == len(attempts)
    assert sum(counts.rejected.values()) == of.count(ReplayStatus.REJECTED)
    assert counts.issued == len(attempts) - of.count(ReplayStatus.REJECTED)
    assert counts.succeeded == of.count(ReplayStatus.SUCCEEDED)
    assert counts.failed_again == of.count(ReplayStatus.FAILED)
    assert counts.unconfirmed == of.count(ReplayStatus.UNCONFIRMED)
    assert counts.uncertain == of.count(ReplayStatus.UNCERTAIN)
    assert counts.pending == of.count(ReplayStatus.ACCEPTED) + of.count(ReplayStatus.CLAIMED)
    assert account.claimed + sum(job.skipped.values()) + account.remaining == job.selected


def say(verb: JobVerb, world: World) -> JobDecision:
    return JobDecision(verb=verb, at=world.clock(), by="someone")
