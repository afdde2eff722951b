"""The breaker: when it opens, tries, closes, and at which rate it lets out what."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_replay.domain.executions.replay import ReplayStatus
from lambda_replay.domain.policies.circuit_breaker import Breaker, BreakerState, Totals
from tests.support.world.service import START

MINUTE = timedelta(minutes=1)
TIME_TO_OUTCOME = timedelta(minutes=5)


def breaker(**of: object) -> Breaker:
    return Breaker(function="orders", **of)  # type: ignore[arg-type]  # passed through


def look(at: Breaker, failed: int, passed: int, now: datetime = START) -> Breaker:
    return at.look(Totals(failed, passed), now, time_to_outcome=TIME_TO_OUTCOME)


def opened(now: datetime = START) -> Breaker:
    found = look(breaker(), failed=5, passed=0, now=now)
    assert found.state is BreakerState.OPEN
    return found


def trying(now: datetime) -> Breaker:
    return opened(now).tries("event-1", now)


def judged(status: ReplayStatus | None, after: timedelta) -> Breaker:
    return trying(START).judge(status, Totals(6, 0), START + after, time_to_outcome=TIME_TO_OUTCOME)


@pytest.mark.parametrize(
    ("failed", "passed", "sent", "opens"),
    [
        (4, 0, 4, False),
        (5, 0, 5, True),
        (5, 5, 10, False),
        (6, 5, 11, True),
        (30, 0, 100, False),  # of the other 70 nobody has heard yet
        (51, 0, 100, True),
        (7, 0, 0, True),  # sent before it was last judged
    ],
)
def test_it_opens_when_most_of_what_was_sent_failed(failed: int, passed: int, sent: int, opens: bool) -> None:
    found = look(breaker(sent=sent, judged_at=START), failed, passed)
    assert (found.state is BreakerState.OPEN) is opens
    if opens:
        assert found.reason == f"{failed} of {max(sent, failed + passed)} automatic replays failed"
        assert (found.since, found.retry_at) == (START, START + 5 * MINUTE)


def test_a_long_good_time_is_no_credit() -> None:
    found, now = breaker(), START
    for _ in range(100):  # ten a minute; a success is never heard of
        found = look(found.lets_out(10, now), failed=0, passed=0, now=now)
        now += MINUTE
    failed = 0
    while found.state is BreakerState.CLOSED:
        failed += 10
        found = look(found.lets_out(10, now), failed, passed=0, now=now)
        now += MINUTE
    assert failed < 100


def test_failures_far_apart_open_it_too() -> None:
    found, now = breaker(), START
    for failed in range(1, 6):
        found = look(found.lets_out(1, now), failed, passed=0, now=now + timedelta(hours=1))
        now += timedelta(hours=2)
    assert found.state is BreakerState.OPEN


def test_nothing_new_changes_nothing() -> None:
    found = breaker()
    assert look(found, 0, 0) is found
    assert look(opened(), 100, 0).retry_at == opened().retry_at
    closed = breaker(sent=3, judged_at=START)
    assert look(closed, 1, 1) is closed


@pytest.mark.parametrize(
    ("status", "after", "state"),
    [
        (ReplayStatus.CLAIMED, MINUTE, BreakerState.TRIAL),
        (ReplayStatus.ACCEPTED, MINUTE, BreakerState.TRIAL),
        (ReplayStatus.ACCEPTED, TIME_TO_OUTCOME, BreakerState.CLOSED),
        (ReplayStatus.SUCCEEDED, MINUTE, BreakerState.CLOSED),
        (ReplayStatus.UNCONFIRMED, MINUTE, BreakerState.CLOSED),
        (ReplayStatus.FAILED, MINUTE, BreakerState.OPEN),
        (ReplayStatus.REJECTED, MINUTE, BreakerState.OPEN),
        (ReplayStatus.UNCERTAIN, MINUTE, BreakerState.OPEN),
        (None, MINUTE, BreakerState.TRIAL),  # its claim may be on its way
        (None, TIME_TO_OUTCOME, BreakerState.OPEN),
    ],
)
def test_what_a_trial_shows(status: ReplayStatus | None, after: timedelta, state: BreakerState) -> None:
    found = judged(status, after)
    assert found.state is state
    assert (found.retry_at is not None) is (state is BreakerState.OPEN)
    assert (found.trial is not None) is (state is BreakerState.TRIAL)


def test_a_trial_that_was_not_sent_costs_no_pause() -> None:
    assert judged(None, TIME_TO_OUTCOME).wants_trial(START + TIME_TO_OUTCOME)
    assert trying(START).untried(START).wants_trial(START)


def test_each_pause_is_twice_the_one_before_up_to_an_hour_until_a_trial_passes() -> None:
    now, pauses, found = START, [], opened()
    for _ in range(7):
        assert found.retry_at is not None
        pauses.append((found.retry_at - now) / MINUTE)
        assert not found.wants_trial(found.retry_at - timedelta(milliseconds=1))
        now = found.retry_at
        assert found.wants_trial(now)
        found = found.tries("event-1", now).judge(
            ReplayStatus.FAILED, Totals(6, 0), now, time_to_outcome=TIME_TO_OUTCOME
        )
    assert pauses == [5, 10, 20, 40, 60, 60, 60]
    assert found.retry_at is not None
    closed = found.tries("event-1", now).judge(
        ReplayStatus.SUCCEEDED, Totals(6, 1), now, time_to_outcome=TIME_TO_OUTCOME
    )
    assert (closed.state, closed.reason, closed.pauses) == (BreakerState.CLOSED, None, 0)
    assert look(closed, failed=6, passed=1).state is BreakerState.CLOSED
    assert look(closed, failed=11, passed=1).state is BreakerState.OPEN


def test_until_when_the_others_wait() -> None:
    hour = timedelta(hours=1)
    assert breaker().holds_until(START, time_to_outcome=TIME_TO_OUTCOME) == START
    assert opened().holds_until(START, time_to_outcome=TIME_TO_OUTCOME) == START + 5 * MINUTE
    assert opened().holds_until(START + hour, time_to_outcome=TIME_TO_OUTCOME) == START + hour
    assert (
        trying(START).holds_until(START + MINUTE, time_to_outcome=TIME_TO_OUTCOME) == START + TIME_TO_OUTCOME
    )


@given(rate=st.floats(0.001, 1000), gaps=st.lists(st.timedeltas(timedelta(), 10 * MINUTE), max_size=50))
def test_over_time_no_more_goes_out_than_the_rate_lets(rate: float, gaps: list[timedelta]) -> None:
    found, now, out = breaker(), START, 0
    burst = max(1.0, rate * 60)
    for gap in gaps:
        now += gap
        allowed = found.allowance(rate, now)
        assert 0 <= allowed <= burst
        out += allowed
        found = found.lets_out(allowed, now) if allowed else found
        assert out <= burst + rate * (now - START).total_seconds()


def test_a_slow_rate_comes_to_something_all_the_same() -> None:
    found = breaker().lets_out(1, START)
    assert found.allowance(0.01, START + 99 * timedelta(seconds=1)) == 0
    assert found.allowance(0.01, START + 100 * timedelta(seconds=1)) == 1
    assert found.allowance(0.01, START + timedelta(days=1)) == 1


@given(rate=st.floats(0.001, 1000), sizes=st.lists(st.integers(0, 50), max_size=10))
def test_slots_are_a_rates_length_apart_and_never_shared(rate: float, sizes: list[int]) -> None:
    found, taken = breaker(), [START]
    for size in sizes:
        found, slots = found.books(size, rate, START)
        assert len(slots) == size
        taken += slots
    for earlier, later in pairwise(taken):
        assert abs((later - earlier).total_seconds() - 1 / rate) <= 0.001
    assert found.unbooked().booked_to is None


def test_free_slots_begin_now() -> None:
    found = replace(breaker(), booked_to=START - timedelta(hours=1))
    _, slots = found.books(2, 10, START)
    assert slots == [START + timedelta(milliseconds=100), START + timedelta(milliseconds=200)]


def test_totals_of_outcomes() -> None:
    counts = {
        "succeeded": 1, "unconfirmed": 2, "failed_same": 4, "failed_new": 8, "uncertain": 16,
        "rejected:throttled": 32, "rejected:access_denied": 64, "rejected:not_sent": 128,
    }  # fmt: skip
    assert Totals.of(counts) == Totals(failed=4 + 8 + 16 + 32 + 64, passed=3)
    assert Totals.of({}) == Totals()
