"""`lambda-replay rules …`: the team's own rules of classification."""

from typing import Annotated, Any

import typer

from lambda_replay_cli.client.options import service
from lambda_replay_cli.command_group import CommandGroup
from lambda_replay_cli.errors import NO, report
from lambda_replay_cli.lists.columns import VERDICT
from lambda_replay_cli.output.column import Column
from lambda_replay_cli.output.emit import Output, OutputOption, chosen, emit, emit_one

rules = typer.Typer(
    name="rules",
    cls=CommandGroup,
    help="Your own rules of classification, tried before the service's: show and set.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
_COLUMNS = (
    Column("id"),
    Column("category"),
    Column("verdict", styles=VERDICT),
    Column("when", flexible=True),
    Column("reason", flexible=True, from_width=120),
)


@rules.command()
def show(ctx: typer.Context, output: OutputOption = None) -> None:
    """Show the rules in effect, in the order in which they are tried.

    As JSON it is one object, which `rules set` takes. Ends with 1 when there are none.

    \b
    lambda-replay rules show
    lambda-replay rules show -o json > rules.json
    """
    _print(service(ctx).call("GET", "/rules"), output)


@rules.command("set")
def set_rules(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", show_default=False)],
    reason: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Why; it is written down. Default: FILE's.", show_default=False),
    ] = None,
    output: OutputOption = None,
) -> None:
    """Replace the rules by those in a file: a JSON list, or an object that has it as `rules`.

    They are checked with their examples before they are sent, and triage uses them within a minute. Try them
    on failures first, with explain. FILE may be - for standard input; an empty list takes all rules back.

    \b
    lambda-replay explain failures.jsonl --rules rules.json
    lambda-replay rules set rules.json --reason "the partner's maintenance window"
    """
    from lambda_replay_cli.explain.rules_file import rules_file

    given = rules_file(file)
    said = given.reason if reason is None else reason
    body = {"rules": given.rows} | ({} if said is None else {"reason": said})
    found = service(ctx).call("PUT", "/rules", body=body)
    report(f"version {found['version']} is in effect within a minute: {_counted(len(found['rules']))}")
    if found["rules"]:
        _print(found, output)


def _print(found: Any, output: Output | None) -> None:
    if chosen(output) is Output.json:
        emit_one(found, _COLUMNS, output, _nothing)
    elif not emit(found["rules"], _COLUMNS, output):
        report("no rules of your own")
        raise typer.Exit(NO)


def _nothing(_row: Any) -> None:
    """It is for programs."""


def _counted(count: int) -> str:
    return f"{count} rule" if count == 1 else f"{count} rules"
