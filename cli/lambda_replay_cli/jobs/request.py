"""What a job is asked for: the options of `job plan` and `job start`, and the API's request made of them."""

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from lambda_replay.domain.category import Category, Verdict
from lambda_replay.domain.executions.execution import ExecutionStatus
from lambda_replay.domain.executions.replay import ReplayMode
from lambda_replay_cli.errors import UsageError


def _option(*names: str, metavar: str | None = None, say: str) -> Any:
    return typer.Option(*names, metavar=metavar, help=say, show_default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobWishes:
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
    group: Annotated[str | None, _option("--group", "-g", metavar="GROUP", say="Failures of this group.")] = (
        None
    )
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
        str | None,
        _option(
            metavar="[SIZES]",
            say="Batches of 1, 5, 20, 100, 500, or sizes like 1,10; each waits for its outcomes.",
        ),
    ] = None
    patience: Annotated[
        str | None,
        _option(
            "--timeout",
            metavar="SPAN",
            say="How long a batch waits where nobody confirms a success: 90s, 5m.",
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


def request_of(wishes: JobWishes) -> dict[str, Any]:
    """The body of `POST /jobs` and `POST /jobs/plan`. Raises `UsageError`."""
    return _given({**_selection(wishes), **_manner(wishes)}) | _guard(wishes)


def _selection(wishes: JobWishes) -> dict[str, Any]:
    from lambda_replay_cli.input_values import checked, ids_from

    ids = [*(wishes.ids or []), *([] if wishes.ids_from is None else ids_from(wishes.ids_from))]
    wanted = _given(
        {
            "function": wishes.function,
            "group": wishes.group,
            "category": wishes.category,
            "verdict": wishes.verdict,
            "status": wishes.status,
            "error_type": wishes.error_type,
            "from": _time(wishes.since),
            "to": _time(wishes.until),
        }
    )
    if ids and wanted:
        raise UsageError(f"either ids or filters: leave out the ids, or --{next(iter(wanted))}")
    if not ids and not wanted:
        raise UsageError("say which executions: ids, --ids-from, or at least one filter like --function NAME")
    return {"ids": checked(ids)} if ids else {"filter": wanted}


def _manner(wishes: JobWishes) -> dict[str, Any]:
    from lambda_replay_cli.input_values import patch
    from lambda_replay_cli.jobs.ramp_option import ramp

    if wishes.force and wishes.mode not in (None, ReplayMode.FORCE):
        raise UsageError(f"--force and --mode {wishes.mode} exclude each other")
    age = wishes.max_age
    return {
        "name": wishes.name,
        "reason": wishes.reason,
        "rate": wishes.rate,
        "ramp": None if wishes.ramp is None else ramp(wishes.ramp),
        "patience_seconds": _seconds(wishes.patience),
        "qualifier": wishes.qualifier,
        "tenant": wishes.tenant,
        "function": wishes.target,
        "patch": None if wishes.patch is None else patch(wishes.patch),
        "max_age": int(age) if age is not None and age.isdecimal() else age,
        "skip_never": wishes.skip_never or None,
        "mode": ReplayMode.FORCE if wishes.force else wishes.mode,
    }


def _guard(wishes: JobWishes) -> dict[str, Any]:
    guard = _given(
        {
            "failed_share": wishes.guard_share,
            "minimum": wishes.guard_minimum,
            "new_group": wishes.stop_on_new_error or None,
        }
    )
    if wishes.no_guard and guard:
        raise UsageError("--no-guard never halts: leave it out, or the options of the guard")
    if wishes.no_guard:
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
