"""Charts as SVG, without styles of their own: the style sheet colours them by their classes."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from markupsafe import Markup

from lambda_replay_cli.console.client import job_words

_LEAST = 1.5
"""Pixels of a bar that is there at all."""
_HIGH = 88
"""Pixels of the highest bar of a wide chart."""


def hourly(hours: Sequence[Mapping[str, Any]], now: datetime, back: int) -> list[tuple[datetime, int]]:
    """So many hours up to now, also those without failures; only those that had any are given."""
    reported = {datetime.fromisoformat(str(one["hour"])): int(one["count"]) for one in hours}
    first = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=back - 1)
    return [(at, reported.get(at, 0)) for at in (first + timedelta(hours=number) for number in range(back))]


def sparkline(buckets: Sequence[tuple[datetime, int]], width: int = 120, height: int = 24) -> Markup:
    """Bars side by side. What they say stands beside them for those who can't see them."""
    counts = [count for _, count in buckets]
    total, most = sum(counts), max(counts, default=0)
    if not total:
        return Markup('<span class="spark none">quiet for 24 h</span>')
    step = width / len(counts)
    bars = Markup("").join(
        Markup('<rect x="{}" y="{}" width="{}" height="{}"/>').format(
            round(number * step, 1), round(height - tall, 1), round(step - 1, 1), round(tall, 1)
        )
        for number, count in enumerate(counts)
        if count and (tall := max(_LEAST, count * height / most))
    )
    said = f"{total} in {len(counts)} h, most {most}"
    return Markup(
        '<svg class="spark" role="img" aria-label="{}" viewBox="0 0 {} {}" width="{}" height="{}">{}</svg>'
    ).format(said, width, height, width, height, bars)


def timeline(buckets: Sequence[tuple[datetime, int]], *, by_day: bool) -> Markup:
    """A chart as wide as there is room, with an axis: days below, or hours of one day."""
    counts = [count for _, count in buckets]
    most, step = max(counts, default=0), 100 / max(1, len(counts))
    marks = [
        Markup(
            '<line class="grid" x1="{0}%" x2="{0}%" y1="0" y2="{1}"/>'
            '<text class="axis" x="{0}%" dx="4" y="{2}">{3}</text>'
        ).format(round(number * step, 2), _HIGH, _HIGH + 14, label)
        for number, label in _labels(buckets, by_day=by_day)
    ]
    bars = [
        Markup('<rect x="{}%" width="{}%" y="{}" height="{}"><title>{}</title></rect>').format(
            round((number + 0.1) * step, 3),
            round(step * 0.8, 3),
            round(_HIGH - tall, 1),
            round(tall, 1),
            f"{at.astimezone():%a %d %b %H:%M}: {count}",
        )
        for number, (at, count) in enumerate(buckets)
        if count and (tall := max(_LEAST, count * _HIGH / most))
    ]
    said = f"{sum(counts)} failures in {len(counts)} hours, most {most} in one"
    return Markup(
        '<svg class="chart" role="img" aria-label="{}" width="100%" height="{}">{}'
        '<line class="base" x1="0" x2="100%" y1="{}" y2="{}"/>{}'
        '<text class="axis most" x="100%" y="-4">{}</text></svg>'
    ).format(
        said,
        _HIGH + 20,
        Markup("").join(marks),
        _HIGH,
        _HIGH,
        Markup("").join(bars),
        f"most {most}" if most else "",
    )


def _labels(buckets: Sequence[tuple[datetime, int]], *, by_day: bool) -> list[tuple[int, str]]:
    found = []
    # One at the very end would stand outside.
    for number, (at, _) in enumerate(buckets[: round(len(buckets) * 0.95)]):
        local = at.astimezone()
        if by_day and local.hour == 0 and local.minute < 60:
            found.append((number, f"{local:%a %d}"))
        elif not by_day and local.hour % 6 == 0:
            found.append((number, f"{local:%H:%M}"))
    return found


def outcomes(counts: Mapping[str, Any]) -> Markup:
    """What became of each execution of a job, as one bar; the legend beside it says the same in words."""
    parts = job_words.what_became(counts)
    total = sum(count for _, count in parts)
    left, drawn = 0.0, []
    for name, count in parts:
        if not count or not total:
            continue
        wide = count * 100 / total
        drawn.append(
            Markup('<rect class="{}" x="{}%" y="0" width="{}%" height="14"/>').format(
                name.replace(" ", "-"), round(left, 2), round(max(0.3, wide), 2)
            )
        )
        left += wide
    said = ", ".join(f"{name} {count}" for name, count in parts if count) or "nothing yet"
    return Markup(
        '<svg class="outcomes" role="img" aria-label="{}" width="100%" height="14">{}</svg>'
    ).format(said, Markup("").join(drawn))
