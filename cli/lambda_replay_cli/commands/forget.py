"""`lambda-replay forget`: delete what executions hold of an event."""

from typing import Annotated

import typer

from lambda_replay_cli.client.options import service
from lambda_replay_cli.output.emit import OutputOption


def forget(
    ctx: typer.Context,
    identities: Annotated[list[str], typer.Argument(metavar="ID", show_default=False)],
    reason: Annotated[
        str, typer.Option(help="Why; it stands with the execution, with your name.", show_default=False)
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    output: OutputOption = None,
) -> None:
    """Delete the events of executions and what their runs answered, for good.

    \b
    lambda-replay forget 8f9c1c0e --reason "erasure request 4711"
    lambda-replay list --function signup --limit 0 | lambda-replay forget - --yes --reason "test data"

    They are gone from the table, the payload bucket and, where the record came in an object, the failure
    bucket. The executions stay, with who had them forgotten; they can't be replayed any more. What
    point-in-time recovery of the table still holds is in docs/reliability.md. Ends with 1 when one is not
    there, with 3 when one was refused.
    """
    from lambda_replay_cli.executions.decide import decide
    from lambda_replay_cli.input_values import named
    from lambda_replay_cli.screens.confirm import agreed

    each = named(identities)
    what = "the event of one execution" if len(each) == 1 else f"the events of {len(each)} executions"
    if not yes and not agreed(f"Delete {what} for good?"):
        raise typer.Abort
    decide(service(ctx), each, "payload", {"reason": reason}, output, method="DELETE")
