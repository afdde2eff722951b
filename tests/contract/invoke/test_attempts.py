"""The decisions after each try, without a server (docs/reference/lambda.md#retries)."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from local.async_invoke import record
from local.async_invoke.attempts import Attempts
from local.async_invoke.model import DeadLetter, End, Event, Outcome, Settings, Wait

EVENT = Event("an-id", "arn:aws:lambda:eu-west-1:123456789012:function:fn", None, b" {} ")
FAILED = Outcome("failed", b'{"errorMessage":"no"}', seconds=0.2)
THROTTLED = Outcome("throttled")


def test_the_waits_between_retries() -> None:
    """Section 5: function errors after one minute, then after two."""
    attempts = Attempts(EVENT)

    assert attempts.after(FAILED, Settings()) == Wait(60)
    assert attempts.after(FAILED, Settings()) == Wait(120)
    end = attempts.after(FAILED, Settings())

    assert isinstance(end, End)
    assert (end.condition, end.count, end.response) == ("RetriesExhausted", 3, FAILED.payload)
    assert end.dead_letter == DeadLetter("no", 200)
    assert attempts.age == pytest.approx(180.6)


def test_throttles_wait_longer_and_longer_and_use_no_retry() -> None:
    """Section 5: backoff from one second to five minutes, until the maximum age."""
    attempts = Attempts(EVENT)
    waits = [attempts.after(THROTTLED, Settings()) for _ in range(11)]

    assert waits == [Wait(seconds) for seconds in (1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300)]
    assert attempts.count == 0
    assert attempts.after(FAILED, Settings(max_retries=1)) == Wait(60)


def test_a_throttled_event_expires_half_a_minute_early() -> None:
    """Section 1.2: with a maximum age of 60 s the record came after about 30 s."""
    attempts = Attempts(EVENT)
    decisions = [attempts.after(THROTTLED, Settings(max_age=60)) for _ in range(6)]

    assert decisions[:5] == [Wait(seconds) for seconds in (1, 2, 4, 8, 16)]
    assert decisions[5] == End(
        "EventAgeExceeded", 0, {"statusCode": 429}, dead_letter=DeadLetter("Rate Exceeded.", 429)
    )


def test_throttled_after_an_attempt() -> None:
    """Section 1.2: EventAgeExceeded after at least one attempt carries that attempt's context."""
    attempts = Attempts(EVENT)
    settings = Settings(max_age=61)
    attempts.after(FAILED, settings)
    end = attempts.after(THROTTLED, settings)

    assert isinstance(end, End)
    assert (end.condition, end.count, end.response) == ("EventAgeExceeded", 1, FAILED.payload)
    assert end.response_context == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }


def test_the_last_retry_outweighs_the_age() -> None:
    """Section 1.2: without retries left, the condition is RetriesExhausted however old the event is."""
    end = Attempts(EVENT).after(Outcome("failed", b"1", seconds=500), Settings(max_retries=0, max_age=60))

    assert isinstance(end, End)
    assert end.condition == "RetriesExhausted"
    assert end.dead_letter == DeadLetter("", 200)


def test_success_after_retries_counts_one() -> None:
    """Section 1.1: success records showed 1 even after retries."""
    attempts = Attempts(EVENT)
    attempts.after(FAILED, Settings())

    assert attempts.after(Outcome("ran", b"null", "7"), Settings()) == End(
        "Success", 1, {"statusCode": 200, "executedVersion": "7"}, b"null"
    )


def test_a_deleted_target() -> None:
    """Sections 1.2 and 2: statusCode 404 alone; the dead letter names the qualified ARN."""
    end = Attempts(EVENT).after(Outcome("deleted"), Settings())

    assert end == End(
        "RetriesExhausted", 0, {"statusCode": 404},
        dead_letter=DeadLetter(f"Function not found: {EVENT.function_arn}:$LATEST", 404),
    )  # fmt: skip


def test_a_record_that_never_ran() -> None:
    """Section 1.2: word for word as captured on AWS, white space of the payload included."""
    now = datetime(2026, 9, 14, 17, 32, 54, 817_999, tzinfo=timezone(timedelta(hours=1)))
    text = record.build(EVENT, End("EventAgeExceeded", 0, {"statusCode": 429}), now)

    assert text == (
        b'{"version":"1.0","timestamp":"2026-09-14T16:32:54.817Z","requestContext":{"requestId":"an-id",'
        b'"functionArn":"arn:aws:lambda:eu-west-1:123456789012:function:fn:$LATEST",'
        b'"condition":"EventAgeExceeded","approximateInvokeCount":0},"requestPayload": {} ,'
        b'"responseContext":{"statusCode":429}}'
    )


def test_null_is_not_absent() -> None:
    """Section 1.3: a function that returns nothing has a responsePayload, null."""
    now = datetime.now(UTC)

    assert json.loads(record.build(EVENT, End("Success", 1, {}, b"null"), now))["responsePayload"] is None
    assert "responsePayload" not in json.loads(record.build(EVENT, End("Success", 1, {}), now))
