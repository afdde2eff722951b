"""`lambda-replay ignore`: leave executions alone."""

from typing import Annotated

import typer

from lambda_replay_cli import time_format
from lambda_replay_cli.client.options import service
from lambda_replay_cli.output.emit import OutputOption


def ignore(
    ctx: typer.Context,
    identities: Annotated[list[str], typer.Argument(metavar="ID", show_default=False)],
    reason: Annotated[
        str, typer.Option(help="Why; it stands in the execution's history.", show_default=False)
    ],
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Until then: 2h, tomorrow, 2026-01-31.", show_default=False),
    ] = None,
    output: OutputOption = None,
) -> None:
    """Leave executions alone, for good or until a time. For a whole group, see group.

    \b
    lambda-replay ignore 8f9c1c0e 0b1c2d3e --reason "test data"
    lambda-replay ignore 8f9c1c0e --reason "partner is down" --until 2h
    lambda-replay list --function old --limit 0 | lambda-replay ignore - --reason "switched off"

    Ends with 1 when one is not there, with 3 when one was refused.
    """
    from lambda_replay_cli.executions.decide import decide
    from lambda_replay_cli.input_values import named

    each = named(identities)
    body = {"reason": reason}
    if until is not None:
        body["until"] = time_format.query(until, ahead=True)
    decide(service(ctx), each, "ignore", body, output)
