"""Which rule of a policy applies, and what no policy may say."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lambda_replay.domain.executions.retry_rule import RetryRule
from lambda_replay.domain.policies.policy import DEFAULT_RULE, Policy, stack_policy
from tests.unit.domain.executions.test_retry_rule import failure

FAILURE = failure(None)  # throttling
GROUP = FAILURE.group
OTHER = replace(DEFAULT_RULE, attempts=7)


def policy(**of: Any) -> Policy:
    return Policy(**{"function": "orders", "categories": ("throttling",), **of})


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        (policy(), DEFAULT_RULE),
        (policy(categories=("timeout",)), None),
        (policy(enabled=False), None),
        (policy(enabled=False, by_group={GROUP: OTHER}), None),
        (policy(by_category={"throttling": OTHER}), OTHER),
        (policy(by_category={"throttling": None}), None),
        (policy(categories=(), by_category={"throttling": OTHER}), OTHER),
        (policy(by_category={"timeout": OTHER}), DEFAULT_RULE),
        (policy(by_category={"throttling": OTHER}, by_group={GROUP: None}), None),
        (policy(categories=(), by_group={GROUP: OTHER}), OTHER),
        (policy(by_group={"a" * 32: None}), DEFAULT_RULE),
        (stack_policy("orders", ("throttling",)), DEFAULT_RULE),
        (stack_policy("orders", ("timeout",)), None),
        (stack_policy("orders", ()), None),
    ],
)
def test_a_group_goes_before_its_category_and_that_before_the_rest(
    given: Policy, rule: RetryRule | None
) -> None:
    assert given.rule_for(FAILURE) == rule


def rule(**of: Any) -> RetryRule:
    return replace(DEFAULT_RULE, **of)


SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"rule": rule(attempts=0)}, "attempts"),
        ({"rule": rule(attempts=21)}, "attempts"),
        ({"rule": rule(base=SECOND / 2)}, "base_seconds"),
        ({"rule": rule(base=2 * DAY, cap=7 * DAY)}, "base_seconds"),
        ({"rule": rule(cap=8 * DAY)}, "cap_seconds"),
        ({"rule": rule(base=DAY, cap=SECOND)}, "cap_seconds"),
        ({"rule": rule(oldest=SECOND)}, "max_age_seconds"),
        ({"rule": rule(oldest=31 * DAY)}, "max_age_seconds"),
        ({"rule": rule(qualifier="a b")}, "qualifier"),
        ({"rate": 0.0}, "rate"),
        ({"rate": 1000.5}, "rate"),
        ({"rate": float("nan")}, "rate"),
        ({"categories": ("slow",)}, "categories"),
        ({"by_category": {"slow": None}}, "by_category"),
        ({"by_category": {"timeout": rule(attempts=0)}}, "by_category.timeout.attempts"),
        ({"by_group": {"xyz": None}}, "by_group"),
        ({"by_group": {GROUP: rule(attempts=0)}}, f"by_group.{GROUP}.attempts"),
        ({"by_group": {f"{n:032x}": None for n in range(101)}}, "by_group: more than 100"),
        ({"function": "a:b"}, "function"),
    ],
    ids=lambda given: str(given)[:60],
)
def test_what_is_refused_is_named(given: dict[str, Any], named: str) -> None:
    objections = list(policy(**given).objections())
    assert objections
    assert any(objection.startswith(named) for objection in objections)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"rule": rule(attempts=1, base=SECOND, cap=SECOND, oldest=timedelta(minutes=5))},
        {"rule": rule(attempts=20, base=DAY, cap=7 * DAY, oldest=30 * DAY, qualifier="$LATEST")},
        {"rate": 0.001},
        {"rate": 1000},
        {"by_category": {"timeout": None}, "by_group": {GROUP: OTHER}},
    ],
    ids=lambda given: str(given)[:60],
)
def test_the_bounds_themselves_are_good(given: dict[str, Any]) -> None:
    assert list(policy(**given).objections()) == []
