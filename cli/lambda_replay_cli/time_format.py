"""Times as people write them, and as they read them.

Written: `2h` (ago), `1h30m`, `yesterday`, `14:30`, ISO 8601. A time without a zone is the machine's own.
"""

import re
from datetime import UTC, date, datetime, time, timedelta

from lambda_replay_cli.errors import UsageError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN = re.compile(r"[+-]?(?:\d{1,9}[smhdw])+")
_PART = re.compile(r"(\d+)([smhdw])")
_DAYS = {"today": 0, "yesterday": -1, "tomorrow": 1}
_FORMS = "Write 90m, 2h, 3d, 1w, today, yesterday, 14:30, 2026-01-31 or 2026-01-31T09:00:00Z."


def parse(text: str, now: datetime | None = None, *, ahead: bool = False) -> datetime:
    """Aware. A span like `2h` is that long ago, or with `ahead` (or a plus) from now on.
    Raises `UsageError`."""
    now = (now or datetime.now(UTC)).astimezone()
    given = text.strip().lower()
    try:
        if given == "now":
            return now
        if given in _DAYS:
            return _local(now.date() + timedelta(days=_DAYS[given]), time.min)
        if _SPAN.fullmatch(given):
            forward = given.startswith("+") or (ahead and not given.startswith("-"))
            return now + _length(given) if forward else now - _length(given)
        if re.fullmatch(r"\d{1,2}:\d{2}", given):
            return _local(now.date(), time.fromisoformat(given.zfill(5)))
        found = datetime.fromisoformat(text.strip())
        # Of the first and the last day some times are none in another zone.
        return found.astimezone(UTC) if found.tzinfo else found.astimezone()
    except (ValueError, OverflowError):
        raise UsageError(f"{text[:60]!r} is no time that is understood. {_FORMS}") from None


def span(text: str) -> timedelta:
    """`90m`, `1h30m`. Raises `UsageError`."""
    given = text.strip().lower()
    try:
        if _SPAN.fullmatch(given) and given[0].isdigit():
            return _length(given)
    except OverflowError:
        pass
    raise UsageError(f"{text[:60]!r} is no length of time. Write 30s, 90m, 2h, 1h30m or 7d.")


def query(text: str, *, ahead: bool = False) -> str:
    """For the API: ISO 8601 in UTC."""
    return parse(text, ahead=ahead).astimezone(UTC).isoformat().replace("+00:00", "Z")


def shown(value: object) -> str:
    """An API time in the machine's own zone, short: `2026-01-31 09:00:05`. Empty for None."""
    if not value:
        return ""
    return datetime.fromisoformat(str(value)).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def ago(value: object, now: datetime | None = None) -> str:
    """`12 s`, `5 min`, `3 h`, `12 d` since then (or until then, for what is to come). Empty for None."""
    if not value:
        return ""
    then = datetime.fromisoformat(str(value))
    return length(abs(((now or datetime.now(UTC)) - then).total_seconds()))


def length(seconds: float) -> str:
    """About how long, in one unit."""
    for limit, size, unit in ((90, 1, "s"), (90 * 60, 60, "min"), (48 * 3600, 3600, "h")):
        if seconds < limit:
            return f"{round(seconds / size)} {unit}"
    return f"{round(seconds / 86400)} d"


def _length(given: str) -> timedelta:
    """The sum of its parts, whatever sign it has."""
    parts = {_UNITS[unit]: 0 for unit in _UNITS}
    for number, unit in _PART.findall(given):
        parts[_UNITS[unit]] += int(number)
    return timedelta(**parts)


def _local(day: date, at: time) -> datetime:
    return datetime.combine(day, at).astimezone()
