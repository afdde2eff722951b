"""The policies in effect, and changing them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.policies.policy import Policy
from lambda_replay.domain.refusals import Reason, RefusedError
from lambda_replay.use_cases.policies.policies import (
    CurrentPolicies,
    SeenFunctions,
    put_policy,
    remove_policy,
)
from tests.support.memory.jobs import MemoryFunctionStore, MemoryPolicyStore
from tests.support.world.service import FUNCTION, OPERATOR, START, Clock, World

MINUTE = timedelta(minutes=1)


class Unreliable(MemoryPolicyStore):
    def __init__(self) -> None:
        super().__init__()
        self.reads, self.answers = 0, True

    def get(self, function: str) -> Policy | None:
        self.reads += 1
        if not self.answers:
            raise OSError("no table")
        return super().get(function)


def put(store: MemoryPolicyStore, **wanted: Any) -> Policy:
    return put_policy(store, "orders", wanted, check=lambda _: None, at=START, by=OPERATOR, reason="because")


def current(store: Unreliable, *categories: str) -> tuple[CurrentPolicies, Clock, list[Exception]]:
    faults: list[Exception] = []
    clock = Clock()
    return CurrentPolicies(store, categories, clock, faults.append), clock, faults


def test_each_is_read_once_a_minute() -> None:
    store = Unreliable()
    policies, clock, _ = current(store, "timeout")
    assert policies("orders") == policies("orders")
    assert store.reads == 1
    policies("invoices")
    assert store.reads == 2
    put(store, categories=["throttling"])
    assert policies("orders").categories == ("timeout",)
    clock.pass_(MINUTE)
    assert policies("orders").categories == ("throttling",)


def test_a_store_that_does_not_answer_stops_no_one() -> None:
    store = Unreliable()
    put(store, categories=["throttling"])
    policies, clock, faults = current(store, "timeout")
    known = policies("orders")
    store.answers = False
    clock.pass_(MINUTE)
    assert policies("orders") == known
    assert not policies("invoices").enabled, "whether it has one is not known"
    assert len(faults) == 2
    store.answers = True
    clock.pass_(MINUTE)
    assert policies("invoices").categories == ("timeout",)


def test_triage_goes_on_without_policies(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()

    def broken(*_: object) -> None:
        raise OSError("no table")

    monkeypatch.setattr(world.policies, "get", broken)
    monkeypatch.setattr(world.seen, "seen", broken)
    world.fails("event-1")
    assert world.execution("event-1").failure.retry is None
    assert len(world.unread) == 2


def test_functions_are_noted_once_an_hour_by_each_process() -> None:
    noted: list[datetime] = []

    class Counting(MemoryFunctionStore):
        def seen(self, function: FunctionArn, at: datetime) -> None:
            noted.append(at)
            super().seen(function, at)

    clock = Clock()
    seen = SeenFunctions(Counting(), clock, lambda _: None)
    for _ in range(120):
        seen(FunctionArn.parse(FUNCTION + ":live"))
        clock.pass_(MINUTE)
    assert noted == [START, START + 60 * MINUTE]


def test_what_is_not_named_is_as_by_default_and_an_exception_as_the_policy() -> None:
    store = MemoryPolicyStore()
    given = put(store, attempts=5, by_category={"timeout": {"base_seconds": 10}}, by_group={"a" * 32: None})
    assert (given.version, given.at, given.by, given.reason) == (1, START, OPERATOR, "because")
    assert (given.rule.attempts, given.rule.base) == (5, MINUTE)
    timeout = given.by_category["timeout"]
    assert timeout is not None
    assert (timeout.attempts, timeout.base) == (5, timedelta(seconds=10))
    assert given.by_group == {"a" * 32: None}
    assert store.get("orders") == given


@pytest.mark.parametrize(
    "wanted",
    [
        {"attempts": 0},
        {"attempts": "many"},
        {"base_seconds": "soon"},
        {"base_seconds": 1e300},
        {"cap_seconds": float("nan")},
        {"rate": None},
        {"categories": None},
        {"by_category": {"timeout": 3}},
        {"by_group": {"a" * 32: {"attempts": "2"}}},
        {"qualifier": 3},
    ],
    ids=str,
)
def test_what_can_not_be_used_changes_nothing(wanted: dict[str, Any]) -> None:
    store = MemoryPolicyStore()
    with pytest.raises(RefusedError) as refused:
        put(store, **wanted)
    assert refused.value.reason is Reason.POLICY_INVALID
    assert store.get("orders") is None


def test_a_policy_that_is_taken_back_stays_as_removed() -> None:
    store = Unreliable()
    assert remove_policy(store, "orders", at=START, by=OPERATOR, reason=None) is None
    put(store, categories=["throttling"])
    removed = remove_policy(store, "orders", at=START, by=OPERATOR, reason="done")
    assert removed is not None
    assert (removed.removed, removed.version, removed.reason) == (True, 2, "done")
    assert remove_policy(store, "orders", at=START, by=OPERATOR, reason=None) == removed
    assert current(store, "timeout")[0]("orders").categories == ("timeout",)
    assert put(store).version == 3
