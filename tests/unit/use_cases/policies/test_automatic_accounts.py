"""Functions of one name in several accounts and regions: each has its own policy, breaker and numbers."""

import pytest

from lambda_replay.domain.executions.execution import ExecutionStatus
from lambda_replay.domain.executions.outcome_counts import Increment, automatic_scope
from lambda_replay.domain.policies.circuit_breaker import BreakerState
from lambda_replay.use_cases.policies.breaker_check import automatic_counts
from lambda_replay.use_cases.replays.checks import Checks
from lambda_replay.use_cases.replays.send import ReplayLimits
from tests.support.world.automatic import AGAIN, minutes, policy
from tests.support.world.service import FUNCTION, LIMITS, World

ABROAD = FUNCTION.replace("eu-west-1:123456789012", "us-east-1:210987654321")
BOTH = f"{FUNCTION},{ABROAD}"


class Both(World):
    """May replay either."""

    def checks(self, *, allowed: str = BOTH, limits: ReplayLimits = LIMITS) -> Checks:
        return super().checks(allowed=allowed, limits=limits)


@pytest.fixture
def world() -> World:
    return Both()


def fail(world: World) -> None:
    world.fails("home-1", arn=FUNCTION + ":$LATEST", at=world.clock())
    world.fails("abroad-1", arn=ABROAD + ":$LATEST", at=world.clock())


def test_a_policy_is_for_one_of_them(world: World) -> None:
    world.policies.save(policy(function=FUNCTION))
    fail(world)
    minutes(world, 5)
    assert [target for target, _ in world.aws.sent] == [FUNCTION + ":$LATEST"]
    assert world.execution("abroad-1").status is ExecutionStatus.FAILED


def test_a_breaker_opens_for_one_of_them(world: World) -> None:
    for function in (FUNCTION, ABROAD):
        world.policies.save(policy(function=function))
    reported = 0
    for number in range(60):
        world.fails(f"home-{number}", arn=FUNCTION + ":$LATEST", at=world.clock())
        world.fails(f"abroad-{number}", arn=ABROAD + ":$LATEST", at=world.clock())
        minutes(world, 3)
        for target, _ in world.aws.sent[reported:]:
            reported += 1
            if target.startswith(FUNCTION):
                world.fails(f"run-{reported}", arn=target, response=AGAIN, at=world.clock())
            else:
                world.fails(f"run-{reported}", arn=target, condition="Success", response="null")
        if world.policies.breaker(FUNCTION).state is not BreakerState.CLOSED:
            break
    assert world.policies.breaker(FUNCTION).state is BreakerState.OPEN
    assert world.policies.breaker(ABROAD).state is BreakerState.CLOSED
    counts = automatic_counts(world.store, ABROAD)
    assert counts["succeeded"] > 0
    assert set(counts) == {"succeeded"}


def test_a_policy_of_an_earlier_version_is_for_all_of_its_name(world: World) -> None:
    world.policies.save(policy(function="orders"))
    fail(world)
    minutes(world, 5)
    assert {target for target, _ in world.aws.sent} == {FUNCTION + ":$LATEST", ABROAD + ":$LATEST"}


def test_numbers_of_an_earlier_version_stay_in_the_sum(world: World) -> None:
    world.policies.save(policy(function=FUNCTION))
    world.fails("home-1")
    world.store.save(world.execution("home-1"), [Increment(automatic_scope("orders"), "succeeded", 5)])
    minutes(world, 5)
    world.succeeds("run-1")
    assert automatic_counts(world.store, FUNCTION) == {"succeeded": 6}
    assert automatic_counts(world.store, "orders") == {"succeeded": 5}
