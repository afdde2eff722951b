"""Automatic replays from the failure to their end, around a clock that stands still."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lambda_replay.domain.category import Category
from lambda_replay.domain.executions.execution import ExecutionStatus
from lambda_replay.domain.executions.outcome_counts import automatic_scope
from lambda_replay.domain.executions.replay import ReplayStatus, Trigger
from lambda_replay.domain.policies.policy import Policy
from lambda_replay.ports.invoker import Unanswered
from lambda_replay.use_cases.policies.automatic_replay import AUTOMATIC
from tests.support.world.automatic import (
    AGAIN,
    DAY,
    EVERY,
    HOUR,
    MINUTE,
    RULE,
    change,
    left,
    minutes,
    policy,
    world,
)
from tests.support.world.service import FUNCTION, LIMITS, START, World


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
    assert orders.store.counts(automatic_scope(FUNCTION)) == {"succeeded": 1}


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
    assert orders.store.counts(automatic_scope(FUNCTION)) == {"failed_new": 1, "failed_same": 2}


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
def test_a_policy_that_was_removed_in_between_is_obeyed(now: dict[str, Any]) -> None:
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


def test_a_longer_wait_that_was_set_in_between_holds() -> None:
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


def test_fewer_attempts_that_were_set_in_between_hold() -> None:
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
        if name.endswith(":others"):
            raise OSError("no table")
        return get(name)

    monkeypatch.setattr(both.policies, "get", broken)
    both.clock.pass_(10 * MINUTE)
    with pytest.raises(ExceptionGroup):
        both.sweep()
    assert len(both.execution("event-1").replays) == 1
    assert left(both) == ["event-2"]
