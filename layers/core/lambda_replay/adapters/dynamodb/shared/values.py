"""Times and positions as the table keeps them, and back."""

from datetime import UTC, datetime

from lambda_replay.domain.pagination import Position


def text(at: datetime) -> str:
    """UTC with milliseconds, so that texts sort as times do."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seen(failed_at: datetime, execution_id: str) -> str:
    """The lists' sort key: time, then id, so that no two are equal."""
    return f"{text(failed_at)}#{execution_id}"


def position(listed: str) -> Position:
    """A list's sort key read back."""
    at, _, name = listed.partition("#")
    return Position(from_text(at), name)


def month(at: datetime) -> str:
    return text(at)[:7]


def epoch(at: datetime) -> int:
    """Whole seconds, as DynamoDB's time to live wants them."""
    return int(at.timestamp())


def from_epoch(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def from_text(value: str) -> datetime:
    """What `text` wrote."""
    return datetime.fromisoformat(value)


def maybe(value: str | None) -> datetime | None:
    return None if value is None else from_text(value)


def maybe_text(at: datetime | None) -> str | None:
    return None if at is None else text(at)
