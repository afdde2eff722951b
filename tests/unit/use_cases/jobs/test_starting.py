"""A job that no driver could be started for exists, says so, and is started by the sweep; once."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_replay.domain.executions.replay import ReplayMode
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.jobs.job import Job, JobStatus, JobVerb
from lambda_replay.ports.alerts import Count
from lambda_replay.ports.jobs import NotStartedError
from lambda_replay.use_cases.jobs.control import ids_of
from tests.support.world.jobs import failed, outcomes, recounted, say
from tests.support.world.service import START, ScriptedRunner, World

MINUTE = timedelta(minutes=1)


class Away(ScriptedRunner):
    """Step Functions does not answer."""

    def start(self, job: Job) -> None:
        raise NotStartedError("no answer")


@pytest.fixture(params=["filter", "ids"])
def world(request: pytest.FixtureRequest) -> World:
    """A job over three executions, started without a driver."""
    world = World()
    names = failed(world, 3)
    world.clock.pass_(MINUTE)
    world.runner = Away()
    job = world.start_job("job-1", *(names if request.param == "ids" else ()))
    assert (job.starting, job.is_active) == (True, True)
    assert world.job().starting
    return world


def test_the_sweep_starts_it(world: World) -> None:
    world.runner = ScriptedRunner()
    world.clock.pass_(MINUTE)
    world.sweep()
    assert world.runner.started == [("job-1", 1)]
    assert not world.job().starting
    world.clock.pass_(MINUTE)
    world.sweep()
    assert world.runner.started == [("job-1", 1)]
    done = world.drive(commit=outcomes(world, lambda _: None))
    assert (done.status, len(world.aws.sent)) == (JobStatus.COMPLETED, 3)
    recounted(world, done)
    assert world.counts[Count.JOB_STALLED] == 0


def test_however_long_that_takes(world: World) -> None:
    """It is not halted for want of progress: nobody could make any."""
    for _ in range(30):
        world.clock.pass_(MINUTE)
        with pytest.raises(ExceptionGroup):
            world.sweep()
    assert (world.job().is_active, world.job().starting, world.job().stalled) == (True, True, 0)
    world.runner = ScriptedRunner()
    world.sweep()
    assert world.runner.started == [("job-1", 1)]


def test_a_driver_whose_start_was_not_answered_is_believed(world: World) -> None:
    """The state machine runs all the same: no second one is started."""
    world.runner = ScriptedRunner()
    world.driving().turn("job-1", 1, lambda: True)
    assert not world.job().starting
    world.sweep()
    assert world.runner.started == []


def test_the_same_request_starts_the_same_job(world: World) -> None:
    found = world.job()
    world.runner = ScriptedRunner()
    again = world.start_job("job-1", *(("event-0000",) if found.wanted is None else ()))
    assert (again.id, world.runner.started) == ("job-1", [("job-1", 1)])


def test_a_job_that_is_resumed_without_a_driver_is_started_by_the_sweep(world: World) -> None:
    world.jobs().decide("job-1", say(JobVerb.PAUSE, world))
    resumed = world.jobs().decide("job-1", say(JobVerb.RESUME, world))
    assert (resumed.status, resumed.starting, resumed.generation) == (JobStatus.RUNNING, True, 2)
    world.runner = ScriptedRunner()
    world.clock.pass_(MINUTE)
    world.sweep()
    assert world.runner.started == [("job-1", 2)]


# ------------------------------------------------------------------------------------- who repeats a request


def ids(at: datetime, **other: Any) -> tuple[str, ...]:
    about: dict[str, Any] = {"key": None, "mode": ReplayMode.FORCE, "by": "me", "digest": "d"}
    return ids_of(**{**about, **other}, now=at, new_id=lambda: f"{at.timestamp():.3f}")


@given(st.integers(0, 3_600_000), st.integers(0, 599_999))
def test_a_forcing_request_is_known_again_for_ten_minutes(first: int, later: int) -> None:
    at = START + timedelta(milliseconds=first)
    job_id = ids(at)[0]
    assert job_id in ids(at + timedelta(milliseconds=later))
    assert job_id not in ids(at + timedelta(minutes=20))


@pytest.mark.parametrize("other", [{"by": "you"}, {"digest": "e"}, {"key": "k"}])
def test_any_other_request_is_another_job(other: dict[str, Any]) -> None:
    assert not set(ids(START)) & set(ids(START, **other))


def test_what_does_not_force_is_a_job_each_time() -> None:
    mode = ReplayMode.IF_NOT_REPLAYED
    assert ids(START, mode=mode) != ids(START + timedelta(seconds=1), mode=mode)


@pytest.mark.parametrize(("later", "jobs"), [(timedelta(minutes=9), 1), (timedelta(minutes=11), 2)])
def test_forcing_twice_without_a_key_sends_once(later: timedelta, jobs: int) -> None:
    world = World()
    failed(world, 3)
    for _ in range(2):
        job_id, *earlier = ids(world.clock())
        started = world.start_job(
            job_id, options=ReplayOptions(mode=ReplayMode.FORCE), earlier=tuple(earlier)
        )
        world.drive(started.id, commit=outcomes(world, lambda _: None))
        world.clock.pass_(later)
    assert len(world.job_store.page(limit=9).jobs) == jobs
    assert len(world.aws.sent) == 3 * jobs
