"""Positions in lists, and the opaque text by which a client asks for a list's next page."""

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lambda_replay.domain.errors import LambdaReplayError

_SHAPE = re.compile(r"[A-Za-z0-9_-]{1,400}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a list goes on: behind what has this time and id, newest first."""

    at: datetime
    id: str


class InvalidCursorError(LambdaReplayError, ValueError):
    """The cursor is not one of ours, or belongs to another list."""


def encode(position: Position, filters: dict[str, str]) -> str:
    """`filters` are those that the client gave: the cursor is good for the same list only."""
    milliseconds = (position.at - _EPOCH) // _MILLISECOND
    content = json.dumps([milliseconds, position.id, _digest(filters)], separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def decode(cursor: str, filters: dict[str, str]) -> Position:
    """Raises `InvalidCursorError`."""
    if not _SHAPE.fullmatch(cursor):
        raise InvalidCursorError("it is no cursor of this API")
    try:
        milliseconds, execution_id, digest = json.loads(
            base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        )
        position = Position(_EPOCH + milliseconds * _MILLISECOND, str(execution_id))
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise InvalidCursorError("it is no cursor of this API") from None
    if digest != _digest(filters):
        raise InvalidCursorError("it belongs to a list with other filters")
    return position


def _digest(filters: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(sorted(filters.items())).encode()).hexdigest()[:12]
