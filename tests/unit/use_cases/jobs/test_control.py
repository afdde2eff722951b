"""Pause, resume, cancel; keys; and how many jobs may run."""

from datetime import timedelta

import pytest

from lambda_replay.domain.jobs.job import Guard, Job, JobStatus, JobVerb, Pace
from lambda_replay.domain.refusals import Reason, RefusedError
from lambda_replay.use_cases.jobs.control import ANY
from tests.support.world.jobs import failed, outcomes, recounted, say
from tests.support.world.service import FUNCTION, World

OTHER = FUNCTION.replace("orders", "payments")
KEY_ERROR = '{"errorType":"KeyError","errorMessage":"\'id\'"}'
RAMP = Pace(rate=100, ramp=(1, 5, 20), guard=Guard())


@pytest.fixture
def world() -> World:
    return World()


def test_pause_and_resume(world: World) -> None:
    failed(world, 250)
    world.start_job()
    world.driving().turn("job-1", 1, lambda: True)
    sent = len(world.aws.sent)
    assert 0 < sent <= 100
    world.jobs().decide("job-1", say(JobVerb.PAUSE, world))
    assert world.driving().turn("job-1", 1, lambda: True).done
    assert len(world.aws.sent) == sent
    assert world.job_store.running().jobs == {}
    world.jobs().decide("job-1", say(JobVerb.RESUME, world))
    assert world.runner.started == [("job-1", 1), ("job-1", 2)]
    assert world.driving().turn("job-1", 1, lambda: True).done, "the driver before is not in charge"
    job = world.drive(commit=outcomes(world, lambda _: None))
    assert (job.status, job.claimed, len(world.aws.sent)) == (JobStatus.COMPLETED, 250, 250)
    recounted(world, job)


@pytest.mark.parametrize("verb", [JobVerb.PAUSE, JobVerb.CANCEL])
def test_it_takes_effect_in_the_middle_of_a_turn(world: World, verb: JobVerb) -> None:
    failed(world, 250)
    world.start_job()
    at = iter([verb])

    def at_the_same_time() -> None:
        for now in at:
            world.jobs().decide("job-1", say(now, world))

    world.aws.meanwhile = at_the_same_time
    world.drive()
    assert len(world.aws.sent) == 100
    job = world.job()
    assert job.status is {JobVerb.PAUSE: JobStatus.PAUSED, JobVerb.CANCEL: JobStatus.CANCELLED}[verb]
    assert job.claimed == 100
    recounted(world, job)
    outcomes(world, lambda _: None)()
    recounted(world, world.job())


def test_a_job_that_is_paused_while_it_selects_goes_on_selecting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lambda_replay.use_cases.jobs.driving._SELECTED_AT_ONCE", 50)
    failed(world, 250)
    world.start_job()
    world.driving().turn("job-1", 1, lambda: True)
    assert not world.job().frozen
    world.jobs().decide("job-1", say(JobVerb.PAUSE, world))
    world.jobs().decide("job-1", say(JobVerb.RESUME, world))
    job = world.drive(commit=outcomes(world, lambda _: None))
    assert (job.selected, job.claimed) == (250, 250)


def test_what_has_ended_stays_ended(world: World) -> None:
    failed(world, 1)
    world.start_job()
    world.jobs().decide("job-1", say(JobVerb.CANCEL, world))
    for verb in (JobVerb.PAUSE, JobVerb.RESUME, JobVerb.CANCEL):
        world.clock.pass_(timedelta(seconds=1))
        with pytest.raises(RefusedError) as refused:
            world.jobs().decide("job-1", say(verb, world))
        assert refused.value.reason is Reason.JOB_ENDED
    with pytest.raises(RefusedError) as refused:
        world.jobs().decide("job-2", say(JobVerb.PAUSE, world))
    assert refused.value.reason is Reason.JOB_NOT_FOUND


def test_the_same_key_starts_one_job(world: World) -> None:
    failed(world, 2)
    first = world.start_job()
    assert world.start_job().id == first.id
    assert world.runner.started == [("job-1", 1)]
    with pytest.raises(RefusedError) as refused:
        world.start_job(digest="another")
    assert refused.value.reason is Reason.IDEMPOTENCY_KEY_REUSED


def test_a_job_whose_start_died_is_started_by_the_same_key(world: World) -> None:
    failed(world, 2)
    start = world.runner.start

    def dies(job: Job) -> None:
        raise OSError("gone")

    world.runner.start = dies  # type: ignore[method-assign]
    with pytest.raises(OSError, match="gone"):
        world.start_job()
    world.runner.start = start  # type: ignore[method-assign]
    world.start_job()
    assert world.runner.started == [("job-1", 1)]


def test_only_so_many_jobs_run_for_a_function(world: World) -> None:
    failed(world, 5)
    world.fails("foreign", arn=OTHER)
    world.start_job("a", "event-0000")
    world.start_job("b", "event-0001")
    with pytest.raises(RefusedError, match=r"^a, b for orders: as many jobs") as refused:
        world.start_job("c", "event-0002")
    assert refused.value.reason is Reason.JOB_LIMIT
    assert world.start_job("d", "foreign").functions == ("payments",)
    assert world.start_job("e").functions == (ANY,)
    world.jobs().decide("a", say(JobVerb.PAUSE, world))
    world.start_job("c", "event-0002")
    with pytest.raises(RefusedError) as refused:
        world.jobs().decide("a", say(JobVerb.RESUME, world))
    assert refused.value.reason is Reason.JOB_LIMIT
    world.jobs().decide("b", say(JobVerb.CANCEL, world))
    assert world.jobs().decide("a", say(JobVerb.RESUME, world)).status is JobStatus.RUNNING
