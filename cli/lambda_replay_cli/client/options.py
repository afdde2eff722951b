"""The service that the options before the command's name mean, found when it is first needed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from lambda_replay_cli.client.config import ConnectionOptions

if TYPE_CHECKING:
    from lambda_replay_cli.client.connection import Service


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
