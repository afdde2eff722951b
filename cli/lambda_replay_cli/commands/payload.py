"""`lambda-replay payload`: the original event."""

import sys
from typing import Annotated

import typer

from lambda_replay_cli.client.options import service
from lambda_replay_cli.output.plain import printable


def payload(
    ctx: typer.Context, identity: Annotated[str, typer.Argument(metavar="ID", show_default=False)]
) -> None:
    """Print the original event: byte for byte into a file or a pipe.

    \b
    lambda-replay payload 8f9c1c0e > event.json
    lambda-replay payload 8f9c1c0e | jq .

    On a terminal, what could control it is left out. Reading payloads is a permission of its own, and is
    logged. Ends with 1 when the payload is no longer stored.
    """
    from lambda_replay_cli.client.connection import segment
    from lambda_replay_cli.groups.fingerprint_prefix import execution_id

    stack = service(ctx)
    found = stack.raw(f"/executions/{segment(execution_id(stack, identity))}/payload")
    if sys.stdout.isatty():
        typer.echo(printable(found.decode(errors="replace"), keep="\n"))
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(found)
