"""`policy test` says what the service would do: held against the service itself."""

from datetime import timedelta
from typing import Any

import pytest

from api.executions.views import detail_view, execution_view
from api.functions.models import PolicyRequest
from lambda_replay.domain.executions.execution import Decision, Execution, Verb
from lambda_replay.domain.functions.allow_list import AllowList
from lambda_replay.domain.policies.policy import Policy
from lambda_replay.domain.policies.requested import policy_from_mapping
from lambda_replay.ports.invoker import Unanswered
from lambda_replay_cli.policies.simulate import SimulatedReplay, tried
from tests.support.world.service import FUNCTION, OPERATOR, START, World, record_text

THROTTLED = '{"errorType":"ThrottlingException","errorMessage":"Rate exceeded"}'
EVERY = AllowList(("*",))
ON: dict[str, Any] = {"categories": ["throttling"]}


@pytest.fixture
def world() -> World:
    return World()


def throttled(world: World, name: str = "a") -> Execution:
    world.fails(name, response=THROTTLED)
    found = world.execution(name)
    assert found.failure.category == "throttling"
    return found


def verdict(execution: Execution, reported: dict[str, Any] = ON) -> SimulatedReplay:
    """Of what the API would answer."""
    detail = detail_view(execution, None).model_dump(mode="json")
    row = execution_view(execution).model_dump(mode="json")
    [found] = tried(policy_from_mapping("orders", reported), [row], lambda _: detail, EVERY)
    assert (found.at is None) == (found.why is not None)
    return found


def test_the_time_is_the_very_one_that_the_service_would_draw(world: World) -> None:
    world.categories = ("throttling",)
    planned = throttled(world).retry_at
    assert planned is not None
    assert verdict(world.execution("a")).at == planned


def test_a_policy_that_is_asked_for_means_what_it_will_when_it_is_set(world: World) -> None:
    execution = throttled(world)
    assert execution.retry_at is None, "no policy is in effect"
    reported = {
        **ON,
        "base_seconds": 3600,
        "by_category": {"throttling": {"attempts": 1, "cap_seconds": 7200}},
    }
    made = PolicyRequest.model_validate(reported)
    rule = policy_from_mapping("orders", reported).rule_for(execution.failure)
    assert rule is not None
    assert (rule.attempts, rule.base, rule.cap) == (1, timedelta(hours=1), timedelta(hours=2))
    assert rule.oldest == timedelta(seconds=made.max_age_seconds)
    assert verdict(execution, reported).at == execution.planned(rule).retry_at


def test_what_is_by_default_here_is_by_default_there() -> None:
    request = PolicyRequest().model_dump(exclude={"reason"})
    assert (
        policy_from_mapping("orders", request)
        == policy_from_mapping("orders", {})
        == Policy(function="orders")
    )


@pytest.mark.parametrize(
    ("reported", "why"),
    [
        ({"categories": ["timeout"]}, "category throttling is not among timeout"),
        ({}, "category throttling is not among those of the policy"),
        ({**ON, "enabled": False}, "the policy is off"),
        ({**ON, "by_category": {"throttling": None}}, "category throttling: never"),
    ],
)
def test_a_policy_that_does_not_mean_it_says_so(world: World, reported: dict[str, Any], why: str) -> None:
    assert verdict(throttled(world), reported).why == why


def test_a_group_goes_before_its_category(world: World) -> None:
    execution = throttled(world)
    group = execution.failure.group
    assert verdict(execution, {**ON, "by_group": {group: None}}).why == f"group {group[:8]}: never"
    assert verdict(execution, {"by_group": {group: {"attempts": 2}}}).at is not None


def test_what_went_well_since_is_reported_as_that(world: World) -> None:
    throttled(world)
    world.replay("a")
    assert verdict(world.execution("a")).why == "it is replaying"
    world.succeeds("run-1")
    assert verdict(world.execution("a")).why == "recovered already"


def test_what_recovered_by_itself_is_reported_as_that(world: World) -> None:
    world.categories = ("throttling",)
    throttled(world)
    world.wait(timedelta(minutes=3))
    world.succeeds("run-1")
    assert verdict(world.execution("a")).why == "recovered already, by an automatic replay"


def test_attempts_are_used_up_by_automatic_replays_alone(world: World) -> None:
    world.categories = ("throttling",)
    throttled(world)
    world.replay("a")
    world.arrives(record_text("run-1", response=THROTTLED, at=world.clock()))
    assert verdict(world.execution("a"), {**ON, "attempts": 1}).at is not None
    world.wait(timedelta(minutes=5))
    world.arrives(record_text("run-2", response=THROTTLED, at=world.clock()))
    found = verdict(world.execution("a"), {**ON, "attempts": 1})
    assert found.why == "has had its automatic replays: 1"
    assert verdict(world.execution("a")).at == world.execution("a").retry_at


def test_an_uncertain_replay_is_left_to_people_unless_it_does_no_harm(world: World) -> None:
    throttled(world)
    world.aws.answer = lambda _: Unanswered()
    world.replay("a")
    assert verdict(world.execution("a")).why == "a replay is uncertain, and the function not idempotent"
    assert verdict(world.execution("a"), {**ON, "idempotent": True}).at is not None


def test_what_is_ignored_or_has_no_payload_is_left_alone(world: World) -> None:
    world.fails("b", response=THROTTLED, payload=None)
    assert verdict(world.execution("b")).why == "payload_missing: nothing to send"
    ignored = throttled(world).decide(Decision(verb=Verb.IGNORED, at=START, by=OPERATOR))
    assert verdict(ignored).why == "it is ignored"


def test_what_was_stored_late_may_be_too_old_already(world: World) -> None:
    world.clock.pass_(timedelta(hours=2))
    found = verdict(throttled(world), {**ON, "max_age_seconds": 300})
    assert found.why == "its wait would end when it is older than the policy allows"


def test_replays_are_asked_for_only_where_they_matter(world: World) -> None:
    world.fails("other")
    throttled(world)
    rows = [execution_view(world.execution(name)).model_dump(mode="json") for name in ("other", "a")]

    def never(_: str) -> dict[str, Any]:
        raise AssertionError

    other, mine = tried(policy_from_mapping("orders", ON), rows, never, EVERY)
    assert (other.at, mine.why) == (None, None)
    assert mine.as_row()["id"] == "a"
    assert FUNCTION.endswith("orders")
