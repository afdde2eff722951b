"""Automatic replays by the thousand: at the rate, each once, none forgotten."""

import heapq
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice, pairwise
from typing import Any

import pytest

from lambda_replay.domain.executions.execution import Execution
from lambda_replay.domain.executions.id_slot import Entry, Stored
from lambda_replay.domain.executions.outcome_counts import Increment
from lambda_replay.domain.executions.replay import ReplayStatus
from lambda_replay.use_cases.policies.automatic_replay import MOST
from lambda_replay.use_cases.replays.replay_many import BulkReplayer
from tests.support.memory.executions import MemoryEntryStore
from tests.support.world.automatic import MINUTE, left, minutes, policy, world
from tests.support.world.service import FUNCTION, World


class Indexed(MemoryEntryStore):
    """Knows what is due without looking at everything, and counts what it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.read = 0
        self._plans: dict[str, datetime] = {}

    def add(self, entry: Entry) -> Entry | None:
        self._note(entry)
        return super().add(entry)

    def save(self, entry: Entry, counts: Collection[Increment] = ()) -> None:
        super().save(entry, counts)
        self._note(entry)

    def get_many(self, request_ids: Collection[str]) -> dict[str, Entry]:
        found = super().get_many(request_ids)
        self.read += len(found)
        return found

    def retries(self, now: datetime) -> Iterator[str]:
        due = [(at, name) for name, at in self._plans.items() if at <= now]
        heapq.heapify(due)
        while due:
            yield heapq.heappop(due)[1]

    def due(self, now: datetime) -> Iterator[str]:
        return iter(())

    leases = due

    def _note(self, entry: Entry) -> None:
        if isinstance(entry, Execution):
            at = entry.retry_at
            self._plans.pop(entry.id, None)
            if at is not None:
                self._plans[entry.id] = at


def backlog(world: World, size: int) -> None:
    """So many executions of one failure, all due at once."""
    world.fails("event-000000")
    one = world.execution("event-000000")
    record = world.records.get("event-000000")
    assert record is not None
    for number in range(1, size):
        name = f"event-{number:06}"
        world.records.put(replace(record, request_id=name))
        world.store.add(replace(one, id=name, version=0))
    world.clock.pass_(10 * MINUTE)


def test_a_thousand_due_at_once_go_out_at_the_rate_each_once() -> None:
    orders = World(store=Indexed())
    orders.policies.save(policy(rate=2))  # 120 a minute
    backlog(orders, 1000)
    sent = []
    while left(orders):
        before = len(orders.aws.sent)
        orders.sweep()
        sent.append(len(orders.aws.sent) - before)
        orders.clock.pass_(MINUTE)
        assert len(sent) < 100
    assert max(sent) <= 120
    assert sum(sent) == 1000
    assert len(sent) <= 10, "a thousand in little more than eight minutes"
    assert all(len(orders.execution(f"event-{number:06}").replays) == 1 for number in range(1000))


def test_what_is_over_is_given_a_slot_and_met_again_only_then() -> None:
    store = Indexed()
    orders = World(store=store)
    orders.policies.save(policy(rate=1))
    backlog(orders, 1000)
    orders.sweep()
    slots = sorted(at for at in (orders.execution(name).retry_at for name in left(orders)) if at is not None)
    assert len(slots) == 940
    gaps = {later - earlier for earlier, later in pairwise(slots)}
    assert gaps == {timedelta(seconds=1)}
    store.read = 0
    orders.clock.pass_(MINUTE)
    orders.sweep()
    assert len(orders.aws.sent) == 120
    assert store.read == 120, "once to look, once to send"


def test_slots_of_those_who_were_seen_to_by_others_are_free_again() -> None:
    orders = World(store=Indexed())
    orders.policies.save(policy(rate=1))
    backlog(orders, 500)
    orders.sweep()
    assert orders.policies.breaker(FUNCTION).booked_to == orders.clock() + timedelta(seconds=440)
    for name in left(orders)[:-1]:
        orders.store.save(orders.execution(name).planned(None))
    minutes(orders, 8)
    assert orders.policies.breaker(FUNCTION).booked_to is None


def test_a_hundred_thousand_neither_fall_behind_nor_burst() -> None:
    store = Indexed()
    orders = World(store=store)
    orders.policies.save(policy(rate=10))
    backlog(orders, 100_000)
    for sweep in range(1, 13):
        store.read = 0
        orders.sweep()
        assert len(orders.aws.sent) == sweep * 600
        assert store.read <= MOST + 600
        orders.clock.pass_(MINUTE)
    overdue = list(store.retries(orders.clock()))
    assert len(overdue) <= 2 * 600, "all have their slots"
    assert len(left(orders)) == 100_000 - 12 * 600, "and none is lost"
    assert [len(one.replays) for one in _replayed(orders)] == [1] * (12 * 600)


def _replayed(world: World) -> list[Execution]:
    names = (f"event-{number:06}" for number in range(100_000))
    return [found for found in map(world.execution, names) if found.replays]


def test_two_sweeps_at_once_send_each_one_once_and_not_too_many() -> None:
    store = Indexed()
    orders = World(store=store)
    orders.policies.save(policy(rate=1))
    backlog(orders, 200)
    first, second = (orders.automatic().steps(orders.clock()) for _ in range(2))
    for one, other in zip(list(first), list(second), strict=True):
        one()
        other()
    assert len(orders.aws.sent) == 60
    assert max(len(orders.execution(f"event-{n:06}").replays) for n in range(200)) == 1
    orders.clock.pass_(MINUTE)
    orders.sweep()
    assert len(orders.aws.sent) == 120


def test_the_second_of_two_sweeps_leaves_what_changed_since_it_looked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The other sweep has sent it since then, and it has failed already: it is to wait again."""
    orders = world()
    orders.fails("event-1")
    orders.clock.pass_(10 * MINUTE)
    get_many = orders.store.get_many
    looks = 0

    def overtaken(ids: Collection[str]) -> Mapping[str, Stored]:
        nonlocal looks
        looks += 1
        found = get_many(ids)
        if looks == 1:
            orders.sweep()
            orders.fails("run-1", at=orders.clock())
            orders.clock.pass_(timedelta(seconds=1))
        return found

    monkeypatch.setattr(orders.store, "get_many", overtaken)
    orders.sweep()
    assert [answer for answer, _ in orders.aws.sent] == [FUNCTION + ":$LATEST"]
    assert [a.status for a in orders.execution("event-1").replays] == [ReplayStatus.FAILED]


def test_steps_of_one_sweep_side_by_side_keep_to_the_rate() -> None:
    orders = World(store=Indexed())
    orders.policies.save(policy(rate=2))
    backlog(orders, 1000)
    with ThreadPoolExecutor(8) as pool:
        steps = orders.automatic().steps(orders.clock())
        while some := list(islice(steps, 8)):
            list(pool.map(lambda step: step(), some))
    assert len(orders.aws.sent) == 120
    slots = {orders.execution(name).retry_at for name in left(orders)}
    assert len(slots) == 880


def test_what_was_replayed_and_failed_between_look_and_claim_waits_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    orders = world()
    orders.fails("event-1")
    orders.clock.pass_(10 * MINUTE)
    issue, calls = BulkReplayer.issue, []

    def overtaken(self: BulkReplayer, ids: Any, *rest: Any, **options: Any) -> Any:
        calls.append(ids)
        if len(calls) == 1:  # what another sweep does, and how that goes
            issue(self, ids, *rest, **options)
            orders.fails("run-1", at=orders.clock())
        return issue(self, ids, *rest, **options)

    monkeypatch.setattr(BulkReplayer, "issue", overtaken)
    orders.sweep()
    assert len(orders.aws.sent) == 1
    assert left(orders) == ["event-1"]
