"""`lambda-replay show`: one execution, its error, and its replays."""

from typing import Annotated

import typer

from lambda_replay_cli.client.options import service
from lambda_replay_cli.lists.columns import EXECUTIONS_WHOLE
from lambda_replay_cli.output.column import Row
from lambda_replay_cli.output.emit import OutputOption, emit_one


def show(
    ctx: typer.Context,
    identity: Annotated[str, typer.Argument(metavar="ID", show_default=False)],
    full: Annotated[
        bool, typer.Option("--full", help="The error as it came, with what is masked otherwise.")
    ] = False,
    output: OutputOption = None,
) -> None:
    """Show one execution: why it failed, its trace, who replayed it when and how that ended.

    \b
    lambda-replay show 8f9c1c0e-5a4b-4a55-9d5c-1f6c7f6f2f10
    lambda-replay show 8f9c1c0e --full --output json

    ID is the request id of the invocation that failed. In the trace, frames of your own code stand out.
    Secrets in the message are masked; --full needs the permission that reads payloads, and is logged.
    Ends with 1 when there is none.
    """
    from lambda_replay_cli.client.connection import segment
    from lambda_replay_cli.groups.fingerprint_prefix import execution_id

    stack = service(ctx)
    path = f"/executions/{segment(execution_id(stack, identity))}"
    found = stack.call("GET", path)
    if full and found["error"] is not None:
        found["error"] = stack.call("GET", f"{path}/error")
    emit_one(found, EXECUTIONS_WHOLE, output, _people)


def _people(row: Row) -> None:
    from lambda_replay_cli.screens.execution import print_execution

    print_execution(row)
