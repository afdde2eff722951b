"""Times as people write them."""

from datetime import UTC, datetime, timedelta

import pytest

from lambda_replay_cli import time_format
from lambda_replay_cli.errors import UsageError

NOW = datetime(2026, 1, 31, 15, 0, tzinfo=UTC)
MIDNIGHT = NOW.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW),
        ("2h", NOW - timedelta(hours=2)),
        (" 1H30M ", NOW - timedelta(minutes=90)),
        ("3d", NOW - timedelta(days=3)),
        ("1w", NOW - timedelta(days=7)),
        ("+30s", NOW + timedelta(seconds=30)),
        ("today", MIDNIGHT),
        ("yesterday", MIDNIGHT - timedelta(days=1)),
        ("9:05", MIDNIGHT + timedelta(hours=9, minutes=5)),
        ("2026-01-30T09:00:00Z", datetime(2026, 1, 30, 9, tzinfo=UTC)),
        ("2026-01-30T09:00:00+02:00", datetime(2026, 1, 30, 7, tzinfo=UTC)),
        ("2026-01-30", datetime(2026, 1, 30).astimezone()),
    ],
)
def test_what_people_write_is_a_time_with_a_zone(text: str, expected: datetime) -> None:
    found = time_format.parse(text, NOW)
    assert found == expected
    assert found.tzinfo is not None


def test_a_span_is_ahead_where_something_is_to_end() -> None:
    assert time_format.parse("2h", NOW, ahead=True) == NOW + timedelta(hours=2)
    assert time_format.parse("-2h", NOW, ahead=True) == NOW - timedelta(hours=2)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2x", "h", "25:99", "99999999w", "2026-13-01", "+", "2h ago?", "0001-01-01T00:00:00+14:00"],
)
def test_what_is_no_time_is_named_with_what_would_be(text: str) -> None:
    with pytest.raises(UsageError, match="yesterday"):
        time_format.parse(text, NOW)


@pytest.mark.parametrize("text", ["", "-2h", "yesterday", "15"])
def test_a_length_of_time_has_a_unit(text: str) -> None:
    assert time_format.span("1h30m") == timedelta(minutes=90)
    with pytest.raises(UsageError, match="90m"):
        time_format.span(text)


def test_the_api_gets_utc() -> None:
    assert time_format.query("2026-01-30T09:00:00+02:00") == "2026-01-30T07:00:00Z"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (89, "89 s"), (90, "2 min"), (5400, "2 h"), (200_000, "2 d")]
)
def test_how_long_ago_is_reported_in_one_unit(seconds: int, text: str) -> None:
    assert time_format.ago((NOW - timedelta(seconds=seconds)).isoformat(), NOW) == text
