"""The status screen."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lambda_replay_cli import time_format
from lambda_replay_cli.jobs import wording
from lambda_replay_cli.lists.columns import STATUS, short_id
from lambda_replay_cli.output.console import console, readable
from lambda_replay_cli.status.bar_chart import axis, bars
from lambda_replay_cli.status.collect import HOURS, MOST_GROUPS

_ROWS, _CHART_HEIGHT, _BAR, _WIDE_BAR, _WIDE = 5, 3, 2, 4, 110
_ENDED = ("completed", "halted", "cancelled")
_GROUP_STYLES = {"regressed": "red", "open": "yellow"}
_ALARM_STYLES = {"ALARM": "red", "INSUFFICIENT_DATA": "dim", "OK": "green"}


def print_overview(found: Mapping[str, Any]) -> None:
    terminal = console()
    wide = terminal.width >= _WIDE
    terminal.print(_headline(found))
    screens: tuple[tuple[str, str, Callable[[Any], RenderableType]], ...] = (
        (
            "failures",
            "stats",
            partial(
                _failures,
                wide=wide,
                ascii_only=terminal.options.ascii_only,
                jobs=() if _is_missing(found["jobs"]) else found["jobs"],
            ),
        ),
        ("groups", "groups", partial(_groups, wide=wide, resolved=found["resolved"])),
        ("jobs", "jobs", partial(_jobs, wide=wide, complete=found["jobs_complete"])),
    )
    for title, part, screen in screens:
        reported = found[part]
        terminal.print(_unavailable(title, reported) if _is_missing(reported) else screen(reported))
    terminal.print(_facts(found))


def print_stats(found: Mapping[str, Any]) -> None:
    """Failures over time, of any range."""
    terminal = console()
    by_day = found["interval"] == "day"
    # The range ends before its last moment, which may be the beginning of a day.
    last = (
        time_format.shown(found["buckets"][-1]["at"])
        if found["buckets"]
        else time_format.shown(found["from"])
    )
    size = 10 if by_day else 16
    terminal.print(
        _failures(
            found,
            wide=len(found["buckets"]) * _WIDE_BAR <= terminal.width,
            ascii_only=terminal.options.ascii_only,
            said=f"from {time_format.shown(found['from'])[:size]} to {last[:size]}",
            label="%d %b" if by_day else "%H:%M",
        )
    )


def _headline(found: Mapping[str, Any]) -> Text:
    at = datetime.fromisoformat(found["at"]).astimezone()
    return Text.assemble(
        readable(found["stack"], "bold"), f"  {found['region']}  {found['account']}  {at:%Y-%m-%d %H:%M:%S}"
    )


def _is_missing(reported: object) -> bool:
    return isinstance(reported, Mapping) and "unavailable" in reported


def _unavailable(title: str, reported: Mapping[str, Any]) -> RenderableType:
    return Text.assemble((title, "bold"), "  ", readable(f"not known: {reported['unavailable']}", "yellow"))


def _failures(
    stats: Mapping[str, Any],
    *,
    wide: bool,
    ascii_only: bool,
    jobs: Sequence[Mapping[str, Any]] = (),
    said: str = f"in {HOURS} hours",
    label: str = "%H:%M",
) -> RenderableType:
    """`jobs` may have brought some of them, `said` is the range in words, `label` how a bar is dated."""
    counts, at = [], []
    for bucket in stats["buckets"]:
        counts.append(bucket["failures"])
        at.append(f"{datetime.fromisoformat(bucket['at']).astimezone():{label}}")
    least = "" if stats["complete"] else "at least "
    head = Text.assemble(
        ("failures", "bold"),
        f"  {least}{stats['total']} {said}, {wording.counted(stats['groups'], 'group')}",
    )
    if not stats["total"]:
        return head
    highest = counts.index(max(counts))
    head.append(f", most at {at[highest]}: {counts[highest]}")
    width = _WIDE_BAR if wide else _BAR
    chart = [
        Text(row, "red", no_wrap=True) for row in bars(counts, _CHART_HEIGHT, width, ascii_only=ascii_only)
    ]
    tables = Columns(
        [_ranking("category", stats["by_category"]), _ranking("function", stats["by_function"])],
        padding=(0, 4),
    )
    again = sum(one["counts"]["failed_again"] for one in jobs)
    note = [Text(f"replays that failed again count too: {again} in the jobs below", "dim")] if again else []
    return Group(head, *note, *chart, Text(axis(at, width), "dim"), tables)


def _ranking(title: str, counts: Mapping[str, int]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=32)
    table.add_column(justify="right")
    table.add_row(Text(f"by {title}", "dim"), "")
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    for name, count in ordered[:_ROWS]:
        table.add_row(readable(name), str(count))
    if len(ordered) > _ROWS:
        others = sum(count for _, count in ordered[_ROWS:])
        table.add_row(Text(f"{len(ordered) - _ROWS} others", "dim"), str(others))
    return table


def _groups(
    groups: Sequence[Mapping[str, Any]], *, wide: bool, resolved: Mapping[str, Any]
) -> RenderableType:
    more = "+" if len(groups) >= MOST_GROUPS else ""
    said = f"{len(groups)}{more} need attention" if groups else "none need attention"
    if not _is_missing(resolved) and resolved["count"]:
        said += (
            f", {resolved['count']}{'' if resolved['complete'] else '+'} of yesterday and today are resolved"
        )
    head = Text.assemble(("groups", "bold"), f"  {said}")
    shown = groups[:_ROWS]
    return Group(head, *([_beside(shown)] if wide else map(_below, shown)))


def _beside(groups: Sequence[Mapping[str, Any]]) -> RenderableType:
    table = _rows(8, 9, 40, 8, 10)
    for one in groups:
        table.add_row(*_group(one), readable(one["title"]))
    return table


def _below(group: Mapping[str, Any]) -> RenderableType:
    """In a narrow terminal the title would be cut to nothing beside the others."""
    table = _rows(8, 9, 31, 8, 10, aligned=True)
    table.add_row(*_group(group))
    title = readable(group["title"])
    title.no_wrap, title.overflow = True, "ellipsis"
    return Group(table, Padding(title, (0, 0, 0, 10)))


def _group(one: Mapping[str, Any]) -> tuple[RenderableType, ...]:
    return (
        one["fingerprint"][:8],
        Text(one["status"], _GROUP_STYLES.get(one["status"], "")),
        readable(one["function"]),
        f"{one['count']}×",
        f"{time_format.ago(one['last_seen'])} ago",
    )


def _jobs(jobs: Sequence[Mapping[str, Any]], *, wide: bool, complete: bool) -> RenderableType:
    ended = Counter(one["status"] for one in jobs if one["status"] in _ENDED)
    said = f"{len(jobs) - ended.total()} running or paused"
    if ended:
        said += f", {', '.join(f'{ended[each]} {each}' for each in _ENDED if ended[each])} since yesterday"
    more = "" if complete else "; there may be more: lambda-replay job list"
    head = Text.assemble(("jobs", "bold"), f"  {said if jobs else 'none'}{more}")
    table = _rows(36 if wide else 18, 9)
    for one in jobs[:_ROWS]:
        counts = one["counts"]
        became = [f"{count} {name}" for name, count in wording.what_became(counts) if count]
        issued = [f"issued {counts['issued']} of {counts['selected']}", *became, wording.speed(one)]
        table.add_row(
            readable(one["name"] or short_id(one["id"])),
            Text(one["status"], STATUS.get(one["status"], "")),
            readable(", ".join(part for part in issued if part)),
        )
    return Group(head, table) if jobs else head


def _rows(*widths: int, aligned: bool = False) -> Table:
    """Columns of these widths at most (`aligned`: just these), and one more that takes the rest."""
    table = Table.grid(padding=(0, 2), expand=True)
    for width in widths:
        table.add_column(no_wrap=True, overflow="ellipsis", max_width=width, width=width if aligned else None)
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    return table


def _facts(found: Mapping[str, Any]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    lines: dict[str, Callable[[Any], Text]] = {
        "queue": _queue,
        "dlq": _dlq,
        "alarms": _alarms,
        "automatic": _automatic,
    }
    for title, words_of in lines.items():
        reported = found[title]
        missing = _is_missing(reported)
        table.add_row(
            title,
            readable(f"not known: {reported['unavailable']}", "yellow") if missing else words_of(reported),
        )
    return table


def _queue(depth: Mapping[str, int]) -> Text:
    return Text(f"{depth['waiting']} waiting, {depth['in_flight']} in work")


def _dlq(depth: Mapping[str, int]) -> Text:
    count = depth["waiting"] + depth["in_flight"]
    if not count:
        return Text("empty", "green")
    return Text(f"{wording.counted(count, 'message')} could not be taken in: lambda-replay dlq list", "red")


def _alarms(alarms: Sequence[Mapping[str, Any]]) -> Text:
    loud = [one for one in alarms if one["state"] == "ALARM"]
    if not loud:
        return Text(f"none of {len(alarms)}", "green")
    return Text("\n").join(
        readable(f"{one['name']}: {' '.join(one['description'].split())}", _ALARM_STYLES["ALARM"])
        for one in loud
    )


def _automatic(automatic: Mapping[str, Any]) -> Text:
    if not automatic["functions"]:
        return Text("off for all functions", "dim")
    due, least = automatic["due"], "" if automatic["complete"] else "at least "
    line = f"on for {wording.counted(len(automatic['functions']), 'function')}, {least}{due} to be replayed"
    if due:
        line += f", the next at {time_format.shown(automatic['next_at'])}"
    stopped = [
        f"{one['function']}: breaker {one['state']}" + (f", {one['reason']}" if one["reason"] else "")
        for one in automatic["breakers"]
    ]
    return Text("\n").join([Text(line), *(readable(one, "red") for one in stopped)])
