"""The service that the options before the command's name mean, found when it is first needed."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from lambda_replay_cli.client.config import ConnectionOptions

if TYPE_CHECKING:
    from lambda_replay_cli.client.service import Service


@dataclass
class Shared:
    """What the app's callback keeps for the commands."""

    options: ConnectionOptions
    service: "Service | None" = None


def service(ctx: typer.Context) -> "Service":
    """Raises what `connect` raises."""
    shared = _shared(ctx)
    if shared.service is None:
        # botocore takes longer to load than most commands take.
        from lambda_replay_cli.client import connection

        shared.service = connection.connect(shared.options)
    return shared.service


def connection_options(ctx: typer.Context) -> ConnectionOptions:
    return _shared(ctx).options


def _shared(ctx: typer.Context) -> Shared:
    found = ctx.find_root().obj
    return found if isinstance(found, Shared) else Shared(ConnectionOptions())


def with_connection_options(command: Any, options: Sequence[Any]) -> Any:
    """The command, and those within it, with `options`, the root's own, behind the command's name too. What
    stands there counts more than what stands in front; the help of the root alone lists them."""
    if isinstance(command, TyperGroup):
        for inner in command.commands.values():
            with_connection_options(inner, options)
    elif command is not None:
        known = {option.name for option in command.params}
        command.params += [_behind(option) for option in options if option.name not in known]
    return command


def _behind(option: Any) -> Any:
    def take(ctx: typer.Context, parameter: Any, value: Any) -> None:
        shared = _shared(ctx)
        if isinstance(value, str) and value.startswith("-"):  # the next option: this one has no value
            ctx.fail(f"Option '{parameter.opts[0]}' requires an argument.")
        if value:
            shared.options = replace(shared.options, **{parameter.name: value})

    behind = copy(option)
    behind.callback, behind.expose_value, behind.hidden = take, False, True
    return behind
