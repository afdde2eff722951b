"""The command `lambda-replay`: what all its commands share, and the list of them.

A command is a file of `commands/`. At its top it imports only what its signature needs, and the rest when it
runs: whoever asks for one command does not wait for the others.
"""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from lambda_replay_cli.commands.explain import explain
from lambda_replay_cli.ending import ended_in_order


class _Commands(TyperGroup):
    """Every command ends in the same ways."""

    def invoke(self, ctx: Any) -> Any:
        with ended_in_order():
            return super().invoke(ctx)


app = typer.Typer(
    name="lambda-replay",
    cls=_Commands,
    help="Failed asynchronous Lambda invocations: explained, replayed, accounted for.",
    no_args_is_help=True,
    add_completion=False,
    # Plain help and plain errors come without loading rich, and tracebacks without local variables: those
    # would show payloads.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command()(explain)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(version("lambda-replay"))
        except PackageNotFoundError:
            typer.echo("not installed: run from its sources")
        raise typer.Exit


@app.callback()
def _shared_options(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end."),
    ] = False,
) -> None:
    """What stands before the command's name."""
