"""One group, for a person."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.text import Text

from lambda_replay_cli import time_format
from lambda_replay_cli.lists.columns import STATUS, VERDICT, person, short_id
from lambda_replay_cli.output.column import Column, plain
from lambda_replay_cli.output.console import console, readable
from lambda_replay_cli.output.table import print_rows
from lambda_replay_cli.screens.execution import facts, heading, since

_BARS = " ▁▂▃▄▅▆▇█"
_HOURS, _WIDTH = 7 * 24, 56
_HISTORY = (
    Column("what", "verb"),
    Column("when", "at", shown=time_format.shown),
    Column("by", shown=person),
    Column("other", from_width=120),
    Column("reason", flexible=True),
)
_MEMBERS = (
    Column("group", "fingerprint", shown=short_id),
    Column("count", right=True),
    Column("last", "last_seen", shown=time_format.ago, right=True),
    Column("function", flexible=True),
    Column("title", flexible=True),
)


def print_group(found: Mapping[str, Any]) -> None:
    out = console()
    status, verdict = found["status"], found["verdict"]
    team = "  as the team says" if found["classified_by_team"] else ""
    out.print(Text.assemble((found["fingerprint"], "bold"), "  ", (status, STATUS.get(status, ""))))
    out.print(readable(found["title"], "bold"))
    facts(
        out,
        [
            ("function", ", ".join(found["functions"]) or found["function"]),
            (
                "category",
                Text.assemble(found["category"], "  ", (verdict, VERDICT.get(verdict, "")), team),
            ),
            ("failed runs", str(found["count"])),
            ("first", since(found["first_seen"])),
            ("last", since(found["last_seen"])),
            ("decided", _decision(found["decision"])),
            ("who has it", _owner(found["ownership"])),
            ("ticket", found["ownership"]["ticket"] or ""),
            ("merged into", found["merged_into"] or ""),
            ("in a browser", f"lambda-replay console --open groups/{found['fingerprint']}"),
            ("7 days", Text(_chart(found["hours"]), "cyan")),
        ],
    )
    why = found["why"]
    if why:
        heading(out, "why these belong together")
        facts(
            out, [*((name, plain(part)) for name, part in why["parts"].items()), ("example", why["example"])]
        )
        for reason in why["reasons"]:
            out.print(readable(f"- {reason}"))
    for name, rows, columns in (
        ("merged into it", found["members"], _MEMBERS),
        ("history", found["history"], _HISTORY),
    ):
        if rows:
            heading(out, name)
            print_rows(rows, columns, out)


def _decision(decision: Mapping[str, Any] | None) -> str:
    if decision is None:
        return ""
    until = f", until {time_format.shown(decision['until'])}" if decision["until"] else ""
    count = f", until {decision['until_count']} failed runs" if decision["until_count"] else ""
    reason = f": {decision['reason']}" if decision["reason"] else ""
    return f"{decision['verb']} {time_format.ago(decision['at'])} ago{until}{count}{reason}"


def _owner(ownership: Mapping[str, Any]) -> str:
    who = person(ownership["owner"])
    by, at = ownership["acknowledged_by"], ownership["acknowledged_at"]
    if by is None:
        return who
    said = f"acknowledged {time_format.ago(at)} ago"
    return f"{who}, {said}" if by == ownership["owner"] else f"{who}; {said} by {person(by)}"


def _chart(hours: list[Mapping[str, Any]]) -> str:
    """Failed runs over the last seven days, a bar for so many hours; the list holds those that had any."""
    counts = {datetime.fromisoformat(hour["hour"]): int(hour["count"]) for hour in hours}
    if not counts:
        return ""
    now, step = datetime.now(UTC), timedelta(hours=_HOURS / _WIDTH)
    bars = [0] * _WIDTH
    for hour, count in counts.items():
        bars[max(0, _WIDTH - 1 - max(0, int((now - hour) / step)))] += count
    most = max(bars)
    return "".join(_BARS[-(-count * (len(_BARS) - 1) // most)] for count in bars) + f" most {most}"
