"""Replays of durable functions: sent again under their name, and looked at."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lambda_replay.domain.executions.durable_run import DurableRun, RunStatus, name_of
from lambda_replay.domain.executions.execution import ExecutionStatus
from lambda_replay.domain.executions.replay import ReplayStatus
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.functions.function_config import Durable, FunctionConfig
from lambda_replay.domain.refusals import Reason
from lambda_replay.ports.alerts import Count
from lambda_replay.ports.invoker import Accepted, InvokeAnswer, Rejected, Unanswered
from lambda_replay.use_cases.replays.send import Source
from tests.support.world.jobs import recounted
from tests.support.world.service import FUNCTION, OPERATOR, START, World

NAME = "event-1-1-claim-2"
ARN = f"{FUNCTION}:$LATEST/durable-execution/{NAME}/1"
MINUTE = timedelta(minutes=1)
FACTS = FunctionConfig(
    code="c",
    version="1",
    modified_at=START,
    timeout=timedelta(seconds=3),
    on_failure=(),
    on_success=(),
    durable=Durable(timedelta(days=2)),
)
SUCCEEDED = DurableRun(status=RunStatus.SUCCEEDED, ended_at=START)
FAILED = DurableRun(
    status=RunStatus.FAILED, ended_at=START + MINUTE, error_type="KeyError", error_message="'id'"
)


@pytest.fixture
def world() -> World:
    world = World()
    world.fails("event-1")
    world.functions.known[FUNCTION] = FACTS
    world.aws.answer = lambda number: Accepted(f"run-{number}", ARN)
    return world


def answers(world: World, *some: InvokeAnswer) -> None:
    """One after the other, and the last from then on."""
    world.aws.answer = lambda number: some[min(number, len(some)) - 1]


def ends(world: World, run: DurableRun = SUCCEEDED) -> None:
    """It has, and the sweep has found out, and triage knows."""
    world.durable_runs.known[ARN] = run
    world.wait(3 * MINUTE)
    reports, world.reports[:] = list(world.reports), []
    world.arrives(*reports)


def test_it_is_named_by_execution_replay_and_claim(world: World) -> None:
    replay = world.replay("event-1")
    assert world.aws.named == [(None, NAME)]
    assert (replay.durable_name, replay.durable_arn) == (NAME, ARN)


def test_names_are_what_lambda_takes() -> None:
    assert name_of("a.b:c", 1, "f" * 32) == "a_b_c-1-ffffffffffff"
    assert len(name_of("x" * 200, 1000, "f" * 32)) <= 64


def test_it_is_invoked_by_a_qualified_arn(world: World) -> None:
    world.fails("event-2", arn=FUNCTION)
    world.replay("event-2")
    assert world.aws.sent[-1][0] == f"{FUNCTION}:$LATEST"


@pytest.mark.parametrize(
    ("run", "status"),
    [
        (SUCCEEDED, ExecutionStatus.RECOVERED),
        (FAILED, ExecutionStatus.FAILED),
        (DurableRun(status=RunStatus.STOPPED), ExecutionStatus.FAILED),
        (DurableRun(status=RunStatus.TIMED_OUT), ExecutionStatus.FAILED),
    ],
)
def test_how_it_ended_is_asked_for(world: World, run: DurableRun, status: ExecutionStatus) -> None:
    world.replay("event-1")
    ends(world, run)
    assert world.execution("event-1").status is status
    assert world.execution("event-1").due is None


def test_its_error_becomes_the_current_one_and_is_counted(world: World) -> None:
    world.replay("event-1")
    ends(world, FAILED)
    failure = world.execution("event-1").failure
    assert (failure.error_type, failure.at) == ("KeyError", FAILED.ended_at)
    assert world.group(failure.group).count == 1
    assert world.counts[Count.REPLAY_FAILED_AGAIN] == 1


def test_it_may_run_longer_than_other_functions(world: World) -> None:
    world.replay("event-1")
    world.durable_runs.known[ARN] = DurableRun(status=RunStatus.RUNNING)
    for _ in range(50):
        world.wait(timedelta(hours=1))
    assert world.execution("event-1").status is ExecutionStatus.REPLAYING
    ends(world)
    world.wait(timedelta(hours=1))
    world.arrives(*world.reports)
    assert world.execution("event-1").status is ExecutionStatus.RECOVERED


def test_looks_become_rare(world: World) -> None:
    world.replay("event-1")
    looks: list[str] = []
    world.durable_runs.run = lambda arn: looks.append(arn)  # type: ignore[method-assign]  # None
    for _ in range(180):
        world.clock.pass_(MINUTE)
        world.sweep()
    assert len(looks) == 8  # each after twice the time, and at most an hour later


def test_what_is_not_reported_is_unconfirmed_in_the_end(world: World) -> None:
    world.replay("event-1")
    for _ in range(60):
        world.wait(timedelta(hours=1))
    assert world.execution("event-1").status is ExecutionStatus.UNCONFIRMED


def test_a_report_that_gets_lost_is_repeated(world: World) -> None:
    world.replay("event-1")
    world.durable_runs.known[ARN] = FAILED
    world.wait(3 * MINUTE)
    world.reports.clear()
    world.wait(6 * MINUTE)
    world.arrives(*world.reports, *world.reports)
    assert world.execution("event-1").status is ExecutionStatus.FAILED
    assert world.group(world.execution("event-1").failure.group).count == 1


def test_a_lost_answer_resolves_itself(world: World) -> None:
    answers(world, Unanswered(), Accepted("run-2", ARN))
    assert world.replay("event-1").status is ReplayStatus.CLAIMED
    world.wait(3 * MINUTE)
    assert world.aws.named == [(None, NAME)] * 2
    assert {payload for _, payload in world.aws.sent} == {b'{"n": 1.10}'}
    ends(world)
    assert [one.status for one in world.execution("event-1").replays] == [ReplayStatus.SUCCEEDED]
    assert world.counts[Count.REPLAY_UNCERTAIN] == 0


def test_so_does_a_process_that_died(world: World) -> None:
    def dies(_number: int) -> InvokeAnswer:
        world.aws.answer = lambda number: Accepted(f"run-{number}", ARN)
        raise KeyboardInterrupt

    world.aws.answer = dies
    with pytest.raises(KeyboardInterrupt):
        world.replay("event-1")
    world.wait(3 * MINUTE)
    ends(world)
    assert world.execution("event-1").status is ExecutionStatus.RECOVERED
    assert len(set(world.aws.named)) == 1


@pytest.mark.parametrize("answer", [Unanswered(), Rejected(Reason.THROTTLED)])
def test_it_is_tried_for_hours_and_no_longer(world: World, answer: InvokeAnswer) -> None:
    answers(world, Unanswered(), answer)
    world.replay("event-1")
    world.wait(timedelta(hours=22))
    assert world.execution("event-1").status is ExecutionStatus.REPLAYING
    sent = len(world.aws.sent)
    assert sent > 1
    world.wait(timedelta(hours=2))
    assert [one.status for one in world.execution("event-1").replays] == [ReplayStatus.UNCERTAIN]
    assert len(world.aws.sent) == sent


def test_a_refusal_of_the_second_says_nothing_of_the_first(world: World) -> None:
    answers(world, Unanswered(), Rejected(Reason.DURABLE_ALREADY_STARTED))
    world.replay("event-1")
    world.wait(3 * MINUTE)
    assert [one.status for one in world.execution("event-1").replays] == [ReplayStatus.UNCERTAIN]


def test_changed_bytes_are_not_known_any_more(world: World) -> None:
    answers(world, Unanswered())
    assert world.replay("event-1", patch='{"n": 2}').status is ReplayStatus.UNCERTAIN
    world.wait(3 * MINUTE)
    assert len(world.aws.sent) == 1


def test_the_failure_of_a_first_try_that_arrived_is_no_event_of_its_own(world: World) -> None:
    """Its dead letter has a request id that was lost with the answer."""
    answers(world, Unanswered(), Unanswered())
    world.replay("event-1")
    world.wait(3 * MINUTE)
    world.fails("run-1", at=world.clock())
    assert world.execution("run-1").probable_run_of is not None


def test_other_functions_have_no_second_try(world: World) -> None:
    world.functions.known[FUNCTION] = replace(FACTS, durable=None)
    answers(world, Unanswered())
    assert world.replay("event-1").status is ReplayStatus.UNCERTAIN
    world.wait(3 * MINUTE)
    assert world.aws.named == [(None, None)]


def test_many_at_once(world: World) -> None:
    """As one: a lost answer in a job is pending until it is known."""
    world.fails("event-2")
    answers(world, Accepted("run-1", ARN), Unanswered(), Accepted("run-3", ARN))
    world.start_job()
    world.drive(turns=1)
    world.drive(turns=2)
    statuses = [world.execution(name).replays[-1].status for name in ("event-1", "event-2")]
    assert statuses == [ReplayStatus.ACCEPTED, ReplayStatus.CLAIMED]
    world.wait(3 * MINUTE)
    assert world.execution("event-2").replays[-1].status is ReplayStatus.ACCEPTED
    recounted(world, world.job())


def test_the_claim_of_many_is_named_too(world: World) -> None:
    world.bulk().issue(["event-1"], ReplayOptions(), Source(by=OPERATOR))
    assert world.aws.named == [(None, NAME)]


def test_nothing_is_sent_again_without_the_time_for_it(world: World) -> None:
    answers(world, Unanswered())
    world.replay("event-1")
    world.clock.pass_(3 * MINUTE)
    world.sweep(may_send=lambda: False)
    assert len(world.aws.sent) == 1
    assert world.execution("event-1").status is ExecutionStatus.REPLAYING
    world.sweep()
    assert len(world.aws.sent) == 2


def test_one_sweep_sends_again_for_a_while_only(world: World) -> None:
    """Lambda does not answer for hours: alerts and all else that a sweep does go on."""
    names = [f"event-{number}" for number in range(2, 12)]
    for name in names:
        world.fails(name)
    answers(world, Unanswered())
    world.bulk().issue(names, ReplayOptions(), Source(by=OPERATOR))
    world.clock.pass_(3 * MINUTE)

    def slowly(_number: int) -> InvokeAnswer:
        world.clock.pass_(timedelta(seconds=8))
        return Unanswered()

    world.aws.answer = slowly
    world.sweep()
    assert len(world.aws.sent) == len(names) + 2
    world.sweep()
    assert len(world.aws.sent) == len(names) + 4
