"""Failures over time through the API, good and bad (docs/reference/service.md#api)."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from bench.meter import metering
from lambda_replay.adapters.clock import now
from tests.integration.conftest import SOURCE, Stack
from tests.support.world.service import record_text

HOUR = timedelta(hours=1)
TIMEOUT = '{"errorType":"Sandbox.Timedout","errorMessage":"Task timed out after 3.00 seconds"}'


@pytest.fixture
def hour(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """When the present hour began; it does not end during the test."""
    present = now()
    monkeypatch.setattr("api.stats.routes.now", lambda: present)
    return present.replace(minute=0, second=0, microsecond=0)


@pytest.fixture
def busy(stack: Stack, hour: datetime) -> Stack:
    """Two failed three hours ago, one just now."""
    ago = hour - 3 * HOUR
    records = [record_text(name, arn=SOURCE, at=ago) for name in ("event-1", "event-2")]
    assert stack.triage(*records, record_text("event-3", arn=SOURCE, at=hour, response=TIMEOUT)) == []
    return stack


def stats(stack: Stack, **query: str | datetime) -> dict[str, Any]:
    """`from_` is `from`."""
    texts = {
        name.rstrip("_"): getattr(value, "isoformat", lambda v=value: v)() for name, value in query.items()
    }
    status, body = stack.call("GET", "/stats", query=texts)
    assert status == 200, body
    assert isinstance(body, dict)
    return body


def text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def test_the_last_24_hours_by_hour(busy: Stack, hour: datetime) -> None:
    body = stats(busy)
    assert (body["from"], body["to"], body["interval"]) == (text(hour - 24 * HOUR), text(hour + HOUR), "hour")
    assert [bucket["at"] for bucket in body["buckets"]] == [text(hour + n * HOUR) for n in range(-24, 1)]
    at = {bucket.pop("at"): bucket for bucket in body["buckets"]}
    source = SOURCE.rpartition(":")[2]
    assert at[text(hour - 3 * HOUR)] == {
        "failures": 2, "by_category": {"invalid_input": 2}, "by_function": {source: 2},
    }  # fmt: skip
    assert at[text(hour)] == {"failures": 1, "by_category": {"timeout": 1}, "by_function": {source: 1}}
    assert at[text(hour - HOUR)] == {"failures": 0, "by_category": {}, "by_function": {}}
    assert body["total"] == 3
    assert body["by_category"] == {"invalid_input": 2, "timeout": 1}
    assert body["by_function"] == {source: 3}
    assert (body["groups"], body["complete"]) == (2, True)


def test_what_is_delivered_twice_counts_once(busy: Stack, hour: datetime) -> None:
    busy.triage(record_text("event-1", arn=SOURCE, at=hour - 3 * HOUR))
    assert stats(busy)["total"] == 3


def test_days(busy: Stack, hour: datetime) -> None:
    body = stats(busy, interval="day", from_=hour - timedelta(days=3), to=hour + HOUR)
    assert body["interval"] == "day"
    assert body["from"].endswith("T00:00:00Z")
    assert body["to"].endswith("T00:00:00Z")
    assert len(body["buckets"]) in (4, 5)
    assert sum(bucket["failures"] for bucket in body["buckets"]) == body["total"] == 3


def test_from_is_included_and_to_is_not(busy: Stack, hour: datetime) -> None:
    assert stats(busy, from_=hour - 3 * HOUR, to=hour)["total"] == 2
    assert stats(busy, from_=hour - 2 * HOUR, to=hour)["total"] == 0
    assert stats(busy, from_=hour, to=hour + HOUR)["total"] == 1


def test_times_of_any_zone_are_those_of_utc(busy: Stack, hour: datetime) -> None:
    india = (hour - 3 * HOUR).astimezone(timezone(timedelta(hours=5, minutes=30)))
    body = stats(busy, from_=india, to=text(hour - 2 * HOUR))
    assert [bucket["at"] for bucket in body["buckets"]] == [text(hour - 3 * HOUR)]
    assert body["total"] == 2


def test_the_future_and_the_far_past_are_zeros(busy: Stack) -> None:
    for year, complete in ((9999, True), (2, False)):
        body = stats(busy, from_=datetime(year, 1, 1, tzinfo=UTC), to=datetime(year, 1, 2, tzinfo=UTC))
        assert (body["total"], len(body["buckets"]), body["complete"]) == (0, 24, complete)


def test_merged_groups_count_with_their_own_category(busy: Stack) -> None:
    one, other = (group["fingerprint"] for group in busy.call("GET", "/groups")[1]["groups"])
    assert busy.call("POST", f"/groups/{one}/merge", json={"into": other})[0] == 200
    body = stats(busy)
    assert body["by_category"] == {"invalid_input": 2, "timeout": 1}
    assert body["groups"] == 1


def test_a_group_costs_one_query_and_groups_of_other_times_none(busy: Stack, hour: datetime) -> None:
    def calls(**query: str | datetime) -> int:
        with metering() as meter:
            stats(busy, **query)
        return meter.calls

    neither = calls(from_=hour - 2 * HOUR, to=hour)
    assert calls(from_=hour, to=hour + HOUR) == neither + 1
    assert calls(from_=hour - 3 * HOUR, to=hour + HOUR) == neither + 2


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"interval": "week"}, "interval"),
        ({"interval": ""}, "interval"),
        ({"from": "yesterday"}, "from"),
        ({"from": ""}, "from"),
        ({"from": "2026-01-31T09:00:00"}, "from (query): needs a time zone"),
        ({"to": "2026-01-31T09:00:00"}, "to (query): needs a time zone"),
        ({"from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, "from: must be before to"),
        ({"from": "2026-02-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}, "from: must be before to"),
        ({"from": "9999-12-30T00:00:00Z"}, "from: must be before to"),
        ({"from": "0001-01-01T00:00:00Z"}, "from: must be at most 31 days before to"),
        ({"from": "0001-01-01T00:00:00Z", "interval": "day"}, "from: must be at most 90 days before to"),
        ({"from": "0001-01-01T00:00:00Z", "to": "9999-12-31T23:59:59Z"}, "from: must be at most 31 days"),
        ({"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:01Z"}, "at most 31 days"),
        ({"from": "0001-01-01T00:00:00+14:00"}, "from"),
        ({"to": "9999-12-31T23:59:59-14:00"}, "to"),
        ({"to": "9999-12-31T23:30:00Z"}, "to: out of range"),
        ({"to": "0001-01-01T00:00:00Z"}, "to: out of range"),
        ({"from": "1e400"}, "from"),
        ({"to": "x" * 10_000}, "to"),
    ],
)
def test_a_bad_parameter_is_named(stack: Stack, query: dict[str, str], message: str) -> None:
    status, body = stack.call("GET", "/stats", query=query)
    assert status == 400
    assert body["error"]["code"] == "invalid_request"
    assert message in body["error"]["message"]


def test_the_longest_ranges_are_answered(busy: Stack) -> None:
    present = now()
    for interval, days, full in (("hour", 31, 24 * 31), ("day", 90, 90)):
        body = stats(busy, from_=present - timedelta(days=days), to=present, interval=interval)
        assert len(body["buckets"]) in (full, full + 1)
        assert body["total"] == 3


@pytest.mark.parametrize(("interval", "days"), [("day", 90), ("hour", 31)])
def test_the_longest_range_is_complete(busy: Stack, hour: datetime, interval: str, days: int) -> None:
    """Also where the first day begins before the time that was asked for."""
    body = stats(busy, from_=hour - timedelta(days=days), to=hour, interval=interval)
    assert body["complete"]
    assert body["total"] >= 2  # a day is widened to its end
