"""Jobs: everything selected is accounted for, whatever the function does."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lambda_replay.domain.executions.execution import ExecutionStatus
from lambda_replay.domain.executions.replay import Trigger
from lambda_replay.domain.groups.group import GroupStatus
from lambda_replay.domain.jobs.job import Guard, JobStatus, Pace
from lambda_replay.domain.refusals import Reason, RefusedError
from lambda_replay.ports.invoker import Rejected
from tests.support.world.jobs import failed, outcomes, recounted
from tests.support.world.service import EVERYTHING, FUNCTION, OPERATOR, START, World

OTHER = FUNCTION.replace("orders", "payments")
KEY_ERROR = '{"errorType":"KeyError","errorMessage":"\'id\'"}'
RAMP = Pace(rate=100, ramp=(1, 5, 20), guard=Guard())


@pytest.fixture
def world() -> World:
    return World()


def test_a_job_ends_with_everything_accounted_for(world: World) -> None:
    names = failed(world, 30)
    started = world.start_job(name="after the fix", reason="v8")
    assert started.status is JobStatus.PLANNED
    assert world.runner.started == [("job-1", 1)]
    job = world.drive(commit=outcomes(world, lambda _: None))
    assert (job.status, job.selected, job.claimed, job.remaining) == (JobStatus.COMPLETED, 30, 30, 0)
    assert world.account().counts.succeeded == 30
    recounted(world, job)
    assert {world.execution(name).status for name in names} == {ExecutionStatus.RECOVERED}
    attempt = world.execution(names[0]).replays[0]
    assert (attempt.trigger, attempt.job, attempt.by, attempt.linked) == (
        Trigger.BULK,
        "job-1",
        OPERATOR,
        True,
    )


def test_the_end_is_reported_once(world: World) -> None:
    failed(world, 50)
    world.start_job(name="after the fix")

    def fate(name: str) -> str | None:
        return (
            KEY_ERROR
            if name < "event-0002"
            else '{"errorType":"ValueError","errorMessage":"boom"}'
            if name < "event-0005"
            else None
        )

    job = world.drive(commit=outcomes(world, fate))
    assert job.due_at is not None
    world.mailbox.messages.clear()
    world.sweep()
    world.sweep()
    reported = [text for subject, text in world.mailbox.messages if subject.startswith("Job")]
    assert len(reported) == 1
    assert reported[0].splitlines()[:2] == [
        "Job completed: after the fix",
        "  issued 50: 45 recovered, 5 failed again, 3 with the same error, 2 new",
    ]
    assert world.job().due_at is None


def test_an_end_that_could_not_be_reported_is_reported_later(world: World) -> None:
    failed(world, 1)
    world.start_job()
    world.drive(commit=outcomes(world, lambda _: None))
    world.mailbox.reachable = False
    with pytest.raises(ExceptionGroup):
        world.sweep()
    world.mailbox.reachable = True
    world.sweep()
    assert [subject for subject, _ in world.mailbox.messages if "Job" in subject] == ["Job completed: job-1"]


def test_the_oldest_goes_first(world: World) -> None:
    for number in (3, 1, 2):
        world.fails(f"event-{number}", payload=str(number), at=START - timedelta(minutes=10 - number))
    world.start_job()
    world.drive(commit=outcomes(world, lambda _: None))
    assert [payload for _, payload in world.aws.sent] == [b"1", b"2", b"3"]


def test_named_executions_go_in_their_order_once_each(world: World) -> None:
    for number in (1, 2, 3):
        world.fails(f"event-{number}", payload=str(number))
    world.start_job("job-1", "event-3", "event-1", "event-3", "nobody")
    job = world.drive(commit=outcomes(world, lambda _: None))
    assert [payload for _, payload in world.aws.sent] == [b"3", b"1"]
    assert (job.selected, job.claimed, job.skipped) == (3, 2, {"execution_not_found": 1})
    recounted(world, job)


def test_a_large_selection_is_frozen_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambda_replay.use_cases.jobs.driving._SELECTED_AT_ONCE", 40)
    monkeypatch.setattr("lambda_replay.use_cases.jobs.control.PAGE", 15)
    failed(world, 130)
    world.start_job()
    first = world.driving().turn("job-1", 1, lambda: True)
    assert not first.done
    assert (world.job().frozen, world.job().selected, world.aws.sent) == (False, 100, [])
    job = world.drive(commit=outcomes(world, lambda _: None))
    assert (job.status, job.selected, world.account().counts.succeeded) == (JobStatus.COMPLETED, 130, 130)
    recounted(world, job)


def test_what_fails_after_the_start_is_not_in_it(world: World) -> None:
    failed(world, 2)
    world.start_job(wanted=replace(EVERYTHING, until=START + timedelta(seconds=1)))
    world.clock.pass_(timedelta(seconds=10))
    world.fails("later", at=world.clock())
    assert world.drive(commit=outcomes(world, lambda _: None)).selected == 2
    assert world.execution("later").replays == ()


def test_nothing_selected_is_soon_over(world: World) -> None:
    world.start_job()
    job = world.drive()
    assert (job.status, job.selected) == (JobStatus.HALTED, 0)
    assert job.decisions[-1].reason == "nothing was sent: nothing was selected"


def test_a_job_that_sent_nothing_does_not_look_like_a_success(world: World) -> None:
    failed(world, 3)
    world.fails("never-stored", payload=None)
    world.aws.answer = lambda _: Rejected(Reason.QUALIFIER_NOT_FOUND)
    world.start_job(pace=Pace(rate=100, guard=None))
    job = world.drive()
    assert job.status is JobStatus.HALTED
    assert job.decisions[-1].reason == (
        "nothing was sent: 3 rejected (qualifier_not_found 3), 1 skipped (payload_missing 1)"
    )
    world.sweep()
    assert "Job halted: job-1: nothing was sent: 3 rejected" in world.mailbox.messages[-1][1]


def test_an_empty_list_of_executions_is_refused(world: World) -> None:
    with pytest.raises(RefusedError) as refused:
        world.start_job("job-1", "nobody")
    assert refused.value.reason is Reason.NOTHING_SELECTED


def group_of(world: World, name: str) -> str:
    return world.execution(name).first_failure.group


def test_a_group_that_recovered_altogether_is_resolved(world: World) -> None:
    names = failed(world, 30)
    fingerprint = group_of(world, names[0])
    world.start_job()
    world.drive(
        commit=outcomes(
            world,
            lambda name: None if name != names[4] else '{"errorType":"ValueError","errorMessage":"boom"}',
        )
    )
    world.wait(timedelta(minutes=3))
    assert world.group(fingerprint).status is GroupStatus.OPEN
    run = world.replay(names[4]).request_id
    assert run is not None
    world.succeeds(run)
    world.wait(timedelta(minutes=3))
    world.wait(timedelta(minutes=3))
    group = world.group(fingerprint)
    assert group.status is GroupStatus.RESOLVED
    assert group.decision is not None
    assert (group.decision.by, group.decision.reason) == (
        "lambda-replay:sweep",
        "all its failures recovered (30)",
    )
    world.clock.pass_(timedelta(minutes=1))
    world.fails("again", at=world.clock())
    assert world.group(fingerprint).status is GroupStatus.REGRESSED


def test_a_large_group_is_looked_through_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambda_replay.use_cases.groups.auto_resolve._MOST", 200)
    names = failed(world, 450)
    world.start_job()
    world.drive(commit=outcomes(world, lambda _: None))
    for _ in range(2):  # the check begins, and looks when the lists show everything
        world.clock.pass_(timedelta(minutes=3))
        world.sweep()
    assert world.group(group_of(world, names[0])).status is GroupStatus.OPEN
    for _ in range(2):
        world.sweep()
    group = world.group(group_of(world, names[0]))
    assert group.decision is not None
    assert group.decision.reason == "all its failures recovered (450)"
