"""The command `lambda-replay`: what all its commands share, and the list of them.

A command is a file of `commands/`. At its top it imports only what its signature needs, and the rest when it
runs: anyone who asks for one command does not wait for the others.
"""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from lambda_replay import __version__
from lambda_replay_cli.client.config import ConnectionOptions
from lambda_replay_cli.client.options import Shared, connection_options, with_connection_options
from lambda_replay_cli.command_group import HELP, CommandGroup, in_a_sentence
from lambda_replay_cli.commands.attach import attach, detach
from lambda_replay_cli.commands.confirm import confirm
from lambda_replay_cli.commands.console import console
from lambda_replay_cli.commands.dlq import dlq
from lambda_replay_cli.commands.doctor import doctor
from lambda_replay_cli.commands.explain import explain
from lambda_replay_cli.commands.export import export
from lambda_replay_cli.commands.forget import forget
from lambda_replay_cli.commands.group import group
from lambda_replay_cli.commands.groups import groups
from lambda_replay_cli.commands.ignore import ignore
from lambda_replay_cli.commands.job import job
from lambda_replay_cli.commands.list_executions import list_executions
from lambda_replay_cli.commands.payload import payload
from lambda_replay_cli.commands.policy import policy
from lambda_replay_cli.commands.pull import pull
from lambda_replay_cli.commands.reopen import reopen
from lambda_replay_cli.commands.replay import replay
from lambda_replay_cli.commands.rules import rules
from lambda_replay_cli.commands.show import show
from lambda_replay_cli.commands.stats import stats
from lambda_replay_cli.commands.status import status
from lambda_replay_cli.exits import orderly_exit


class _Commands(CommandGroup):
    """Every command ends in the same ways, and takes the options for the stack before and behind its name."""

    def invoke(self, ctx: Any) -> Any:
        with orderly_exit(lambda: connection_options(ctx).debug):
            try:
                return super().invoke(ctx)
            except typer.BadParameter as error:
                raise in_a_sentence(error) from None

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        shared = [option for option in self.params if option.name in ConnectionOptions.__dataclass_fields__]
        return with_connection_options(super().get_command(ctx, cmd_name), shared)


app = typer.Typer(
    name="lambda-replay",
    cls=_Commands,
    no_args_is_help=True,
    # Plain help and plain errors come without loading rich, and tracebacks without local variables: those
    # would show payloads.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=HELP,
)


def _add(heading: str, *commands: Callable[..., None] | typer.Typer) -> None:
    for command in commands:
        if isinstance(command, typer.Typer):
            app.add_typer(command, rich_help_panel=heading)
        else:
            name = command.__name__.removesuffix("_executions")
            app.command(name, rich_help_panel=heading)(command)


_add(
    "Look at failures",
    status,
    console,
    list_executions,
    show,
    groups,
    group,
    stats,
    payload,
    pull,
    export,
    explain,
)
_add("Replay", replay, job, policy, ignore, reopen, confirm, forget)
_add("Set up and check", attach, detach, doctor, dlq, rules)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _shared_options(
    ctx: typer.Context,
    stack: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The deployed stack. Default: LAMBDA_REPLAY_STACK, the config file, or lambda-replay.",
            show_default=False,
        ),
    ] = None,
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="AWS profile.", show_default=False)
    ] = None,
    region: Annotated[
        str | None, typer.Option(metavar="REGION", help="AWS region.", show_default=False)
    ] = None,
    endpoint_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where AWS is, for an emulator.", show_default=False),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Print the traceback of what goes wrong.")] = False,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end."),
    ] = False,
) -> None:
    """Failed asynchronous Lambda invocations: explained, replayed, accounted for.

    The config file is ~/.config/lambda-replay/config.toml (or LAMBDA_REPLAY_CONFIG), with stack, profile,
    region and endpoint_url. The options for the stack may also stand behind the command's name.

    Exit codes: 0 done, 1 the answer is no (nothing found, failed again, halted), 2 usage, 3 refused by AWS
    or the API.
    """
    ctx.obj = Shared(ConnectionOptions(stack, profile, region, endpoint_url, debug))
