"""`lambda-replay confirm`: say whose run a failure is."""

from typing import Annotated

import typer

from lambda_replay_cli.client.options import service
from lambda_replay_cli.output.emit import OutputOption


def confirm(
    ctx: typer.Context,
    identities: Annotated[list[str], typer.Argument(metavar="ID", show_default=False)],
    reason: Annotated[
        str | None,
        typer.Option(help="Why; it stands in the history of the other execution.", show_default=False),
    ] = None,
    output: OutputOption = None,
) -> None:
    """Confirm that failures are the runs of replays whose answer was lost.

    `lambda-replay show ID` says whose run an execution probably is. Confirmed, it becomes the outcome of that
    replay, and is no execution of its own any more.

    \b
    lambda-replay confirm 8f9c1c0e-5a4b-4a55-9d5c-1f6c7f6f2f10 --reason "same order number"

    Prints the executions whose replays these were. Ends with 1 when one is not there, with 3 when one was
    refused.
    """
    from lambda_replay_cli.executions.decide import decide
    from lambda_replay_cli.input_values import named

    each = named(identities)
    decide(service(ctx), each, "confirm", {} if reason is None else {"reason": reason}, output)
