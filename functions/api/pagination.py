"""What all lists have in common: times, limits, cursors."""

from datetime import datetime, timedelta
from http import HTTPStatus

from api.composition_root import settings
from api.errors import ApiError
from api.models import ErrorCode
from lambda_replay.adapters.clock import now
from lambda_replay.domain import pagination as cursors
from lambda_replay.domain.pagination import Position

# What is stored failed at most so long before it arrived (`use_cases.intake.triage`), or a moment ahead.
_QUEUE_RETENTION = timedelta(days=15)
_CLOCK_SKEW = timedelta(minutes=10)


def span(
    since: datetime | None, until: datetime | None, *, kept: timedelta | None = None
) -> tuple[datetime, datetime]:
    """The part of it in which anything can be stored: every month between the two costs a query. `kept` is
    for how long; executions are for RetentionDays."""
    present = now()
    oldest = present - (kept or settings().tables.retention) - _QUEUE_RETENTION
    newest = present + _CLOCK_SKEW
    if since is not None and until is not None and since >= until:
        raise ApiError(HTTPStatus.BAD_REQUEST, ErrorCode.INVALID_REQUEST, "from: must be before to")
    return max(since or oldest, oldest), min(until or newest, newest)


def position(cursor: str | None, given: dict[str, str]) -> Position | None:
    """Where the cursor says to go on; `given` are the list's filters. Raises `ApiError`."""
    try:
        return None if cursor is None else cursors.decode(cursor, given)
    except cursors.InvalidCursorError as error:
        raise ApiError(HTTPStatus.BAD_REQUEST, ErrorCode.INVALID_CURSOR, f"cursor: {error}") from None


def cursor_of(after: Position | None, given: dict[str, str]) -> str | None:
    return None if after is None else cursors.encode(after, given)
