"""What a forged record can do, and what it can't: SECURITY.md has the table, each row of it a test.

The sender is let to the queue, and is not the function. Other ways in are in tests/e2e/test_doors.py.
"""

from datetime import timedelta

import pytest

from lambda_replay.domain.executions.execution import ExecutionStatus
from lambda_replay.domain.executions.replay import ReplayStatus
from lambda_replay.domain.intake.origin import Origin
from lambda_replay.domain.refusals import Reason, RefusedError
from lambda_replay.ports.alerts import Count
from tests.support.world.automatic import minutes
from tests.support.world.automatic import world as automatic_world
from tests.support.world.service import EVERYTHING, World, record_text

FORGER = "AROAFORGERFORGER12345:awslambda_1"
SUCCESS = {"condition": "Success", "response": "null"}


def forge(world: World, run: str, **how: str) -> None:
    world.arrives(record_text(run, **how), sender=FORGER)  # type: ignore[arg-type]  # texts alone


def stored(world: World) -> list[str]:
    return [one.id for one in world.store.page(EVERYTHING, limit=100).executions]


def test_a_success_that_no_replay_awaits_becomes_nothing() -> None:
    world = World()
    world.fails("event-1")
    before = world.execution("event-1")
    forge(world, "event-1", **SUCCESS)
    forge(world, "event-2", **SUCCESS)
    assert world.execution("event-1") == before
    assert stored(world) == ["event-1"]


def test_a_success_that_comes_first_hides_no_failure() -> None:
    world = World()
    forge(world, "event-1", **SUCCESS)
    world.fails("event-1")
    assert world.execution("event-1").status is ExecutionStatus.FAILED
    assert world.group(world.execution("event-1").failure.group).count == 1


def test_a_success_with_a_replays_id_and_payload_is_believed_until_the_failure_comes() -> None:
    """What an insider can do, who knows both: the one false outcome that there is."""
    world = World()
    world.fails("event-1")
    world.replay("event-1")
    forge(world, "run-1", **SUCCESS)
    assert world.execution("event-1").status is ExecutionStatus.RECOVERED
    world.fails("run-1")
    assert world.execution("event-1").status is ExecutionStatus.FAILED
    assert world.execution("event-1").replays[0].status is ReplayStatus.FAILED


@pytest.mark.parametrize("error", ["ValueError", "ThrottlingException"])
def test_a_failure_under_an_id_that_exists_changes_nothing_of_it(error: str) -> None:
    """Another error with the true payload is a duplicate; with another payload it stands beside
    (tests/unit/use_cases/intake/test_contested.py)."""
    world = World()
    world.fails("event-1")
    before = world.execution("event-1")
    forge(world, "event-1", response=f'{{"errorType":"{error}","errorMessage":"forged"}}')
    assert world.execution("event-1") == before
    assert world.counts[Count.FAILURE_DUPLICATE] == 1
    assert world.group(before.failure.group).count == 1


def test_a_function_that_is_not_allow_listed_is_stored_and_never_invoked() -> None:
    world = automatic_world()
    foreign = "arn:aws:lambda:eu-west-1:123456789012:function:payroll:$LATEST"
    forge(world, "event-1", arn=foreign)
    assert world.execution("event-1").origin is Origin.UNVERIFIED
    minutes(world, 60)
    with pytest.raises(RefusedError) as refused:
        world.replay("event-1")
    assert refused.value.reason is Reason.NOT_ALLOW_LISTED
    assert world.aws.sent == []


def test_times_that_a_forger_chooses_keep_nothing_longer() -> None:
    """A record expires by when it was stored, whatever it says of when it failed."""
    world = World()
    world.fails("event-1")
    honest = world.execution("event-1").expires_at
    world.arrives(record_text("event-2", at=world.clock() + timedelta(days=3650)), sender=FORGER)
    assert world.execution("event-2").expires_at <= honest + timedelta(days=1)
