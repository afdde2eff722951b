"""What a job is asked for: the options of `job plan` and `job start`, and the API's request made of them."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from lambda_replay.domain.category import Category, Verdict
from lambda_replay.domain.executions.execution import ExecutionStatus
from lambda_replay.domain.executions.replay import ReplayMode
from lambda_replay_cli.errors import UsageError

_SIZES = re.compile(r"[0-9]+(,[0-9]+)*")


def _option(*names: str, metavar: str | None = None, say: str) -> Any:
    return typer.Option(*names, metavar=metavar, help=say, show_default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOptions:
    """Which executions, and how. What is not given is as the API has it by default."""

    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Executions.", show_default=False)] = (
        None
    )
    ids_from: Annotated[
        str | None,
        _option(metavar="FILE", say="Ids in a file, or - for a pipe: one per line, or what `list` prints."),
    ] = None
    function: Annotated[
        str | None, _option("--function", "-f", metavar="NAME", say="Failures of this function.")
    ] = None
    group: Annotated[
        list[str] | None,
        _option(
            "--group", "-g", metavar="GROUP", say="Failures of this group; given again: of any of these."
        ),
    ] = None
    category: Annotated[
        Category | None, _option(metavar="CATEGORY", say="Failures of this category: timeout, throttling …")
    ] = None
    verdict: Annotated[Verdict | None, _option(say="Failures with this verdict.")] = None
    status: Annotated[ExecutionStatus | None, _option(say="Executions of this status.")] = None
    error_type: Annotated[str | None, _option(metavar="TYPE", say="Failures of this error type.")] = None
    since: Annotated[
        str | None, _option("--from", metavar="TIME", say="Failed at or after: 2h, yesterday, 2026-01-31.")
    ] = None
    until: Annotated[str | None, _option("--to", metavar="TIME", say="Failed before.")] = None
    max_age: Annotated[
        str | None, _option(metavar="AGE", say="Leave out what failed longer ago: 90m, 36h, 7d.")
    ] = None
    rate: Annotated[float | None, _option(metavar="N", say="Replays per second, at most. Default: 10.")] = (
        None
    )
    ramp: Annotated[
        bool,
        typer.Option("--ramp", help="Begin with batches of 1, 5, 20, 100, 500; each waits for its outcomes."),
    ] = False
    ramp_sizes: Annotated[
        str | None, _option(metavar="SIZES", say="A ramp with batches of other sizes: 1,10,100.")
    ] = None
    patience: Annotated[
        str | None,
        _option(
            "--timeout",
            metavar="SPAN",
            say="How long a batch waits where no success is confirmed: 90s, 5m.",
        ),
    ] = None
    guard_share: Annotated[
        float | None, _option(metavar="SHARE", say="Halt when more than this share failed. Default: 0.2.")
    ] = None
    guard_minimum: Annotated[int | None, _option(metavar="N", say="… and at least so many. Default: 3.")] = (
        None
    )
    stop_on_new_error: Annotated[
        bool, typer.Option("--stop-on-new-error", help="Halt at the first error that was not there before.")
    ] = False
    no_guard: Annotated[bool, typer.Option("--no-guard", help="Never halt.")] = False
    qualifier: Annotated[
        str | None, _option(metavar="ALIAS", say="Replay through this alias or version.")
    ] = None
    tenant: Annotated[
        str | None,
        _option(metavar="ID|jmespath:PATH", say="For functions that isolate their tenants: whom it is for."),
    ] = None
    target: Annotated[
        str | None, _option(metavar="NAME", say="Replay with this function instead of the one that failed.")
    ] = None
    patch: Annotated[
        str | None,
        _option(metavar="JSON|FILE", say="Change payloads: JSON Patch (a list) or Merge Patch (an object)."),
    ] = None
    mode: Annotated[ReplayMode | None, _option(say="What to do with what was replayed already.")] = None
    force: Annotated[
        bool, typer.Option("--force", help="Also what recovered, is unconfirmed or ignored: --mode force.")
    ] = False
    skip_never: Annotated[
        bool, typer.Option("--skip-never", help="Leave out what has the verdict never: it can't help.")
    ] = False
    name: Annotated[str | None, _option(metavar="TEXT", say="What to call the job.")] = None
    reason: Annotated[str | None, _option(metavar="TEXT", say="Why; it is written down.")] = None


def request_of(options: JobOptions) -> dict[str, Any]:
    """The body of `POST /jobs` and `POST /jobs/plan`. Raises `UsageError`."""
    return _given({**_selection(options), **_manner(options)}) | _guard(options)


def _selection(options: JobOptions) -> dict[str, Any]:
    from lambda_replay_cli.input_values import checked, ids_from

    ids = [*(options.ids or []), *([] if options.ids_from is None else ids_from(options.ids_from))]
    wanted = _given(
        {
            "function": options.function,
            **_groups(options.group or []),
            "category": options.category,
            "verdict": options.verdict,
            "status": options.status,
            "error_type": options.error_type,
            "from": _time(options.since),
            "to": _time(options.until),
        }
    )
    if ids and wanted:
        raise UsageError(f"either ids or filters: leave out the ids, or --{next(iter(wanted))}")
    if not ids and not wanted:
        raise UsageError("say which executions: ids, --ids-from, or at least one filter like --function NAME")
    return {"ids": checked(ids)} if ids else {"filter": wanted}


def _groups(named: list[str]) -> dict[str, Any]:
    return {"groups": named} if len(named) > 1 else {"group": next(iter(named), None)}


def _manner(options: JobOptions) -> dict[str, Any]:
    from lambda_replay_cli.input_values import patch

    if options.force and options.mode not in (None, ReplayMode.FORCE):
        raise UsageError(f"--force and --mode {options.mode} exclude each other")
    age = options.max_age
    return {
        "name": options.name,
        "reason": options.reason,
        "rate": options.rate,
        "ramp": _ramp(options),
        "patience_seconds": _seconds(options.patience),
        "qualifier": options.qualifier,
        "tenant": options.tenant,
        "function": options.target,
        "patch": None if options.patch is None else patch(options.patch),
        "max_age": int(age) if age is not None and age.isdecimal() else age,
        "skip_never": options.skip_never or None,
        "mode": ReplayMode.FORCE if options.force else options.mode,
    }


def _ramp(options: JobOptions) -> bool | list[int] | None:
    if options.ramp_sizes is None:
        return options.ramp or None
    if not _SIZES.fullmatch(options.ramp_sizes):
        raise UsageError(f"--ramp-sizes {options.ramp_sizes}: expected whole numbers like 1,10,100")
    return [int(size) for size in options.ramp_sizes.split(",")]


def _guard(options: JobOptions) -> dict[str, Any]:
    guard = _given(
        {
            "failed_share": options.guard_share,
            "minimum": options.guard_minimum,
            "new_group": options.stop_on_new_error or None,
        }
    )
    if options.no_guard and guard:
        raise UsageError("--no-guard never halts: leave it out, or the options of the guard")
    if options.no_guard:
        return {"guard": None}
    return {"guard": guard} if guard else {}


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _seconds(text: str | None) -> int | None:
    """A number alone is one of seconds."""
    from lambda_replay_cli.time_format import span

    return None if text is None else int(span(f"{text}s" if text.isdecimal() else text).total_seconds())


def _time(text: str | None) -> str | None:
    from lambda_replay_cli.time_format import query

    return None if text is None else query(text)
