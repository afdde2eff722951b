"""Replays into functions that isolate their tenants."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lambda_replay.adapters.jmespath_search import search
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.executions.tenant import tenant_id
from lambda_replay.domain.functions.function_config import FunctionConfig
from lambda_replay.domain.policies.policy import DEFAULT_RULE
from lambda_replay.domain.refusals import Reason, RefusedError
from lambda_replay.use_cases.function_lookup import FunctionLookup
from lambda_replay.use_cases.replays.replay_one import ReplayCommand
from lambda_replay.use_cases.replays.send import Source
from tests.support.world.automatic import RULE, minutes, policy
from tests.support.world.service import FUNCTION, OPERATOR, START, World

PAYLOAD = '{"detail": {"customer": "blue", "number": 42, "flag": true, "ratio": 1.5, "odd": "a\\nb"}}'
FACTS = FunctionConfig(
    code="c", version="1", modified_at=START, timeout=timedelta(seconds=3), isolates_tenants=True
)


@pytest.fixture
def world() -> World:
    world = World()
    world.fails("event-1", payload=PAYLOAD)
    world.functions.known[FUNCTION] = FACTS
    return world


def refusal(world: World, tenant: str | None) -> Reason:
    with pytest.raises(RefusedError) as refused:
        world.replay("event-1", tenant=tenant)
    assert not world.aws.sent
    assert not world.execution("event-1").replays
    return refused.value.reason


@pytest.mark.parametrize(
    ("tenant", "sent"),
    [("blue", "blue"), ("jmespath:detail.customer", "blue"), ("jmespath:detail.number", "42")],
)
def test_whom_it_is_sent_for(world: World, tenant: str, sent: str) -> None:
    replay = world.replay("event-1", tenant=tenant)
    assert world.aws.named == [(sent, None)]
    assert replay.tenant == sent


@pytest.mark.parametrize(
    ("tenant", "reason"),
    [
        (None, Reason.TENANT_REQUIRED),
        ("jmespath:detail.nothing", Reason.TENANT_NOT_FOUND),
        ("jmespath:detail", Reason.TENANT_NOT_FOUND),
        ("jmespath:detail.flag", Reason.TENANT_NOT_FOUND),
        ("jmespath:detail.ratio", Reason.TENANT_NOT_FOUND),
        ("jmespath:detail.odd", Reason.TENANT_NOT_FOUND),
        ("jmespath:abs(detail)", Reason.TENANT_NOT_FOUND),
        ("jmespath:detail[", Reason.TENANT_PATH_INVALID),
        ("jmespath:", Reason.TENANT_PATH_INVALID),
    ],
)
def test_without_one_nothing_is_sent(world: World, tenant: str | None, reason: Reason) -> None:
    assert refusal(world, tenant) is reason
    preview = world.replayer().preview(ReplayCommand(execution_id="event-1", by=OPERATOR, tenant=tenant))
    assert preview.refusal is not None
    assert preview.refusal.reason is reason


def test_of_the_patched_payload(world: World) -> None:
    world.replay("event-1", tenant="jmespath:detail.customer", patch='{"detail": {"customer": "green"}}')
    assert world.aws.named == [("green", None)]


def test_a_function_without_tenants_is_sent_none(world: World) -> None:
    """Lambda would refuse it."""
    world.functions.known[FUNCTION] = replace(FACTS, isolates_tenants=False)
    world.replay("event-1", tenant="blue")
    assert world.aws.named == [(None, None)]


def test_where_it_is_not_known_lambda_decides(world: World) -> None:
    del world.functions.known[FUNCTION]
    world.replay("event-1", tenant="blue")
    assert world.aws.named == [("blue", None)]


def test_a_payload_that_cannot_be_read_has_no_tenant() -> None:
    assert search(b"\xff", "a") is None
    assert search(b"[" * 100_000, "a") is None


@pytest.mark.parametrize("found", ["", "x" * 257, "ü", "a\n", None, [], {}, True, 1.0])
def test_what_is_no_tenants_id(found: object) -> None:
    assert tenant_id(found) is None


def test_of_many_those_without_one_are_left_out(world: World) -> None:
    world.fails("event-2", payload='{"detail": {}}')
    options = ReplayOptions(tenant="jmespath:detail.customer")
    issued = world.bulk().issue(["event-1", "event-2"], options, Source(by=OPERATOR))
    assert issued.claimed == {"event-1"}
    assert issued.skipped == {"event-2": Reason.TENANT_NOT_FOUND}
    assert world.aws.named == [("blue", None)]


def test_a_plan_counts_them(world: World) -> None:
    plan = world.planning().plan(None, ["event-1"], ReplayOptions(named=True), lambda: True)
    assert dict(plan.ineligible)[Reason.TENANT_REQUIRED] == 1
    with_one = ReplayOptions(named=True, tenant="jmespath:detail.nothing")
    plan = world.planning().plan(None, ["event-1"], with_one, lambda: True)
    assert [one.refusal for one in plan.sample] == [Reason.TENANT_NOT_FOUND]
    with pytest.raises(RefusedError):
        world.planning().plan(None, ["event-1"], replace(with_one, tenant="jmespath:["), lambda: True)


def test_a_policy_says_whom_its_replays_are_for(world: World) -> None:
    rule = replace(RULE, tenant="jmespath:detail.customer")
    world.policies.save(policy(rule=rule))
    world.fails("event-2", payload=PAYLOAD, at=world.clock())
    minutes(world, 5)
    assert ("blue", None) in world.aws.named


def test_a_policy_without_one_is_refused(world: World) -> None:
    existing = FunctionLookup(world.checks().allowed, world.functions, world.seen)
    with pytest.raises(RefusedError) as refused:
        existing(policy(rule=DEFAULT_RULE))
    assert refused.value.reason is Reason.TENANT_REQUIRED
    existing(policy(rule=replace(DEFAULT_RULE, tenant="blue")))
    existing(policy(enabled=False))


def test_the_same_key_for_another_tenant_is_another_request(world: World) -> None:
    world.replay("event-1", tenant="blue", idempotency_key="k")
    with pytest.raises(RefusedError) as refused:
        world.replay("event-1", tenant="green", idempotency_key="k")
    assert refused.value.reason is Reason.IDEMPOTENCY_KEY_REUSED
