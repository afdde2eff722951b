"""The present."""

from datetime import UTC, datetime


def now() -> datetime:
    """UTC in whole milliseconds, as the table keeps times."""
    present = datetime.now(UTC)
    return present.replace(microsecond=present.microsecond // 1000 * 1000)
