"""The time is up in the middle of many replays: what was not sent is as it was before."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from lambda_replay.domain.executions.execution import Decision, ExecutionStatus, Verb
from lambda_replay.domain.executions.replay import ReplayMode, ReplayStatus, Trigger
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.jobs.job import JobStatus
from lambda_replay.use_cases.executions.decide import decide
from lambda_replay.use_cases.replays.send import Source
from tests.support.world.jobs import failed, outcomes, recounted
from tests.support.world.service import START, World

SOURCE = Source(by="someone", trigger=Trigger.BULK, job="job-1")


@pytest.fixture
def world() -> World:
    return World()


def until_sent(world: World, count: int) -> Callable[[], bool]:
    """There is time until so many were sent."""
    return lambda: len(world.aws.sent) < count


def questions(count: int) -> Callable[[], bool]:
    """There is time until it has been asked about so often."""
    asked = iter([True] * count)
    return lambda: next(asked, False)


@pytest.mark.parametrize("count", [0, 1, 24, 25, 26, 59])
def test_claims_that_were_not_sent_are_taken_back(world: World, count: int) -> None:
    names = failed(world, 60)
    before = {name: world.execution(name) for name in names}
    issued = world.bulk().issue(names, ReplayOptions(), SOURCE, has_time=until_sent(world, count))
    assert (issued.consumed, len(issued.claimed), issued.sent) == (count, count, count)
    assert issued.left == set(names[count:])
    for name in names[:count]:
        assert [attempt.status for attempt in world.execution(name).replays] == [ReplayStatus.ACCEPTED]
    for name in names[count:]:
        found = world.execution(name)
        assert replace(found, version=1, expires_at=before[name].expires_at) == before[name]
        assert found.status is ExecutionStatus.FAILED


@pytest.mark.parametrize("asked", range(0, 130, 3))
def test_a_job_goes_on_with_what_was_left(world: World, asked: int) -> None:
    names = failed(world, 60)
    world.start_job()
    world.driving().turn("job-1", 1, questions(asked))
    recounted(world, world.job())
    job = world.drive(commit=outcomes(world, lambda _: None))
    assert (job.status, job.claimed, job.skipped) == (JobStatus.COMPLETED, 60, {})
    assert len(world.aws.sent) == 60
    assert Counter(len(world.execution(name).replays) for name in names) == {1: 60}
    recounted(world, job)


def test_payloads_that_take_long_are_read_no_further(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    names = failed(world, 30)
    read: list[str] = []
    payloads = world.records.payloads

    def noted(name: str, load: Callable[[], bytes | None]) -> bytes | None:
        read.append(name)
        return load()

    def noting(ids: Collection[str]) -> dict[str, Callable[[], bytes | None]]:
        return {name: partial(noted, name, load) for name, load in payloads(ids).items()}

    monkeypatch.setattr(world.records, "payloads", noting)
    issued = world.bulk().issue(names, ReplayOptions(), SOURCE, has_time=lambda: len(read) < 10)
    assert (issued.consumed, len(read), world.aws.sent) == (0, 10, [])
    assert all(world.execution(name).replays == () for name in names)


def test_what_was_ignored_is_so_again(world: World) -> None:
    [name] = failed(world, 1)
    ignoring = Decision(verb=Verb.IGNORED, at=START, by="someone", until=START + timedelta(days=1))
    decide(world.store, name, ignoring)
    options = ReplayOptions(mode=ReplayMode.FORCE)
    # Asked before the payload, before the claim, and before the Invoke.
    issued = world.bulk().issue([name], options, SOURCE, has_time=questions(2))
    found = world.execution(name)
    assert (issued.left, found.version) == ({name}, 4), "it was claimed"
    assert (found.replays, found.decisions) == ((), (ignoring,))


def test_a_claim_that_ran_out_before_it_was_taken_back_is_no_question(world: World) -> None:
    """The sweep has called it uncertain; that nothing was sent is known better."""
    [name] = failed(world, 1)
    asked = questions(2)

    def late() -> bool:
        if asked():
            return True
        world.wait(timedelta(minutes=3))
        return False

    issued = world.bulk().issue([name], ReplayOptions(), SOURCE, has_time=late)
    [attempt] = world.execution(name).replays
    assert (issued.claimed, issued.left) == ({name}, set())
    assert (attempt.status, attempt.rejection) == (ReplayStatus.REJECTED, "not_sent")


def test_an_execution_that_expired_before_its_claim_was_taken_back_concerns_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = failed(world, 3)
    get = world.store.get
    monkeypatch.setattr(world.store, "get", lambda name: None if name == names[1] else get(name))
    # Asked before each payload, before the claims, and before each Invoke.
    issued = world.bulk().issue(names, ReplayOptions(), SOURCE, has_time=questions(5))
    assert (issued.left, issued.consumed) == ({names[2]}, 2)
    assert world.execution(names[2]).replays == ()


def test_only_ones_own_claim_of_which_nothing_is_known_is_withdrawn(world: World) -> None:
    [name] = failed(world, 1)
    world.replay(name)
    found = world.execution(name)
    assert found.withdraw("another") is found
    assert found.withdraw(found.replays[0].claim_id) is found, "Lambda took it"


def test_all_calls_together_invoke_at_most_as_many_as_the_pool_holds(world: World) -> None:
    width, lock = 2, threading.Lock()
    names = failed(world, 40)
    under_way, most = 0, 0

    def at_the_same_time() -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.002)
        with lock:
            under_way -= 1

    world.aws.meanwhile = at_the_same_time
    with ThreadPoolExecutor(width) as pool, ThreadPoolExecutor(8) as callers:
        bulk = replace(world.bulk(), pool=pool)
        parts = [names[number::8] for number in range(8)]
        list(callers.map(lambda part: bulk.issue(part, ReplayOptions(), SOURCE), parts))
    assert len(world.aws.sent) == 40
    assert most <= width
