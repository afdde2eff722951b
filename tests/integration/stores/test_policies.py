"""One suite for every store of policies, breakers and functions: what the in-memory one promises, the table
keeps."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from lambda_replay.adapters.dynamodb.policies.mapping import function_item
from lambda_replay.domain.executions.retry_rule import RetryRule
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.policies.circuit_breaker import Breaker, BreakerState, Totals
from lambda_replay.domain.policies.policy import Policy
from lambda_replay.ports.common import StaleVersionError
from lambda_replay.ports.policies import FunctionStore, PolicyStatus, PolicyStore, SeenFunction
from tests.support.memory.jobs import MemoryFunctionStore, MemoryPolicyStore
from tests.support.table import create_storage
from tests.support.world.service import FUNCTION, START

MINUTE = timedelta(minutes=1)
RULE = RetryRule(
    attempts=5,
    base=timedelta(seconds=30.5),
    cap=timedelta(hours=2),
    oldest=timedelta(days=3),
    idempotent=True,
    unverified_origin=True,
    qualifier="live",
)


@pytest.fixture(params=["memory", "dynamodb"])
def stores(request: pytest.FixtureRequest) -> Iterator[tuple[PolicyStore, FunctionStore]]:
    if request.param == "memory":
        yield MemoryPolicyStore(), MemoryFunctionStore()
    else:
        request.getfixturevalue("aws")
        storage = create_storage()
        yield storage.policies, storage.functions


@pytest.fixture
def policies(stores: tuple[PolicyStore, FunctionStore]) -> PolicyStore:
    return stores[0]


@pytest.fixture
def functions(stores: tuple[PolicyStore, FunctionStore]) -> FunctionStore:
    return stores[1]


def full_policy() -> Policy:
    """Every field has a value."""
    return Policy(
        function="orders",
        enabled=False,
        categories=("throttling", "timeout"),
        rule=RULE,
        by_category={"timeout": replace(RULE, qualifier=None), "unknown": None},
        by_group={"a" * 32: None, "b" * 32: replace(RULE, attempts=1)},
        rate=0.5,
        at=START,
        by="arn:aws:iam::123456789012:user/ops",
        reason="the partner is slow on Sundays",
        removed=True,
    )


def full_breaker() -> Breaker:
    return Breaker(
        function="orders",
        state=BreakerState.TRIAL,
        since=START,
        reason="7 of 9 automatic replays failed",
        retry_at=START + MINUTE,
        pauses=3,
        trial="event-1",
        judged=Totals(failed=7, passed=2),
        judged_at=START - MINUTE,
        sent=12,
        sent_at=START + timedelta(milliseconds=250),
        booked_to=START + timedelta(hours=1),
        alert_pending=True,
    )


@pytest.mark.parametrize("given", [Policy(function="orders"), full_policy()])
def test_a_policy_comes_back(policies: PolicyStore, given: Policy) -> None:
    assert policies.get("orders") is None
    policies.save(given)
    assert policies.get("orders") == replace(given, version=1)
    assert policies.get("invoices") is None


def test_a_policys_versions_are_kept(policies: PolicyStore) -> None:
    assert policies.history("orders") == []
    first = replace(full_policy(), removed=False)
    policies.save(first)
    policies.save(replace(full_policy(), version=1, reason="no longer needed"))
    with pytest.raises(StaleVersionError):
        policies.save(replace(full_policy(), version=1, reason="too late"))
    assert policies.history("orders") == [
        replace(full_policy(), version=2, reason="no longer needed"),
        replace(first, version=1),
    ]
    assert policies.history("invoices") == []


def test_a_history_is_bounded(policies: PolicyStore) -> None:
    for version in range(55):
        policies.save(replace(full_policy(), by_group={}, version=version))
    assert [one.version for one in policies.history("orders")] == list(range(55, 5, -1))


@pytest.mark.parametrize("given", [Breaker(function="orders"), full_breaker()])
def test_a_breaker_comes_back(policies: PolicyStore, given: Breaker) -> None:
    assert policies.breaker("orders") == Breaker(function="orders")
    policies.save_breaker(given)
    assert policies.breaker("orders") == replace(given, version=1)


def test_breakers_with_an_alert_are_found(policies: PolicyStore) -> None:
    policies.save_breaker(full_breaker())
    policies.save_breaker(replace(full_breaker(), function="invoices", alert_pending=False))
    assert list(policies.alerting(START)) == ["orders"]
    assert list(policies.alerting(START - MINUTE)) == []
    policies.save_breaker(replace(full_breaker(), alert_pending=False, version=1))
    assert list(policies.alerting(START)) == []


def test_each_is_changed_by_one_writer_at_a_time(policies: PolicyStore) -> None:
    policies.save(full_policy())
    policies.save(replace(full_policy(), rate=2, version=1))
    for version in (0, 1, 3):
        with pytest.raises(StaleVersionError):
            policies.save(replace(full_policy(), version=version))
    policies.save_breaker(full_breaker())
    for version in (0, 2):
        with pytest.raises(StaleVersionError):
            policies.save_breaker(replace(full_breaker(), version=version))
    found = policies.get("orders")
    assert found is not None
    assert (found.rate, found.version) == (2, 2)


def test_many_standings_at_once(policies: PolicyStore) -> None:
    policies.save(full_policy())
    policies.save_breaker(replace(full_breaker(), function="invoices"))
    assert policies.standings([]) == {}
    assert policies.standings(["orders", "invoices", "nobody"]) == {
        "orders": PolicyStatus(replace(full_policy(), version=1), Breaker(function="orders")),
        "invoices": PolicyStatus(None, replace(full_breaker(), function="invoices", version=1)),
        "nobody": PolicyStatus(None, Breaker(function="nobody")),
    }


def arn(name: str) -> FunctionArn:
    return FunctionArn.parse(FUNCTION.replace("orders", name))


def test_functions_that_failed_are_listed_the_last_seen_first(functions: FunctionStore) -> None:
    assert functions.page(limit=10).functions == ()
    for minute, name in enumerate(["orders", "invoices", "mails", "orders"]):
        functions.seen(arn(name).with_qualifier("live"), START + minute * MINUTE)
    functions.seen(arn("mails"), START)  # came late
    newest_first = [("orders", 3), ("mails", 2), ("invoices", 1)]
    seen = [SeenFunction(arn(name), START + minute * MINUTE) for name, minute in newest_first]
    first = functions.page(limit=2)
    assert list(first.functions) == seen[:2]
    second = functions.page(limit=2, after=first.after)
    assert list(second.functions) == seen[2:]
    assert second.after is None
    assert functions.page(limit=3).after is None


# ---------------------------------------------------------------- what earlier versions stored under the name

HOME, ABROAD = FUNCTION, FUNCTION.replace("eu-west-1:123456789012", "us-east-1:210987654321")


def test_functions_of_one_name_in_two_accounts_are_two(policies: PolicyStore) -> None:
    policies.save(replace(full_policy(), function=HOME))
    policies.save_breaker(replace(full_breaker(), function=HOME))
    assert policies.get(ABROAD) is None
    assert policies.breaker(ABROAD) == Breaker(function=ABROAD)
    assert policies.standings([HOME, ABROAD]) == {
        HOME: PolicyStatus(
            replace(full_policy(), function=HOME, version=1),
            replace(full_breaker(), function=HOME, version=1),
        ),
        ABROAD: PolicyStatus(None, Breaker(function=ABROAD)),
    }


def test_what_stands_under_a_name_alone_is_in_force_until_a_function_has_its_own(
    policies: PolicyStore,
) -> None:
    policies.save(full_policy())
    policies.save_breaker(full_breaker())
    for function in (HOME, ABROAD):
        inherited = replace(full_policy(), function=function)
        judged = replace(full_breaker(), function=function)
        assert policies.get(function) == inherited
        assert policies.breaker(function) == judged
        assert policies.standings([function]) == {function: PolicyStatus(inherited, judged)}
    policies.save(replace(full_policy(), function=HOME, rate=7))
    policies.save_breaker(replace(full_breaker(), function=HOME, pauses=9))
    own, other = policies.get(HOME), policies.get(ABROAD)
    assert own is not None
    assert other is not None
    assert (own.rate, own.version, other.rate, other.version) == (7, 1, 0.5, 0)
    assert (policies.breaker(HOME).pauses, policies.breaker(ABROAD).pauses) == (9, 3)
    with pytest.raises(StaleVersionError):
        policies.save(replace(full_policy(), function=HOME))


def test_functions_of_one_name_are_listed_and_found_each(functions: FunctionStore) -> None:
    home, abroad = FunctionArn.parse(HOME), FunctionArn.parse(ABROAD)
    functions.seen(home, START)
    functions.seen(abroad, START + MINUTE)
    assert [one.function for one in functions.page(limit=9).functions] == [abroad, home]
    assert sorted(functions.named("orders"), key=str) == [home, abroad]
    assert functions.named("order") == []


def test_a_function_that_was_listed_by_its_name_is_listed_once(aws: None) -> None:
    functions = create_storage().functions
    old = function_item(FunctionArn.parse(HOME), START)
    old.id, old.active = "function:orders", old.active.replace(HOME, "orders")
    old.save()
    first = SeenFunction(FunctionArn.parse(HOME), START)
    assert functions.page(limit=9).functions == (first,)
    assert functions.named("orders") == [first.function]
    functions.seen(first.function, START + MINUTE)
    assert functions.page(limit=9).functions == (replace(first, at=START + MINUTE),)
    assert functions.named("orders") == [first.function]
