"""The table refuses everything for twelve hours: what waits is stored afterwards, once, and nothing is given
up (docs/reference/service.md#refused-once)."""

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest

from lambda_replay.use_cases.intake.keep import LONGEST
from tests.chaos.examine import violations
from tests.chaos.service import Service
from tests.chaos.setting import service
from tests.support.chaos import FunctionFailedError

WAITING, OUTAGE = 500, timedelta(hours=12)


@pytest.fixture
def world(_no_account: None) -> Iterator[Service]:
    logging.disable(logging.CRITICAL)
    with service() as made:
        made.reset()
        yield made
    logging.disable(logging.NOTSET)


def goes_on(world: Service, until: timedelta) -> None:
    """Time passes, ten minutes at a time: what comes again by then comes in whole batches."""
    end = world.clock.time + until
    while world.clock.time < end:
        world.deliver_all()
        world.clock.time += timedelta(minutes=10)
    world.deliver_all()


def test_an_outage_of_twelve_hours_loses_nothing_and_leaves_nothing_to_do(world: Service) -> None:
    world.send(*[world.fails(f"event-{number}") for number in range(WAITING)])
    world.chaos.down = frozenset({"dynamodb"})
    goes_on(world, OUTAGE)

    assert len(world.queue) == WAITING
    assert world.dead_letters == []
    # No hot loop: six that double, and one in 15 to 30 minutes from then on.
    assert max(message.receives for message in world.queue) <= 6 + OUTAGE / timedelta(seconds=LONGEST / 2) + 1

    world.chaos.down = frozenset()
    goes_on(world, timedelta(seconds=LONGEST))
    assert world.queue == []
    world.commit()
    assert violations(world, {}) == []
    [group] = world.call("GET", "/groups")[1]["groups"]
    assert (group["count"], world.dead_letters) == (WAITING, [])


def test_a_deployment_that_crashes_at_once_for_twelve_hours(
    world: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can't even ask SQS to wait: the queue's own visibility timeout does."""
    world.send(*[world.fails(f"event-{number}") for number in range(20)])
    run = world.run
    with monkeypatch.context() as patch:

        def crash(*_: object) -> None:
            raise FunctionFailedError("triage")

        patch.setattr(world, "run", crash)
        goes_on(world, OUTAGE)
    assert (len(world.queue), world.dead_letters, world.run) == (20, [], run)
    goes_on(world, timedelta(minutes=21))
    world.commit()
    assert violations(world, {}) == []
