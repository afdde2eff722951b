"""Plans and jobs on a terminal."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from lambda_replay_cli import time_format
from lambda_replay_cli.jobs import wording
from lambda_replay_cli.jobs.poll import JobSnapshot
from lambda_replay_cli.lists.columns import STATUS
from lambda_replay_cli.output.console import console, readable

STYLES = {
    "recovered": "green",
    "failed again": "red",
    "rejected": "red",
    "unconfirmed": "yellow",
    "uncertain": "yellow",
    "pending": "cyan",
    "skipped": "dim",
    "remaining": "dim",
}
# Without colour, and where the encoding knows no blocks, the parts still differ.
_BLOCKS = {"recovered": "█", "failed again": "▚", "rejected": "▚", "pending": "▒", "skipped": "─"}
_LETTERS = {"recovered": "#", "failed again": "x", "rejected": "x", "pending": "-", "skipped": "="}
_OTHERS = {"unconfirmed": "?", "uncertain": "?"}
_SHORT, _WIDEST, _FEWEST = 8, 100, 10
# Of a function's ARN the name is enough on a screen.
_ARN = re.compile(r"arn:[^\s]*?:function:")


class Bar:
    """What became of each selected execution, as one line as wide as there is room."""

    def __init__(self, counts: Mapping[str, Any]) -> None:
        self._parts = wording.what_became(counts)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        letters, other = (_LETTERS | _OTHERS, ".") if options.ascii_only else (_BLOCKS | _OTHERS, "░")
        width = max(_FEWEST, min(_WIDEST, options.max_width))
        for (name, _), cells in zip(self._parts, shares([n for _, n in self._parts], width), strict=True):
            yield Segment(letters.get(name, other) * cells, console.get_style(STYLES[name]))
        yield Segment.line()


def shares(counts: list[int], width: int) -> list[int]:
    """Cells for each, `width` in all; what is there at all has one, however small."""
    total = sum(counts)
    if not total:
        return [0] * (len(counts) - 1) + [width]
    cells = [max(1, count * width // total) if count else 0 for count in counts]
    largest = max(range(len(cells)), key=cells.__getitem__)
    cells[largest] += width - sum(cells)
    return cells


def job_screen(job: Mapping[str, Any]) -> RenderableType:
    return Group(_progress(job), Text(), _facts(_job_facts(job)), *_decisions(job))


def live(look: JobSnapshot) -> RenderableType:
    """For the time that it is watched."""
    lines: list[RenderableType] = [_progress(look.job)]
    if look.silent:
        lines.append(Text(f"no answer for {time_format.length(look.silent)}; trying again", "yellow"))
    return Group(*lines)


def plan_screen(plan: Mapping[str, Any], request: Mapping[str, Any]) -> RenderableType:
    facts = _facts(_plan_facts(plan, request))
    warnings = [readable(f"! {_ARN.sub('', warning)}", "yellow") for warning in plan["warnings"]]
    parts: list[RenderableType] = [_plan_headline(plan), facts, *warnings]
    if plan["sample"]:
        parts += [Text(), Text(f"{len(plan['sample'])} of them", "bold"), _sample(plan["sample"])]
    return Group(*parts)


def _progress(job: Mapping[str, Any]) -> RenderableType:
    counts = job["counts"]
    head = Text.assemble(
        readable(job["name"] or job["id"], "bold"),
        "  ",
        (wording.state(job), STATUS.get(job["status"], "")),
        f"  issued {counts['issued']} of {counts['selected']}",
    )
    if speed := wording.speed(job):
        head.append(f"  {speed}")
    legend = Text("  ").join(
        Text(f"{name} {count}", STYLES[name]) for name, count in wording.what_became(counts) if count
    )
    lines: list[RenderableType] = [head, Bar(counts), legend]
    if job["message"]:
        lines.append(readable(job["message"], STATUS.get(job["status"], "")))
    return Group(*lines)


def _job_facts(job: Mapping[str, Any]) -> dict[str, str]:
    counts = job["counts"]
    return {
        "id": job["id"],
        "selects": wording.selection(job),
        "sends": wording.manner(job),
        "failed again": _errors(counts),
        "rejected": wording.reasons(counts["rejected"]),
        "skipped": wording.reasons(counts["skipped"]),
        "by": job["by"],
        "reason": job["reason"] or "",
        "created": time_format.shown(job["created_at"]),
        "started": time_format.shown(job["started_at"]),
        "ended": time_format.shown(job["ended_at"]),
        "silent since": time_format.shown(job["stalled_since"]),
        "in a browser": f"lambda-replay console --open jobs/{job['id']}",
    }


def _errors(counts: Mapping[str, Any]) -> str:
    if not counts["failed_again"]:
        return ""
    return f"{counts['failed_same']} with the error they had before, {counts['failed_new']} with another"


def _decisions(job: Mapping[str, Any]) -> list[RenderableType]:
    return [
        readable(
            f"{time_format.shown(each['at'])}  {each['verb']} by {each['by']}"
            + (f": {each['reason']}" if each["reason"] else ""),
            "dim",
        )
        for each in job["decisions"]
    ]


def _plan_headline(plan: Mapping[str, Any]) -> RenderableType:
    left_out = plan["matched"] - plan["eligible"]
    least = "" if plan["complete"] else "at least "
    text = (
        f"{least}{wording.counted(plan['matched'], 'execution')} selected, {plan['eligible']} would be sent"
    )
    if left_out:
        text += f", {left_out} not"  # the first warning tells why
    return Text(text, "bold")


def _plan_facts(plan: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, str]:
    guard = request.get("guard", {})
    ramp = request.get("ramp")
    paced = [
        time_format.length(plan["duration_seconds"]),
        f"at {request.get('rate', 10):g} per second",
        "" if not ramp else "and what its ramp waits" if ramp is True else f"and what its ramp {ramp} waits",
    ]
    failed = [time_format.shown(plan[end]) for end in ("oldest", "newest")]
    groups = {group[:_SHORT]: count for group, count in plan["groups"].items()}
    return {
        "functions": wording.reasons(plan["functions"]),
        "groups": wording.reasons(groups),
        "verdicts": wording.reasons(plan.get("verdicts", {})),
        "failed": " to ".join(dict.fromkeys(failed)) if plan["oldest"] else "",
        "payloads": f"{plan['payloads']} different" if plan["eligible"] else "",
        "code": "\n".join(_code(check) for check in plan["code"]),
        "takes": " ".join(part for part in paced if part),
        "guard": "none" if guard is None else wording.guard_words(guard),
        "costs": f"about ${plan['usd']:.4f}, without the function's own runs",
        "looked back to": time_format.shown(plan["looked_back_to"]),
    }


def _code(check: Mapping[str, Any]) -> str:
    said = {True: "changed since they failed", False: "not changed since they failed", None: "not known"}
    at = f", {time_format.ago(check['modified_at'])} ago" if check["modified_at"] else ""
    return f"{_ARN.sub('', check['target'])}: {said[check['changed']]}{at if check['changed'] else ''}"


def _facts(facts: Mapping[str, str]) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in facts.items():
        if value:
            grid.add_row(name, readable(value, lines=True))
    return grid


def _sample(sample: list[Mapping[str, Any]]) -> RenderableType:
    """Whole ids, to be copied; the function where it is not the same for all; what a patch does below."""
    names = len({one["function"] for one in sample}) > 1
    lines: list[Text] = []
    for one in sample:
        named = f"{one['function']}  " if names else ""
        line = readable(f"{one['id']:36}  {time_format.ago(one['failed_at']) + ' ago':>10}  {named}")
        refused = one["refusal"] and readable(f"not sent: {one['refusal']}", "yellow")
        line.append(refused or readable(one["title"]))
        line.no_wrap, line.overflow = True, "ellipsis"
        lines.append(line)
        if one["changes"] is not None and not refused:
            said = [_change(change) for change in one["changes"]] or ["the patch changes nothing"]
            lines += [readable(f"    {each}") for each in said]
    return Group(*lines)


def _change(change: Mapping[str, Any]) -> str:
    """`replace /amount: a number → 5`."""
    was = f"{change['was']} → " if "was" in change else ""
    value = json.dumps(change["value"], ensure_ascii=False) if "value" in change else ""
    moved = f" from {change['from']}" if "from" in change else ""
    said = f"{was}{value}".removesuffix(" → ")
    return f"{change['op']} {change['path']}{moved}" + (f": {said}" if said else "")


def show_live(seen: Iterator[JobSnapshot]) -> None:
    """Until there is nothing more to see; the last state stays on the screen."""
    with Live(console=console(), refresh_per_second=4) as display:
        for look in seen:
            display.update(live(look))
