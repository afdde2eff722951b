"""Times: short and relative in the line, exact in the machine's own zone and in UTC beside it."""

from datetime import UTC, datetime

from markupsafe import Markup

from lambda_replay_cli.console.client import time_format


def parsed(value: object) -> datetime | None:
    if not value:
        return None
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


def exact(value: object) -> str:
    """`2026-01-31 10:00:05 CET · 09:00:05 UTC`."""
    at = parsed(value)
    if at is None:
        return ""
    local, utc = at.astimezone(), at.astimezone(UTC)
    day = "" if local.date() == utc.date() else f"{utc:%Y-%m-%d} "
    if local.utcoffset() == utc.utcoffset():
        return f"{utc:%Y-%m-%d %H:%M:%S} UTC"
    return f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()} · {day}{utc:%H:%M:%S} UTC"


def when(value: object, now: datetime | None = None, *, focus: bool = True) -> Markup:
    """`5 min ago` or `in 2 h`. With `focus` it can be tabbed to, which shows the exact time as hovering."""
    at = parsed(value)
    if at is None:
        return Markup("")
    present = now or datetime.now(UTC)
    about = time_format.ago(at.isoformat(), present)
    said = f"{about} ago" if at <= present else f"in {about}"
    if abs((present - at).total_seconds()) < 2:
        said = "now"
    stop = Markup(' tabindex="0"') if focus else ""
    return Markup('<time datetime="{}" data-exact="{}"{}>{}</time>').format(
        at.isoformat(), exact(at), stop, said
    )
