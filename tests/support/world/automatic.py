"""A World with a policy, for the tests of automatic replay."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from lambda_replay.domain.category import Category
from lambda_replay.domain.executions.retry_rule import RetryRule
from lambda_replay.domain.policies.policy import Policy
from tests.support.world.service import World

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
EVERY = tuple(Category)
RULE = RetryRule(attempts=3, base=MINUTE, cap=HOUR, oldest=DAY)
AGAIN = '{"errorType":"KeyError","errorMessage":"again"}'


def policy(**of: Any) -> Policy:
    return Policy(**{"function": "orders", "categories": EVERY, "rule": RULE, **of})


def world(**of: Any) -> World:
    """Every failure of `orders` is replayed automatically."""
    found = World()
    found.policies.save(policy(**of))
    return found


def minutes(world: World, count: int) -> None:
    """Let them pass, a sweep in each."""
    for _ in range(count):
        world.clock.pass_(MINUTE)
        world.sweep()


def change(world: World, **of: Any) -> None:
    found = world.policies.get("orders")
    assert found is not None
    world.policies.save(replace(found, **of))


def left(world: World) -> list[str]:
    """Executions that still have a plan."""
    return sorted(world.store.retries(world.clock() + 100 * DAY))


def failing(world: World, count: int) -> None:
    world.arrives(*[_record(f"event-{number:06}", world.clock()) for number in range(count)])


def _record(request_id: str, at: datetime) -> str:
    from tests.support.world.service import record_text

    return record_text(request_id, at=at)


def answers(world: World, done: int, *, good: bool) -> int:
    """The runs sent since the first `done` tell how they went; returns how many there are now."""
    for number in range(done + 1, len(world.aws.sent) + 1):
        if good:
            world.succeeds(f"run-{number}")
        else:
            world.fails(f"run-{number}", at=world.clock())
    return len(world.aws.sent)
