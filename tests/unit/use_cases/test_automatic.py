"""Automatic replays from the failure to their end, around a clock that stands still."""

import heapq
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice, pairwise
from typing import Any

import pytest

from lambda_replay.adapters.memory import MemoryEntryStore
from lambda_replay.domain.breaker import BreakerState
from lambda_replay.domain.category import Category
from lambda_replay.domain.entry import Entry
from lambda_replay.domain.execution import Execution, ExecutionStatus
from lambda_replay.domain.function_facts import FunctionFacts
from lambda_replay.domain.policy import Policy
from lambda_replay.domain.reasons import Reason
from lambda_replay.domain.replay import ReplayStatus, Trigger
from lambda_replay.domain.retry import RetryRule
from lambda_replay.domain.score import Increment, automatic_scope
from lambda_replay.ports import InvokeAnswer, Rejected, Unanswered
from lambda_replay.use_cases.automatic import AUTOMATIC, MOST
from lambda_replay.use_cases.bulk import BulkReplayer
from tests.support.world import FUNCTION, LIMITS, START, World

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


def test_nothing_is_replayed_without_a_policy() -> None:
    quiet = World()
    quiet.fails("event-1")
    minutes(quiet, 10)
    assert quiet.aws.sent == []
    assert left(quiet) == []


def test_the_stacks_categories_are_a_policy_for_every_function() -> None:
    stack = World()
    stack.fails("before")
    category = stack.execution("before").failure.category
    stack.categories = (category,)
    stack.fails("event-1")
    stack.categories = tuple(other for other in Category if other != category)
    stack.fails("event-2")
    assert left(stack) == ["event-1"]


def test_it_is_replayed_by_the_sweep_after_its_wait_with_the_bytes_it_had() -> None:
    orders = world()
    orders.fails("event-1", payload=' {"n": 1.10}')
    due = orders.execution("event-1").retry_at
    assert due is not None
    orders.clock.time = due - timedelta(milliseconds=1)
    orders.sweep()
    assert orders.aws.sent == []
    orders.clock.time = due
    orders.sweep()
    orders.sweep()
    assert orders.aws.sent == [(FUNCTION + ":$LATEST", b' {"n": 1.10}')]
    [attempt] = orders.execution("event-1").replays
    assert (attempt.trigger, attempt.by) == (Trigger.AUTOMATIC, AUTOMATIC)
    orders.succeeds("run-1")
    assert orders.execution("event-1").status is ExecutionStatus.RECOVERED
    minutes(orders, 300)
    assert len(orders.aws.sent) == 1
    assert orders.store.counts(automatic_scope("orders")) == {"succeeded": 1}


def test_one_that_fails_again_and_again_is_left_alone_after_its_attempts() -> None:
    orders = world()
    orders.fails("event-1")
    for number in range(1, 4):
        minutes(orders, 10)
        assert len(orders.aws.sent) == number
        orders.fails(f"run-{number}", at=orders.clock(), response=AGAIN)
    minutes(orders, 500)
    assert len(orders.aws.sent) == 3
    assert left(orders) == []
    assert orders.execution("event-1").status is ExecutionStatus.FAILED
    assert orders.store.counts(automatic_scope("orders")) == {"failed_new": 1, "failed_same": 2}


def test_one_that_recovers_is_done() -> None:
    orders = world()
    orders.fails("event-1")
    minutes(orders, 10)
    orders.fails("run-1", at=orders.clock())
    minutes(orders, 10)
    orders.succeeds("run-2")
    minutes(orders, 100)
    assert len(orders.aws.sent) == 2
    assert orders.execution("event-1").status is ExecutionStatus.RECOVERED


def test_the_failure_of_a_persons_replay_is_followed_up_too() -> None:
    orders = world(enabled=False)
    orders.fails("event-1")
    change(orders, enabled=True)
    orders.replay("event-1")
    orders.fails("run-1", at=orders.clock())
    minutes(orders, 10)
    assert [a.trigger for a in orders.execution("event-1").replays] == [Trigger.MANUAL, Trigger.AUTOMATIC]


@pytest.mark.parametrize("idempotent", [False, True])
def test_an_uncertain_one_is_repeated_only_where_that_does_no_harm(idempotent: bool) -> None:
    orders = world(rule=replace(RULE, idempotent=idempotent, attempts=2))
    orders.aws.answer = lambda _: Unanswered()
    orders.fails("event-1")
    minutes(orders, 60)
    assert len(orders.aws.sent) == (2 if idempotent else 1)
    assert {a.status for a in orders.execution("event-1").replays} == {ReplayStatus.UNCERTAIN}
    assert left(orders) == []


def test_a_claim_whose_process_died_is_not_repeated() -> None:
    orders = world()

    def dies() -> None:
        raise KeyboardInterrupt

    orders.aws.meanwhile = dies
    orders.fails("event-1")
    with pytest.raises(KeyboardInterrupt):
        minutes(orders, 10)
    orders.aws.meanwhile = lambda: None
    orders.clock.pass_(LIMITS.lease)
    minutes(orders, 300)
    assert len(orders.aws.sent) == 1
    assert [a.status for a in orders.execution("event-1").replays] == [ReplayStatus.UNCERTAIN]


@pytest.mark.parametrize(
    "now",
    [
        {"enabled": False},
        {"removed": True},
        {"categories": ()},
        {"by_category": dict.fromkeys(EVERY)},
        {"rule": replace(RULE, oldest=timedelta(seconds=30))},
    ],
    ids=str,
)
def test_a_policy_that_was_taken_back_meanwhile_is_obeyed(now: dict[str, Any]) -> None:
    orders = world()
    orders.fails("event-1")
    change(orders, **now)
    minutes(orders, 10)
    assert orders.aws.sent == []
    assert left(orders) == []
    change(orders, enabled=True, removed=False, categories=EVERY, by_category={}, rule=RULE)
    minutes(orders, 300)
    assert orders.aws.sent == [], "what was not to be replayed stays so"


def test_a_group_may_be_left_out() -> None:
    orders = world()
    orders.fails("event-1")
    orders.fails("event-2", response=AGAIN)
    change(orders, by_group={orders.execution("event-2").failure.group: None})
    minutes(orders, 10)
    assert [a.number for a in orders.execution("event-1").replays] == [1]
    assert orders.execution("event-2").replays == ()


def test_a_longer_wait_that_was_set_meanwhile_holds() -> None:
    orders = world()
    orders.fails("event-1")
    slow = replace(RULE, base=6 * HOUR, cap=6 * HOUR)
    change(orders, rule=slow)
    due = orders.execution("event-1").planned(slow).retry_at
    assert due is not None
    assert due > START + 10 * MINUTE
    minutes(orders, 10)
    assert orders.aws.sent == []
    assert orders.execution("event-1").retry_at == due


def test_fewer_attempts_that_were_set_meanwhile_hold() -> None:
    orders = world()
    orders.fails("event-1")
    minutes(orders, 10)
    orders.fails("run-1", at=orders.clock())
    change(orders, rule=replace(RULE, attempts=1))
    minutes(orders, 100)
    assert len(orders.aws.sent) == 1
    assert left(orders) == []


def test_the_qualifier_of_the_policy() -> None:
    orders = world(rule=replace(RULE, qualifier="live"))
    orders.fails("event-1")
    minutes(orders, 10)
    assert [target for target, _ in orders.aws.sent] == [FUNCTION + ":live"]


def test_a_sweep_that_comes_too_late_for_it_replays_nothing() -> None:
    orders = world()
    orders.fails("event-1")
    orders.clock.pass_(DAY + MINUTE)
    orders.sweep()
    assert orders.aws.sent == []
    assert left(orders) == []


def test_what_can_never_be_replayed_is_not_met_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = world()
    orders.policies.save(policy(function="others"))
    orders.fails("not-allowed", arn=FUNCTION.replace("orders", "others"))
    orders.fails("gone")
    orders.fails("good")
    payloads = orders.records.payloads
    monkeypatch.setattr(
        orders.records, "payloads", lambda ids: {k: v for k, v in payloads(ids).items() if k != "gone"}
    )
    minutes(orders, 10)
    assert len(orders.aws.sent) == 1
    assert left(orders) == []
    assert orders.execution("gone").replays == ()


def test_one_function_that_can_not_be_looked_after_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    both = world()
    both.categories = EVERY
    both.fails("event-1")
    both.fails("event-2", arn=FUNCTION.replace("orders", "others"))
    get = both.policies.get

    def broken(name: str) -> Policy | None:
        if name == "others":
            raise OSError("no table")
        return get(name)

    monkeypatch.setattr(both.policies, "get", broken)
    both.clock.pass_(10 * MINUTE)
    with pytest.raises(ExceptionGroup):
        both.sweep()
    assert len(both.execution("event-1").replays) == 1
    assert left(both) == ["event-2"]


def failing(world: World, count: int) -> None:
    world.arrives(*[_record(f"event-{number:06}", world.clock()) for number in range(count)])


def _record(request_id: str, at: datetime) -> str:
    from tests.support.world import record_text

    return record_text(request_id, at=at)


def answers(world: World, done: int, *, good: bool) -> int:
    """The runs sent since the first `done` tell how they went; returns how many there are now."""
    for number in range(done + 1, len(world.aws.sent) + 1):
        if good:
            world.succeeds(f"run-{number}")
        else:
            world.fails(f"run-{number}", at=world.clock())
    return len(world.aws.sent)


def test_the_breaker_opens_tries_and_closes() -> None:
    orders = world(rate=0.1, rule=replace(RULE, attempts=20))  # six a minute
    failing(orders, 30)
    done = 0
    for _ in range(10):
        minutes(orders, 1)
        done = answers(orders, done, good=False)
        if orders.policies.breaker("orders").state is BreakerState.OPEN:
            break
    minutes(orders, 1)
    opened = orders.policies.breaker("orders")
    assert opened.state is BreakerState.OPEN
    assert opened.reason is not None
    assert opened.reason.endswith("automatic replays failed")
    assert done == 6
    minutes(orders, 4)
    assert len(orders.aws.sent) == done, "none while it is open"
    minutes(orders, 1)
    assert len(orders.aws.sent) == done + 1, "and then one"
    assert orders.policies.breaker("orders").state is BreakerState.TRIAL
    done = answers(orders, done, good=False)
    minutes(orders, 15)
    opened = orders.policies.breaker("orders")
    assert opened.reason == "the replay sent as a trial: failed"
    assert len(orders.aws.sent) == done
    while orders.policies.breaker("orders").state is BreakerState.OPEN:
        minutes(orders, 1)
    assert len(orders.aws.sent) == done + 1
    done = answers(orders, done, good=True)
    for _ in range(60):
        minutes(orders, 1)
        done = answers(orders, done, good=True)
    assert orders.policies.breaker("orders").state is BreakerState.CLOSED
    assert left(orders) == []
    assert all(
        orders.execution(f"event-{number:06}").status is ExecutionStatus.RECOVERED for number in range(30)
    )


def test_a_trial_of_which_nothing_is_heard_has_passed_when_a_failure_would_have_come() -> None:
    orders = world(rate=0.1)
    facts = FunctionFacts(code="c", version="7", modified_at=START, timeout=MINUTE, retries=0)
    orders.functions.known[FUNCTION] = facts
    orders.policies.save_breaker(_open(orders, START))
    failing(orders, 8)
    waited = 0
    while orders.policies.breaker("orders").state is not BreakerState.CLOSED:
        assert len(orders.aws.sent) <= 1
        minutes(orders, 1)
        waited += 1
    assert waited == 4, "two until the first is due, and a minute and a half"
    assert len(orders.aws.sent) > 1, "the same sweep goes on"
    minutes(orders, 10)
    assert len(orders.aws.sent) == 8


def _open(world: World, retry_at: datetime) -> Any:
    return replace(
        world.policies.breaker("orders"), state=BreakerState.OPEN, since=START, retry_at=retry_at, reason="x"
    )


def test_a_trial_that_is_refused_makes_room_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = world()
    orders.policies.save_breaker(_open(orders, START))
    failing(orders, 3)
    first = min(left(orders), key=lambda name: orders.execution(name).retry_at or START)
    payloads = orders.records.payloads
    monkeypatch.setattr(
        orders.records, "payloads", lambda ids: {k: v for k, v in payloads(ids).items() if k != first}
    )
    minutes(orders, 4)
    assert len(orders.aws.sent) == 1
    assert orders.execution(first).replays == ()
    assert first not in left(orders)


def test_rejections_open_it_too() -> None:
    orders = world(rate=0.1)

    def throttled(_: int) -> InvokeAnswer:
        return Rejected(Reason.THROTTLED)

    orders.aws.answer = throttled
    failing(orders, 30)
    minutes(orders, 30)
    assert orders.policies.breaker("orders").state is BreakerState.OPEN
    assert len(orders.aws.sent) < 10


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
        self.read += len(request_ids)
        return super().get_many(request_ids)

    def retries(self, now: datetime) -> Iterator[str]:
        due = [(at, name) for name, at in self._plans.items() if at <= now]
        heapq.heapify(due)
        while due:
            yield heapq.heappop(due)[1]

    def due(self, now: datetime) -> Iterator[str]:
        return iter(())

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
    assert orders.policies.breaker("orders").booked_to == orders.clock() + timedelta(seconds=440)
    for name in left(orders)[:-1]:
        orders.store.save(orders.execution(name).planned(None))
    minutes(orders, 8)
    assert orders.policies.breaker("orders").booked_to is None


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
    """The other sweep has sent it meanwhile, and it has failed already: it is to wait again."""
    orders = world()
    orders.fails("event-1")
    orders.clock.pass_(10 * MINUTE)
    get_many = orders.store.get_many
    looks = 0

    def overtaken(ids: Collection[str]) -> dict[str, Entry]:
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
