"""The breaker of automatic replay: it opens, tries, and closes."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from lambda_replay.domain.executions.execution import ExecutionStatus
from lambda_replay.domain.executions.replay import ReplayStatus
from lambda_replay.domain.functions.function_config import FunctionConfig
from lambda_replay.domain.policies.circuit_breaker import Breaker, BreakerState
from lambda_replay.domain.refusals import Reason
from lambda_replay.ports.invoker import InvokeAnswer, Rejected
from tests.support.world.automatic import MINUTE, RULE, answers, failing, left, minutes, world
from tests.support.world.service import FUNCTION, START, World


def test_the_breaker_opens_tries_and_closes() -> None:
    orders = world(rate=0.1, rule=replace(RULE, attempts=20))  # six a minute
    failing(orders, 30)
    done = 0
    for _ in range(10):
        minutes(orders, 1)
        done = answers(orders, done, good=False)
        if orders.policies.breaker(FUNCTION).state is BreakerState.OPEN:
            break
    minutes(orders, 1)
    opened = orders.policies.breaker(FUNCTION)
    assert opened.state is BreakerState.OPEN
    assert opened.reason is not None
    assert opened.reason.endswith("automatic replays failed")
    assert done == 6
    minutes(orders, 4)
    assert len(orders.aws.sent) == done, "none while it is open"
    minutes(orders, 1)
    assert len(orders.aws.sent) == done + 1, "and then one"
    assert orders.policies.breaker(FUNCTION).state is BreakerState.TRIAL
    done = answers(orders, done, good=False)
    minutes(orders, 15)
    opened = orders.policies.breaker(FUNCTION)
    assert opened.reason == "the replay sent as a trial: failed"
    assert len(orders.aws.sent) == done
    while orders.policies.breaker(FUNCTION).state is BreakerState.OPEN:
        minutes(orders, 1)
    assert len(orders.aws.sent) == done + 1
    done = answers(orders, done, good=True)
    for _ in range(60):
        minutes(orders, 1)
        done = answers(orders, done, good=True)
    assert orders.policies.breaker(FUNCTION).state is BreakerState.CLOSED
    assert left(orders) == []
    assert all(
        orders.execution(f"event-{number:06}").status is ExecutionStatus.RECOVERED for number in range(30)
    )


def test_a_trial_of_which_nothing_is_heard_has_passed_when_a_failure_would_have_come() -> None:
    orders = world(rate=0.1)
    facts = FunctionConfig(code="c", version="7", modified_at=START, timeout=MINUTE, retries=0)
    orders.functions.known[FUNCTION] = facts
    orders.policies.save_breaker(_open(orders, START))
    failing(orders, 8)
    waited = 0
    while orders.policies.breaker(FUNCTION).state is not BreakerState.CLOSED:
        assert len(orders.aws.sent) <= 1
        minutes(orders, 1)
        waited += 1
    assert waited == 4, "two until the first is due, and a minute and a half"
    assert len(orders.aws.sent) > 1, "the same sweep goes on"
    minutes(orders, 10)
    assert len(orders.aws.sent) == 8


def _open(world: World, retry_at: datetime) -> Any:
    return replace(
        world.policies.breaker(FUNCTION), state=BreakerState.OPEN, since=START, retry_at=retry_at, reason="x"
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
    assert orders.policies.breaker(FUNCTION).state is BreakerState.OPEN
    assert len(orders.aws.sent) < 10


def stopped(world: World) -> list[tuple[str, str]]:
    return [m for m in world.mailbox.messages if m[0].startswith("Automatic replays")]


def opens(world: World) -> None:
    """Most of what is sent is rejected, until the breaker opens."""
    world.aws.answer = lambda _: Rejected(Reason.THROTTLED)
    failing(world, 30)
    for _ in range(20):
        minutes(world, 1)
        if world.policies.breaker(FUNCTION).state is BreakerState.OPEN:
            return
    raise AssertionError("it stays closed")


def test_an_opening_is_one_alert() -> None:
    orders = world(rate=0.1)
    opens(orders)
    breaker = orders.policies.breaker(FUNCTION)
    minutes(orders, 120)  # trials fail, and it opens again and again
    assert orders.policies.breaker(FUNCTION).pauses > 2
    [(subject, text)] = stopped(orders)
    assert breaker.reason is not None
    assert subject == f"Automatic replays of orders have stopped: {breaker.reason}"
    assert text.splitlines() == [
        subject,
        f"  one is sent as a trial after {breaker.retry_at:%Y-%m-%d %H:%M}Z",
        "  GET /functions/orders/policy",
        "  lambda-replay console --open functions/orders",
    ]
    assert "boom" not in text


def test_the_next_opening_is_another() -> None:
    orders = world(rate=0.1)
    opens(orders)
    minutes(orders, 1)
    orders.policies.save_breaker(
        replace(orders.policies.breaker(FUNCTION), state=BreakerState.CLOSED, pauses=0, retry_at=None)
    )
    opens(orders)
    minutes(orders, 1)
    assert len(stopped(orders)) == 2


def test_an_alert_that_can_not_be_sent_waits() -> None:
    orders = world(rate=0.1)
    opens(orders)
    orders.mailbox.messages.clear()
    orders.mailbox.reachable = False
    with pytest.raises(ExceptionGroup):
        minutes(orders, 1)
    assert orders.policies.breaker(FUNCTION).alert_pending
    orders.mailbox.reachable = True
    minutes(orders, 2)
    assert len(stopped(orders)) == 1
    assert not orders.policies.breaker(FUNCTION).alert_pending


def test_an_alert_that_was_sent_and_not_noted_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = world(rate=0.1)
    opens(orders)
    orders.mailbox.messages.clear()

    def dies(_: Breaker) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(orders.policies, "save_breaker", dies)
        with pytest.raises(KeyboardInterrupt):
            minutes(orders, 1)
    minutes(orders, 2)
    assert len(stopped(orders)) == 2


def test_a_breaker_that_has_closed_by_then_is_no_alert() -> None:
    orders = world(rate=0.1)
    opens(orders)
    breaker = orders.policies.breaker(FUNCTION)
    closed = replace(breaker, state=BreakerState.TRIAL, trial="event-1", since=START).judge(
        ReplayStatus.SUCCEEDED, breaker.judged, orders.clock(), time_to_outcome=MINUTE
    )
    orders.policies.save_breaker(closed)
    minutes(orders, 1)
    assert stopped(orders) == []
