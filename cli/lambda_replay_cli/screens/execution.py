"""One execution, for a person."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from lambda_replay.domain.executions.replay import ReplayStatus
from lambda_replay_cli import time_format
from lambda_replay_cli.executions.next_steps import next_steps
from lambda_replay_cli.lists.columns import STATUS, VERDICT, function_name
from lambda_replay_cli.output.column import Column
from lambda_replay_cli.output.console import console, readable
from lambda_replay_cli.output.table import print_rows

_LONGEST_MESSAGE, _NAMES = 2_000, 12
_REPLAYS = (
    Column("#", "number", right=True),
    Column("status", styles=STATUS),
    Column("when", "claimed_at", shown=time_format.shown),
    Column("by", shown=lambda by: str(by).rpartition("/")[2]),
    Column("how", "trigger"),
    Column("target", shown=function_name, flexible=True, from_width=120),
    Column("ended as", "ending", flexible=True),
    Column("reason", flexible=True),
)
_DECISIONS = (
    Column("decision", "verb"),
    Column("when", "at", shown=time_format.shown),
    Column("by", shown=lambda by: str(by).rpartition("/")[2]),
    Column("until", shown=time_format.shown, from_width=100),
    Column("reason", flexible=True),
)


def print_execution(found: Mapping[str, Any]) -> None:
    out = console()
    status, failure = found["status"], found["failure"]
    out.print(Text.assemble((found["id"], "bold"), "  ", (status, STATUS.get(status, ""))))
    facts(out, _facts(found, failure))
    _print_error(out, found, failure)
    if found["replays"]:
        heading(out, "replays")
        print_rows([{**replay, "ending": _ending(replay)} for replay in found["replays"]], _REPLAYS, out)
    if found["decisions"]:
        heading(out, "decisions")
        print_rows(found["decisions"], _DECISIONS, out)
    _print_next(out, found)


def _print_next(out: Console, found: Mapping[str, Any]) -> None:
    steps = list(next_steps(found))
    if not steps:
        return
    heading(out, "next")
    for command, why in steps:
        out.print(readable(why, "dim"))
        # In one piece, however long: it is there to be copied.
        out.print(readable(f"  {command}", "cyan"), soft_wrap=True)


def facts(out: Console, rows: list[tuple[str, Text | str]]) -> None:
    """A name and what is known of it in each line; the empty ones are left out."""
    texts = {name: value if isinstance(value, Text) else readable(value) for name, value in rows}
    width = max(_NAMES, *(len(name) + 2 for name in texts))
    for name, text in texts.items():
        if text.plain:
            out.print(Text(name.ljust(width), "dim") + text)


def heading(out: Console, text: str) -> None:
    out.print()
    out.print(Text(text, "bold underline"))


def since(value: object) -> str:
    return f"{time_format.shown(value)} ({time_format.ago(value)} ago)" if value else ""


def _facts(found: Mapping[str, Any], failure: Mapping[str, Any]) -> list[tuple[str, Text | str]]:
    payload, verdict = found["payload"], failure["verdict"]
    version = f" (version {failure['executed_version']})" if failure["executed_version"] else ""
    runs = failure["invoke_count"]
    tries = f", {runs} {'try' if runs == 1 else 'tries'}" if runs else ""
    marks = "\n".join(_marks(found))
    return [
        ("function", found["function"] + version),
        ("failed", f"{since(found['failed_at'])}{tries}, {failure['condition']}"),
        ("category", Text.assemble(failure["category"], "  ", (verdict, VERDICT.get(verdict, "")))),
        ("rule", f"{failure['rule']} ({failure['confidence']:g})"),
        ("group", failure["group"]),
        (
            "payload",
            f"{payload['size']} bytes, kept until {time_format.shown(found['expires_at'])}"
            if payload and not found.get("forgotten")
            else "",
        ),
        ("no replay", readable(found["unreplayable"] or "", "red")),
        ("forgotten", _forgotten(found.get("forgotten"))),
        ("mind", readable(marks, "red", lines=True)),
        ("outcome", _awaited(found["replays"])),
        ("retried", f"automatically, at {time_format.shown(found['retry_at'])}" if found["retry_at"] else ""),
        ("came by", f"{found['channel']}, origin {found['origin']}"),
        ("in a browser", f"lambda-replay console --open executions/{found['id']}"),
    ]


def _forgotten(tombstone: Mapping[str, Any] | None) -> str:
    if tombstone is None:
        return ""
    return f"{time_format.shown(tombstone['at'])} by {tombstone['by']}: {tombstone['reason']}"


def _marks(found: Mapping[str, Any]) -> Iterator[str]:
    """Why it is replayed only when it is named by its id."""
    for contest in found["contested"]:
        differs = " and ".join(contest["differs"])
        yield f"contested: {contest['other']} has the same request id and another {differs}"
    run = found["probable_run_of"]
    if run is not None:
        yield (
            f"probably the run of replay {run['number']} of {run['execution_id']}, whose answer was lost; "
            f"if it is: lambda-replay confirm {found['id']}"
        )
    if found["poisoned"]:
        yield "poisoned: it failed again with different versions of the code"


def _awaited(replays: Sequence[Mapping[str, Any]]) -> str:
    """Of the replay that is under way."""
    for replay in replays:
        if replay["status"] in (ReplayStatus.CLAIMED, ReplayStatus.ACCEPTED):
            due, durable = replay["outcome_due_at"], replay.get("durable_execution")
            if durable:
                what = (
                    "Lambda is asked how it ended" if due else "it is sent again under that name until known"
                )
                return f"replay {replay['number']} is the durable execution {durable}; {what}"
            said = f"its outcome is due at {time_format.shown(due)}" if due else "it is being sent"
            return f"replay {replay['number']} is under way; {said}"
    return ""


def _print_error(out: Console, found: Mapping[str, Any], failure: Mapping[str, Any]) -> None:
    error = found["error"]
    out.print()
    if error is None:
        out.print(readable(failure["title"], "bold"))
        out.print(Text("the record is no longer stored: no trace", "dim"))
        return
    message = error["message"]
    kind = f"{error['error_type']}: " if error["error_type"] else ""
    out.print(readable(kind + message[:_LONGEST_MESSAGE], "bold red", lines=True))
    if len(message) > _LONGEST_MESSAGE:
        out.print(Text(f"{len(message) - _LONGEST_MESSAGE} more characters: --output json", "dim"))
    for frame in error["frames"]:
        _print_frame(out, frame)
    if error["reasons"]:
        heading(out, f"why {failure['category']}")
        for reason in error["reasons"]:
            out.print(readable(f"- {reason}"))


def _print_frame(out: Console, frame: Mapping[str, Any]) -> None:
    """The application's own stand out."""
    own = frame["in_app"]
    place = ":".join(str(part) for part in (frame["file"], frame["line"]) if part is not None)
    where = " in ".join(part for part in (place, frame["function"]) if part)
    out.print(readable(("> " if own else "  ") + where, "bold" if own else "dim"), soft_wrap=True)
    if own and frame["code"]:
        out.print(readable(f"      {frame['code'].strip()}", "cyan"), soft_wrap=True)


def _ending(replay: Mapping[str, Any]) -> str:
    failure = replay["failure"]
    return str((failure and failure["title"]) or replay["rejection"] or "")
