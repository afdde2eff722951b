"""Replays into functions whose records don't come here: said before, and no lock without a time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lambda_replay.domain.executions.execution import ExecutionStatus
from lambda_replay.domain.executions.replay import Fact, ReplayMode, ReplayStatus
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.functions.function_config import FunctionConfig
from lambda_replay.domain.refusals import Reason, RefusedError
from lambda_replay.ports.invoker import Accepted, Unanswered
from lambda_replay.use_cases.replays.replay_one import ReplayCommand
from lambda_replay.use_cases.replays.send import Source
from tests.support.world.jobs import recounted
from tests.support.world.service import FUNCTION, OPERATOR, QUEUE, START, World

SILENT = FunctionConfig(
    code="c",
    version="1",
    modified_at=START,
    timeout=timedelta(seconds=3),
    on_failure=(),
    on_success=(),
)
HEARD = replace(SILENT, on_failure=(QUEUE,))
FORCE = ReplayMode.FORCE
ORDERS = FunctionArn.parse(f"{FUNCTION}:$LATEST")
CLOSES_IN = timedelta(minutes=10)


@pytest.fixture
def world() -> World:
    """One execution has failed, and its function has no destination any more."""
    world = World()
    world.fails("event-1")
    world.functions.known[FUNCTION] = SILENT
    return world


def refusal(world: World, mode: ReplayMode = ReplayMode.IF_NOT_REPLAYED) -> RefusedError:
    with pytest.raises(RefusedError) as refused:
        world.replay("event-1", mode=mode)
    return refused.value


def test_a_preview_says_that_nothing_will_be_reported(world: World) -> None:
    command = ReplayCommand(execution_id="event-1", by=OPERATOR)
    said = f"{FUNCTION}:$LATEST: no destination: the outcome will not be reported"
    assert said in world.replayer().preview(command).warnings
    world.functions.known[FUNCTION] = HEARD
    assert said not in world.replayer().preview(command).warnings


def test_a_replay_under_way_is_refused_with_its_time_and_the_way_out(world: World) -> None:
    attempt = world.replay("event-1")
    refused = refusal(world)
    assert refused.reason is Reason.REPLAY_IN_FLIGHT
    # 6 h of event age, 3 s of timeout and 5 min of delivery are more than the window's 6 h.
    assert attempt.window_closes_at == START + timedelta(hours=6)
    assert "due at 2026-01-31T15:00:00Z (outcome_due_at)" in str(refused)
    assert "no destination: the outcome will not be reported; mode 'force' sends it again" in str(refused)
    preview = world.replayer().preview(ReplayCommand(execution_id="event-1", by=OPERATOR))
    assert preview.refusal is not None
    assert str(preview.refusal) == str(refused)


def test_force_goes_ahead_where_no_report_can_come(world: World) -> None:
    world.replay("event-1")
    assert world.replay("event-1", mode=FORCE).number == 2
    first, second = world.execution("event-1").replays
    assert (first.status, second.status) == (ReplayStatus.UNCONFIRMED, ReplayStatus.ACCEPTED)
    assert first.ended_at == START
    assert len(world.aws.sent) == 2
    assert refusal(world).reason is Reason.REPLAY_IN_FLIGHT


@pytest.mark.parametrize("facts", [HEARD, replace(SILENT, on_success=(QUEUE,)), None])
def test_force_waits_where_a_report_may_come(world: World, facts: FunctionConfig | None) -> None:
    world.replay("event-1")
    if facts is None:
        del world.functions.known[FUNCTION]
    else:
        world.functions.known[FUNCTION] = facts
    refused = refusal(world, FORCE)
    assert refused.reason is Reason.REPLAY_IN_FLIGHT
    assert "(outcome_due_at)" in str(refused)


def test_force_never_passes_a_claim_whose_answer_is_still_to_come(world: World) -> None:
    world.aws.meanwhile = lambda: second.append(refusal(world, FORCE))
    second: list[RefusedError] = []
    world.replay("event-1")
    assert [refused.reason for refused in second] == [Reason.REPLAY_IN_FLIGHT]
    assert str(second[0]).endswith("; Lambda's answer is known by 2026-01-31T09:02:00Z")


def test_an_uncertain_replay_is_as_before(world: World) -> None:
    world.aws.answer = lambda _: Unanswered()
    world.replay("event-1")
    assert world.execution("event-1").status is ExecutionStatus.FAILED


def test_a_report_that_comes_all_the_same_is_that_of_its_own_replay(world: World) -> None:
    """A configuration that was just changed is used by Lambda a while longer."""
    world.replay("event-1")
    world.replay("event-1", mode=FORCE)
    world.fails("run-1")
    first, second = world.execution("event-1").replays
    assert (first.status, second.status) == (ReplayStatus.FAILED, ReplayStatus.ACCEPTED)
    world.succeeds("run-2")
    assert world.execution("event-1").status is ExecutionStatus.RECOVERED


def test_a_window_that_has_closed_locks_nothing_until_the_next_sweep(world: World) -> None:
    """The sweep comes once a minute; the time that was reported is the time."""
    world.functions.known[FUNCTION] = HEARD
    closes = world.replay("event-1").window_closes_at
    assert closes is not None
    world.clock.pass_(closes - START - timedelta(seconds=1))
    assert refusal(world, FORCE).reason is Reason.REPLAY_IN_FLIGHT
    world.clock.pass_(timedelta(seconds=1))
    assert refusal(world).reason is Reason.UNCONFIRMED
    assert world.replay("event-1", mode=FORCE).number == 2
    first, second = world.execution("event-1").replays
    assert (first.status, first.ended_at) == (ReplayStatus.UNCONFIRMED, closes)
    assert second.status is ReplayStatus.ACCEPTED


@pytest.mark.parametrize("as_job", [False, True])
def test_an_outcome_that_was_faster_than_a_lost_link_is_found_first(world: World, as_job: bool) -> None:
    world.fails("run-1", at=START + timedelta(seconds=1))
    world.succeeds("run-1")
    accepted = Fact(
        status=ReplayStatus.ACCEPTED, at=START, request_id="run-1", window_closes_at=START + CLOSES_IN
    )
    claim = world.sender().claim(
        world.execution("event-1"), ORDERS, ReplayOptions(named=True), Source(by=OPERATOR), "lost", b"{}"
    )
    world.store.save(claim.learn(1, accepted))
    world.clock.pass_(CLOSES_IN)
    world.aws.answer = lambda _: Accepted("run-2")
    if as_job:
        world.start_job("job-1", "event-1", options=ReplayOptions(mode=FORCE, named=True))
        assert world.drive(turns=1).skipped == {}
    else:
        world.replay("event-1")
    assert [a.status for a in world.execution("event-1").replays] == [
        ReplayStatus.FAILED,
        ReplayStatus.ACCEPTED,
    ]
    assert world.link("run-1").number == 1


def test_a_job_forces_only_what_was_named(world: World) -> None:
    """Two jobs over one filter, one after the other, are not to send everything twice."""
    world.start_job()
    world.drive(turns=2)
    assert len(world.aws.sent) == 1
    world.start_job("job-2", options=ReplayOptions(mode=FORCE))
    assert world.drive("job-2").skipped == {Reason.REPLAY_IN_FLIGHT: 1}
    world.start_job("job-3", "event-1", options=ReplayOptions(mode=FORCE, named=True))
    world.drive("job-3", turns=2)
    assert len(world.aws.sent) == 2
    # What the first job sent is counted as ended, although another one ended it.
    assert world.account("job-1").counts.unconfirmed == 1
    for job in ("job-1", "job-3"):
        recounted(world, world.job(job))


def test_a_plan_reports_it(world: World) -> None:
    plan = world.planning().plan(None, ["event-1"], ReplayOptions(named=True), lambda: True)
    assert [check.unreported for check in plan.code] == ["no destination: the outcome will not be reported"]
