"""`lambda-replay policy …`: when a function's failures are replayed automatically."""

from itertools import islice
from typing import Annotated, Any

import typer

from lambda_replay_cli import time_format
from lambda_replay_cli.client.options import service
from lambda_replay_cli.command_group import CommandGroup
from lambda_replay_cli.commands.shared_options import gathers
from lambda_replay_cli.errors import NO, report
from lambda_replay_cli.lists.columns import short_id
from lambda_replay_cli.output.column import Column
from lambda_replay_cli.output.emit import Output, OutputOption, chosen, emit, emit_one
from lambda_replay_cli.policies.request import PolicyOptions, policy_of, with_whole_groups

policy = typer.Typer(
    name="policy",
    cls=CommandGroup,
    help="Automatic replays of a function: show, set, remove, and test on recent failures.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Function = Annotated[str, typer.Argument(metavar="FUNCTION", help="Its name.", show_default=False)]
ReasonOption = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Why; it is written down.", show_default=False)
]


def _joined(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else ""


_COLUMNS = (
    Column("function", flexible=True),
    Column("policy", "policy.origin"),
    Column("enabled", "policy.enabled"),
    Column("categories", "policy.categories", shown=_joined, flexible=True),
    Column("attempts", "policy.attempts", right=True, from_width=100),
    Column("breaker", "breaker.state", styles={"closed": "green", "open": "red", "trial": "yellow"}),
    Column("recovered", "automatic.succeeded", right=True, from_width=100),
    Column("failed", "automatic.failed_same", right=True, from_width=100),
)
# By whether it is to be on: what is said where the function has no policy of its own.
_NOT_OWN = {
    True: "{function} has no policy of its own, and the stack's is on already",
    False: "{function} had no policy of its own: the one in effect is its own from now on, switched off",
}
_TRIAL = (
    Column("id", shown=short_id),
    Column("failed", "failed_at", shown=lambda value: f"{time_format.ago(value)} ago"),
    Column("category", from_width=100),
    Column("would replay", "said", flexible=True),
    Column("title", flexible=True, from_width=120),
)
_TRIAL_FIELDS = tuple(
    map(Column, ("id", "would_replay", "at", "why", "failed_at", "status", "category", "title"))
)


@policy.command()
def show(
    ctx: typer.Context,
    function: Annotated[
        str | None, typer.Argument(metavar="[FUNCTION]", help="All without one.", show_default=False)
    ] = None,
    output: OutputOption = None,
) -> None:
    """The policy in effect, whose it is, its breaker, what its replays came to, and who changed it.

    Without a function: all functions that have failed. Ends with 1 when there are none.

    \b
    lambda-replay policy show
    lambda-replay policy show orders -o json
    """
    if function is not None:
        stack, path = service(ctx), _path(function)
        standing = stack.call("GET", path)
        standing["history"] = stack.call("GET", f"{path}/history")["versions"]
        emit_one(standing, _COLUMNS, output, _show)
    elif not emit(service(ctx).pages("/functions", "functions", {"limit": "100"}), _COLUMNS, output):
        report("no function has failed yet")
        raise typer.Exit(NO)


@policy.command("set")
@gathers(PolicyOptions)
def set_policy(
    ctx: typer.Context,
    function: Function,
    options: PolicyOptions,
    reason: ReasonOption = None,
    output: OutputOption = None,
) -> None:
    """Replace the function's policy, for failures from now on. What is not given is as by default.

    --off or --on alone keeps the policy as it is.

    \b
    lambda-replay policy set orders --category throttling,transient_dependency --attempts 5
    lambda-replay policy set orders --category throttling,timeout --except-category timeout:attempts=1,base=5m
    lambda-replay policy set orders --off --reason "the partner is down until Monday"
    """
    from lambda_replay_cli.policies.toggle import switched

    body = policy_of(options)
    stack = service(ctx)
    if options.switches:
        standing = stack.call("GET", _path(function))
        body = switched(function, standing["policy"], on=body["enabled"])
        if standing["policy"]["origin"] != "own":
            report(_NOT_OWN[body["enabled"]].format(function=function))
            if body["enabled"]:
                emit_one(standing, _COLUMNS, output, _show)
                return
    body = with_whole_groups(stack, body) | ({} if reason is None else {"reason": reason})
    emit_one(stack.call("PUT", _path(function), body=body), _COLUMNS, output, _show)


@policy.command()
def remove(
    ctx: typer.Context, function: Function, reason: ReasonOption = None, output: OutputOption = None
) -> None:
    """Take the function's own policy back: the stack's is in effect again.

    \b
    lambda-replay policy remove orders --reason "no longer needed"
    """
    query = None if reason is None else {"reason": reason}
    emit_one(service(ctx).call("DELETE", _path(function), query=query), _COLUMNS, output, _show)


@policy.command("test")
@gathers(PolicyOptions)
def trial(
    ctx: typer.Context,
    function: Function,
    options: PolicyOptions,
    since: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="Failures since then. Default: all.", show_default=False),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, metavar="N", help="The newest so many.")
    ] = 100,
    output: OutputOption = None,
) -> None:
    """Which of the recent failures a policy would replay, when, and why not the others. Nothing is changed.

    Without options it is the policy in effect; with those of `set` it is that one, before it is set. The
    times are as if it had been in effect when they failed: a policy is for failures from then on, older ones
    are for jobs. Rate and breaker may make it later. Ends with 1 when it would replay none.

    \b
    lambda-replay policy test orders
    lambda-replay policy test orders --category throttling,timeout --attempts 5 --from yesterday
    """
    from lambda_replay_cli.client.connection import segment
    from lambda_replay_cli.client.stack_addresses import Addresses
    from lambda_replay_cli.policies.simulate import tried
    from lambda_replay_cli.policies.toggle import checked, request_of, switched

    wanted = policy_of(options) if options.says_something and not options.switches else None
    query = {"function": function, "limit": str(min(limit, 100))}
    if since is not None:
        query["from"] = time_format.query(since)
    stack = service(ctx)
    if wanted is None:
        asked = stack.call("GET", _path(function))["policy"]
        on = options.enabled
        asked = request_of(asked) if on is None else switched(function, asked, on=on)
    else:
        asked = with_whole_groups(stack, wanted)
    policy = checked(function, asked)
    recent = islice(stack.pages("/executions", "executions", query), limit)
    verdicts = tried(
        policy,
        recent,
        lambda one: stack.call("GET", f"/executions/{segment(one)}"),
        Addresses.of(stack).allow_list,
    )
    rows = [one.as_row() for one in verdicts]
    if chosen(output) is not Output.table:
        emit(rows, _TRIAL_FIELDS, output)
    elif rows:
        emit(({**row, "said": _said(row)} for row in rows), _TRIAL, output)
        _show_summary(rows)
    if not any(row["would_replay"] for row in rows):
        report("no failures" if not rows else "none would be replayed")
        raise typer.Exit(NO)


def _said(row: dict[str, object]) -> str:
    return time_format.shown(row["at"]) if row["would_replay"] else f"no: {row['why']}"


def _path(function: str) -> str:
    from lambda_replay_cli.client.connection import segment

    return f"/functions/{segment(function)}/policy"


def _show(standing: Any) -> None:
    from lambda_replay_cli.output.console import console
    from lambda_replay_cli.screens.policies import print_history, standing_screen

    console().print(standing_screen(standing))
    print_history(standing.get("history", ()))


def _show_summary(rows: list[dict[str, object]]) -> None:
    from lambda_replay_cli.output.console import console
    from lambda_replay_cli.screens.policies import trial_summary

    terminal = console()
    terminal.print()
    terminal.print(trial_summary(rows))
