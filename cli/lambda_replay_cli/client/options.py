"""The service that the options before the command's name mean, found when it is first needed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from lambda_replay_cli.client.config import Wishes

if TYPE_CHECKING:
    from lambda_replay_cli.client.service import Service


@dataclass
class Shared:
    """What the app's callback keeps for the commands."""

    wishes: Wishes
    service: "Service | None" = None


def service(ctx: typer.Context) -> "Service":
    """Raises what `connect` raises."""
    shared = _shared(ctx)
    if shared.service is None:
        # botocore takes longer to load than most commands take.
        from lambda_replay_cli.client import connection

        shared.service = connection.connect(shared.wishes)
    return shared.service


def wishes(ctx: typer.Context) -> Wishes:
    return _shared(ctx).wishes


def _shared(ctx: typer.Context) -> Shared:
    found = ctx.find_root().obj
    return found if isinstance(found, Shared) else Shared(Wishes())
