"""How long a run may take to say that it failed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambda_replay.domain.functions.function_config import FunctionConfig


def facts(**changes: Any) -> FunctionConfig:
    given: dict[str, Any] = {
        "code": "0123456789ab",
        "version": "7",
        "modified_at": datetime(2026, 1, 31, 9, tzinfo=UTC),
        "timeout": timedelta(seconds=30),
    }
    return FunctionConfig(**(given | changes))


def test_lambdas_defaults_hold_until_it_says_otherwise() -> None:
    assert (facts().event_age, facts().retries) == (timedelta(hours=6), 2)


@pytest.mark.parametrize(
    ("event_age", "timeout", "window"),
    [
        (timedelta(hours=6), timedelta(seconds=30), timedelta(hours=6, minutes=5, seconds=30)),
        (timedelta(seconds=60), timedelta(seconds=3), timedelta(minutes=6, seconds=3)),
        (timedelta(hours=1), timedelta(minutes=15), timedelta(hours=1, minutes=20)),
    ],
)
def test_the_window_is_open_while_the_last_attempt_may_run(
    event_age: timedelta, timeout: timedelta, window: timedelta
) -> None:
    """The event may wait for its whole age, the last attempt run for its timeout, and the record travels."""
    assert facts(event_age=event_age, timeout=timeout).outcome_window == window


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_fewer_retries_close_no_window_earlier(retries: int) -> None:
    """Throttled attempts are no retries, and wait until the event's age ends."""
    assert facts(retries=retries).outcome_window == facts().outcome_window


@pytest.mark.parametrize(
    ("retries", "time"),
    [
        (0, timedelta(seconds=30 + 30)),
        (1, timedelta(minutes=1, seconds=2 * 30 + 30)),
        (2, timedelta(minutes=3, seconds=3 * 30 + 30)),
    ],
)
def test_a_run_fails_for_good_after_its_attempts_and_the_waits_between_them(
    retries: int, time: timedelta
) -> None:
    """Lambda waits one minute before the first retry and two before the second."""
    assert facts(retries=retries).failure_time == time


def test_a_run_that_nothing_holds_up_fails_within_its_window() -> None:
    for retries in range(3):
        usual = facts(retries=retries, timeout=timedelta(minutes=15))
        assert usual.failure_time < usual.outcome_window
