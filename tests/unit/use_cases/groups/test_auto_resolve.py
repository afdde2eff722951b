"""A group is resolved by the service only when all its failures have recovered, also when the index lags."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_replay.domain.executions.filter import ExecutionFilter
from lambda_replay.domain.groups.group import GroupStatus, GroupVerb
from lambda_replay.domain.pagination import Position
from lambda_replay.ports.executions import Page
from tests.support.memory.executions import MemoryEntryStore
from tests.support.world.service import World

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


class Lagging(MemoryEntryStore):
    """Its lists don't show these yet."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden: set[str] = set()

    def page(self, wanted: ExecutionFilter, *, limit: int, after: Position | None = None) -> Page:
        page = super().page(wanted, limit=limit, after=after)
        shown = tuple(one for one in page.executions if one.id not in self.hidden)
        return Page(shown, page.after)


@pytest.fixture
def world() -> World:
    """One failure has recovered just now, and the check of its group is asked for."""
    world = World(store=Lagging())
    world.fails("event-1")
    world.clock.pass_(MINUTE)
    world.replay("event-1")
    world.succeeds("run-1")
    return world


def group(world: World) -> GroupStatus:
    return world.group(world.execution("event-1").failure.group).status


def minutes(world: World, number: int) -> None:
    for _ in range(number):
        world.clock.pass_(MINUTE)
        world.sweep()


def test_a_group_whose_failures_recovered_is_resolved(world: World) -> None:
    minutes(world, 6)
    assert group(world) is GroupStatus.RESOLVED


@given(st.integers(0, 8 * 60), st.integers(0, 55))
def test_a_failure_that_the_index_does_not_show_yet_keeps_it_open(when: int, lag: int) -> None:
    """It comes so many seconds after the recovery, and the index shows it within a minute."""
    world = World(store=Lagging())
    world.fails("event-1")
    world.replay("event-1")
    world.succeeds("run-1")
    began = world.clock()
    sweeps = [began + number * MINUTE for number in range(1, 20)]
    comes, shows = began + when * SECOND, began + (when + lag) * SECOND
    store = world.store
    assert isinstance(store, Lagging)
    for at in sorted([*sweeps, comes, shows], key=lambda at: (at, at not in (comes, shows))):
        world.clock.time = at
        if at == comes:
            store.hidden.add("event-2")
            world.fails("event-2", at=at)
        if at == shows:
            store.hidden.discard("event-2")
        if at in sweeps:
            world.sweep()
    assert group(world) in (GroupStatus.OPEN, GroupStatus.REGRESSED)


def test_a_failure_from_before_that_comes_late_opens_it_again_without_an_alert(world: World) -> None:
    """Its message was long under way: it is no regression, but not all have recovered."""
    failed_at = world.clock()
    minutes(world, 6)
    assert group(world) is GroupStatus.RESOLVED
    world.fails("event-2", at=failed_at)
    found = world.group(world.execution("event-1").failure.group)
    assert (found.status, found.alert) == (GroupStatus.OPEN, None)
    assert found.decision is not None
    assert found.decision.verb is GroupVerb.REOPENED
    world.replay("event-2")
    world.succeeds("run-2")
    minutes(world, 6)
    assert group(world) is GroupStatus.RESOLVED
