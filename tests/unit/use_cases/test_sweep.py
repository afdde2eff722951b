"""What a sweep does first, what it does in turns, and what it leaves."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from lambda_replay.domain.executions.execution import Execution
from lambda_replay.domain.executions.id_slot import Entry, Link, Stored
from lambda_replay.domain.executions.replay import ReplayStatus, Trigger
from lambda_replay.use_cases.policies import automatic_replay
from tests.support.world.automatic import EVERY, MINUTE, minutes, policy, world
from tests.support.world.jobs import failed
from tests.support.world.service import FUNCTION, World

SECOND = timedelta(seconds=1)
OTHER = FUNCTION.replace("orders", "others") + ":$LATEST"


class Died(BaseException):
    """The process, not the call."""


def stray(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """`event-0` is replayed by a process that dies before it can link the run, which fails at once: triage
    takes that for an execution of its own, `run-1`. A second before the lease ends."""
    world.fails("event-0")  # before there is a policy: it has no plan of its own
    world.policies.save(policy())
    world.clock.pass_(10 * MINUTE)

    def dies(*_: object) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr("lambda_replay.use_cases.executions.correlate.establish", dies)
        with pytest.raises(Died):
            world.replay("event-0")
    world.clock.pass_(5 * SECOND)
    world.fails("run-1")
    world.clock.pass_(114 * SECOND)


def sent(world: World) -> list[str]:
    return [target.partition(":function:")[2] for target, _ in world.aws.sent]


@pytest.mark.parametrize("span", [0, 1, 2, 20, 50])
@pytest.mark.parametrize("source", ["leases", "due"])
def test_a_lease_that_ends_during_a_sweep_is_followed_up_once(
    monkeypatch: pytest.MonkeyPatch, source: str, span: int
) -> None:
    orders = World()
    stray(orders, monkeypatch)
    with monkeypatch.context() as patch:
        found = getattr(orders.store, source)

        def slow(now: datetime) -> Iterator[str]:
            yield from found(now)
            orders.clock.pass_(span * SECOND)

        patch.setattr(orders.store, source, slow)
        orders.sweep()
    minutes(orders, 10)
    event, run = orders.execution("event-0"), orders.link("run-1")
    assert run.execution_id == "event-0"
    assert [attempt.trigger for attempt in event.replays] == [Trigger.MANUAL, Trigger.AUTOMATIC]
    assert len(orders.aws.sent) == 2


def test_a_claim_that_can_not_be_settled_holds_its_function_back(monkeypatch: pytest.MonkeyPatch) -> None:
    both = World()
    both.categories = EVERY
    stray(both, monkeypatch)
    both.fails("foreign", arn=OTHER)
    monkeypatch.setattr(both, "checks", partial(both.checks, allowed="*"))
    both.clock.pass_(4 * MINUTE)
    save: Callable[..., None] = both.store.save

    def fails(entry: Entry, counts: Any = ()) -> None:
        if isinstance(entry, Link):
            raise OSError("no table")
        save(entry, counts)

    with monkeypatch.context() as patch:
        patch.setattr(both.store, "save", fails)
        for _ in range(3):
            with pytest.raises(ExceptionGroup):
                both.sweep()
    assert sent(both) == ["orders:$LATEST", "others:$LATEST"]
    minutes(both, 10)
    assert sent(both) == ["orders:$LATEST", "others:$LATEST", "orders:$LATEST"]
    assert both.link("run-1").execution_id == "event-0"


@pytest.mark.parametrize("broken", ["get", "leases"])
def test_where_it_is_not_known_what_is_unsettled_nothing_goes_out(
    monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    orders = World()
    stray(orders, monkeypatch)
    orders.clock.pass_(4 * MINUTE)
    get = orders.store.get

    def fails(asked: Any) -> Any:
        if asked == "event-0" or broken == "leases":
            raise OSError("no table")
        return get(asked)

    with monkeypatch.context() as patch:
        patch.setattr(orders.store, broken, fails)
        with pytest.raises(ExceptionGroup):
            orders.sweep()
    assert len(orders.aws.sent) == 1
    minutes(orders, 10)
    assert len(orders.aws.sent) == 2
    assert orders.link("run-1").execution_id == "event-0"


def test_a_sweep_without_time_for_all_leases_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = World()
    stray(orders, monkeypatch)
    orders.clock.pass_(4 * MINUTE)
    for answers in ([], [True], [True, True]):
        asked = iter(answers)
        orders.sweep(lambda asked=asked: next(asked, False))  # type: ignore[misc]  # bound now
    assert len(orders.aws.sent) == 1


def busy(world: World, *, windows: int, due: int) -> None:
    """So many outcome windows have closed, and so many automatic replays are due."""
    failed(world, windows)
    world.start_job()
    world.drive(turns=windows // 100 + 2)
    assert len(world.aws.sent) == windows
    world.clock.pass_(timedelta(hours=7))
    world.policies.save(policy(rate=1000))
    failed(world, due, first=windows)
    world.clock.pass_(5 * MINUTE)


def work_takes(world: World, visit: timedelta, invoke: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    get = world.store.get

    def slow(name: str) -> Stored | None:
        world.clock.pass_(visit)
        return get(name)

    monkeypatch.setattr(world.store, "get", slow)
    world.aws.meanwhile = lambda: world.clock.pass_(invoke)


def closed(world: World, windows: int) -> int:
    names = [f"event-{number:04}" for number in range(windows)]
    found = world.store.get_many(names).values()
    return sum(
        isinstance(one, Execution) and one.replays[0].status is ReplayStatus.UNCONFIRMED for one in found
    )


def test_automatic_replays_do_not_wait_for_the_end_of_everything_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    orders = World()
    busy(orders, windows=300, due=50)
    work_takes(orders, 0.3 * SECOND, 0.1 * SECOND, monkeypatch)
    ends_at = orders.clock() + 50 * SECOND
    orders.sweep(lambda: orders.clock() < ends_at)
    assert len(orders.aws.sent) == 350
    assert 0 < closed(orders, 300) < 300


def test_neither_starves_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = World()
    busy(orders, windows=300, due=600)
    work_takes(orders, 0.3 * SECOND, 0.2 * SECOND, monkeypatch)
    ends_at = orders.clock() + 50 * SECOND
    orders.sweep(lambda: orders.clock() < ends_at)
    sending, closing = (len(orders.aws.sent) - 300) * 0.2, closed(orders, 300) * 2 * 0.3
    assert min(sending, closing) > 10, "seconds, of the 50"


def test_a_sweep_ends_in_time_however_long_invokes_take(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = world(rate=1000)
    names = failed(orders, 120)
    orders.clock.pass_(10 * MINUTE)
    orders.aws.meanwhile = lambda: orders.clock.pass_(8 * SECOND)
    began = orders.clock()
    orders.sweep(
        lambda: orders.clock() < began + 50 * SECOND, may_send=lambda: orders.clock() < began + 40 * SECOND
    )
    assert orders.clock() <= began + 48 * SECOND
    assert len(orders.aws.sent) == 5
    statuses = [attempt.status for name in names for attempt in orders.execution(name).replays]
    assert statuses == [ReplayStatus.ACCEPTED] * 5
    assert orders.policies.breaker(FUNCTION).sent == 5
    orders.aws.meanwhile = lambda: None
    minutes(orders, 10)
    assert len(orders.aws.sent) == 120


def test_steps_of_one_function_send_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = world(rate=1000)
    failed(orders, 2)
    orders.clock.pass_(10 * MINUTE)
    monkeypatch.setattr(automatic_replay, "STEP", 1)
    both = threading.Barrier(2)

    def at_the_same_time() -> None:
        both.wait(timeout=10)

    orders.aws.meanwhile = at_the_same_time
    with ThreadPoolExecutor(2) as pool:
        own = replace(orders.automatic(), bulk=replace(orders.bulk(), pool=pool))
        replace(orders.sweeper(), automatic=own.steps, width=2).run(lambda: True)
    assert len(orders.aws.sent) == 2
