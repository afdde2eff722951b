"""`lambda-replay reopen`: take up again what was ignored."""

from typing import Annotated

import typer

from lambda_replay_cli.client.options import service
from lambda_replay_cli.output.emit import OutputOption


def reopen(
    ctx: typer.Context,
    identities: Annotated[list[str], typer.Argument(metavar="ID", show_default=False)],
    reason: Annotated[
        str | None, typer.Option(help="Why; it stands in the execution's history.", show_default=False)
    ] = None,
    output: OutputOption = None,
) -> None:
    """Take up again executions that were ignored.

    \b
    lambda-replay reopen 8f9c1c0e
    lambda-replay list --status ignored --limit 0 | lambda-replay reopen - --reason "after all"

    Ends with 1 when one is not there, with 3 when one was refused.
    """
    from lambda_replay_cli.executions.decide import decide
    from lambda_replay_cli.input_values import named

    each = named(identities)
    decide(service(ctx), each, "reopen", {} if reason is None else {"reason": reason}, output)
