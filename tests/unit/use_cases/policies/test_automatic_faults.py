"""Every call to the stores fails once during a sweep of automatic replays, before or after it took effect:
nothing is sent twice, nothing is forgotten unseen."""

from collections import Counter
from datetime import timedelta

import pytest

from lambda_replay.domain.category import Category
from lambda_replay.domain.executions.replay import ReplayStatus
from lambda_replay.domain.executions.retry_rule import RetryRule
from lambda_replay.domain.policies.policy import Policy
from tests.support.world.service import START, World
from tests.unit.use_cases.replays.test_faults import FaultError, Faulty, Script

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
RULE = RetryRule(attempts=3, base=timedelta(seconds=1), cap=timedelta(seconds=1), oldest=DAY)
EVENTS = [f"event-{number}" for number in range(4)]
# Calls of one sweep that sends, holds back and takes away a plan; a few more do not hurt.
POINTS = [(at, after) for at in range(1, 41) for after in (False, True)]


def swept(world: World) -> None:
    try:
        world.sweep()
    except (FaultError, ExceptionGroup):
        world.sweep()


@pytest.mark.parametrize(("at", "after"), POINTS)
def test_one_fault_anywhere(at: int, after: bool) -> None:
    world = World()
    policy = Policy(function="orders", categories=tuple(Category), rule=RULE, rate=2 / 60)
    world.policies.save(policy)
    for name in EVENTS:
        world.fails(name, payload=f'"{name}"')
    script = Script(at, after)
    for part in ("store", "records", "policies"):
        setattr(world, part, Faulty(getattr(world, part), script))
    for _ in range(20):
        world.clock.pass_(MINUTE)
        swept(world)
    sent = Counter(payload.decode().strip('"') for _, payload in world.aws.sent)
    assert all(sent[name] <= 1 for name in EVENTS)
    for name in EVENTS:
        replays = world.execution(name).replays
        statuses = [attempt.status for attempt in replays]
        if not sent[name]:
            assert statuses[-1] is ReplayStatus.UNCERTAIN
        assert statuses[-1] in (ReplayStatus.ACCEPTED, ReplayStatus.UNCERTAIN)
        assert set(statuses[:-1]) <= {ReplayStatus.REJECTED}, "claims that were not sent"
    assert list(world.store.retries(START + 30 * DAY)) == []
    assert world.clock() - START < DAY
