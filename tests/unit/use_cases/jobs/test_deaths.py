"""Jobs: everything selected is accounted for, whatever dies."""

from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import timedelta

import pytest

from lambda_replay.domain.executions.execution import Execution
from lambda_replay.domain.executions.replay import ReplayMode, ReplayStatus
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.jobs.job import Guard, JobStatus, JobVerb, Pace
from lambda_replay.ports.alerts import Count
from lambda_replay.ports.invoker import Accepted, InvokeAnswer, Unanswered
from tests.support.world.jobs import failed, outcomes, recounted, say
from tests.support.world.service import FUNCTION, World

OTHER = FUNCTION.replace("orders", "payments")
KEY_ERROR = '{"errorType":"KeyError","errorMessage":"\'id\'"}'
RAMP = Pace(rate=100, ramp=(1, 5, 20), guard=Guard())


@pytest.fixture
def world() -> World:
    return World()


class Died(BaseException):
    """The process, not the call."""


@pytest.mark.parametrize("at", [1, 2, 7, 24, 25, 26, 60])
def test_a_driver_that_dies_between_invokes_leaves_nothing_unaccounted(world: World, at: int) -> None:
    failed(world, 60)
    world.start_job()

    def answer(number: int) -> InvokeAnswer:
        if number == at:
            raise Died
        return Accepted(f"run-{number}")

    world.aws.answer = answer
    with pytest.raises(Died):
        world.drive()
    job = world.job()
    assert job.slice is not None
    recounted(world, job)
    commit = outcomes(world, lambda _: None)

    def pass_by() -> None:
        commit()
        world.sweep()

    job = world.drive(commit=pass_by)
    assert job.status is JobStatus.COMPLETED
    counts = world.account().counts
    assert (job.selected, job.claimed) == (60, 60)
    assert counts.uncertain >= 1
    assert counts.uncertain + counts.succeeded == 60
    recounted(world, job)
    payloads = len(world.aws.sent)
    assert payloads == 60 - (counts.uncertain - 1) + (at - (at - 1) // 25 * 25 - 1), "none was sent twice"


def test_a_driver_that_went_silent_is_replaced(world: World) -> None:
    failed(world, 150)
    world.start_job()
    world.driving().turn("job-1", 1, lambda: True)
    world.wait(timedelta(minutes=10))
    assert world.runner.started == [("job-1", 1), ("job-1", 2)]
    assert world.counts[Count.JOB_STALLED] == 1
    job = world.drive(commit=outcomes(world, lambda _: None))
    assert (job.status, job.claimed) == (JobStatus.COMPLETED, 150)


def test_a_job_that_no_one_drives_says_so_and_makes_room(world: World) -> None:
    failed(world, 150)
    world.start_job()
    for _ in range(4):
        world.wait(timedelta(minutes=10))
    job = world.job()
    assert job.status is JobStatus.HALTED
    assert job.decisions[-1].reason == "no progress: it was driven on 3 times, and nothing was heard of it"
    assert world.job_store.running().jobs == {}
    assert "Job halted: job-1" in [subject for subject, _ in world.mailbox.messages]


def test_a_job_that_waits_survives_any_number_of_lost_drivers(world: World) -> None:
    """Each of them comes so far as to see that there is nothing to do but wait."""
    failed(world, 5)
    world.start_job()
    world.driving().turn("job-1", 1, lambda: True)
    for _ in range(10):
        turn = world.driving().turn("job-1", world.job().generation, lambda: True)
        assert not turn.done
        assert world.job().stalled == 0
        world.wait(timedelta(minutes=10))
    job = world.job()
    assert (job.status, job.generation) == (JobStatus.RUNNING, 11)


def test_drivers_that_all_die_in_one_slice_end_the_job(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """To open it, or to find it open, is no progress."""
    failed(world, 60)
    world.start_job()

    def dies(_: Collection[str]) -> dict[str, Callable[[], bytes | None]]:
        raise Died

    monkeypatch.setattr(world.records, "payloads", dies)
    for _ in range(6):
        with suppress(Died):
            world.driving().turn("job-1", world.job().generation, lambda: True)
        world.wait(timedelta(minutes=10))
    assert world.job().status is JobStatus.HALTED


def test_a_slice_left_open_by_a_cancelled_job_is_closed(world: World) -> None:
    failed(world, 60)
    world.start_job()

    def answer(number: int) -> InvokeAnswer:
        if number == 30:
            raise Died
        return Accepted(f"run-{number}")

    world.aws.answer = answer
    with pytest.raises(Died):
        world.drive()
    world.jobs().decide("job-1", say(JobVerb.CANCEL, world))
    recounted(world, world.job())
    world.wait(timedelta(minutes=10))
    job = world.job()
    assert job.slice is None
    assert job.claimed == 50
    recounted(world, job)


def test_lost_answers_are_counted_apart(world: World) -> None:
    failed(world, 10)
    world.aws.answer = lambda number: Unanswered() if number % 2 else Accepted(f"run-{number}")
    world.start_job()
    job = world.drive(commit=outcomes(world, lambda _: None))
    counts = world.account().counts
    assert (counts.issued, counts.uncertain, counts.succeeded) == (10, 5, 5)
    recounted(world, job)


def test_an_outcome_may_be_faster_than_everything(world: World) -> None:
    failed(world, 30)
    world.start_job()

    def answer(number: int) -> InvokeAnswer:
        run = f"run-{number}"
        if number % 2:
            world.succeeds(run)
        else:
            world.fails(run)
        return Accepted(run)

    world.aws.answer = answer
    job = world.drive()
    counts = world.account().counts
    assert (job.status, counts.succeeded, counts.failed_same) == (JobStatus.COMPLETED, 15, 15)
    recounted(world, job)


def test_what_a_dead_driver_sent_is_counted_though_others_can_be_sent_by_now(world: World) -> None:
    """It sent the last ones of its slice, for the first ones were under way for another job."""
    names = failed(world, 8)
    pace = Pace(rate=5, guard=None)
    world.start_job("first", *names[:5], pace=pace)
    world.aws.answer = lambda number: Accepted(f"run-{number}")
    world.driving().turn("first", 1, lambda: True)

    def dies(_: int) -> InvokeAnswer:
        raise Died

    world.aws.answer = dies
    world.start_job("second", *names, options=ReplayOptions(mode=ReplayMode.FORCE, named=True), pace=pace)
    with pytest.raises(Died):
        world.driving().turn("second", 1, lambda: True)
    world.aws.answer = lambda number: Accepted(f"run-{number}")
    for number in range(1, 6):
        world.fails(f"run-{number}", at=world.clock())
    world.clock.pass_(timedelta(minutes=5))
    job = world.drive("second", commit=world.sweep)
    replayed = [name for name in names if any(one.job == "second" for one in world.execution(name).replays)]
    assert job.claimed == len(replayed)
    assert job.claimed + sum(job.skipped.values()) == 8
    recounted(world, job)


def test_late_outcomes_are_counted_after_the_end(world: World) -> None:
    failed(world, 3)
    world.start_job()
    world.drive(commit=lambda: world.sweep())
    assert world.account().counts.unconfirmed == 3
    outcomes(world, lambda name: KEY_ERROR if name == "event-0000" else None)()
    counts = world.account().counts
    assert (counts.unconfirmed, counts.succeeded, counts.failed_new) == (0, 2, 1)
    recounted(world, world.job())


def test_an_outcome_reports_the_request_id_of_a_claim_whose_acceptance_was_not_written(world: World) -> None:
    """The driver died between the link and the acceptance."""
    failed(world, 1)
    world.start_job()
    advance = world.store.advance
    calls: list[int] = []

    def dies(executions: Collection[Execution]) -> set[str]:
        calls.append(len(executions))
        if len(calls) == 2:
            raise Died
        return advance(executions)

    world.store.advance = dies  # type: ignore[method-assign]
    with pytest.raises(Died):
        world.drive()
    world.fails("run-1")
    [attempt] = world.execution("event-0000").replays
    assert (attempt.status, attempt.request_id) == (ReplayStatus.FAILED, "run-1")
    recounted(world, world.job())
