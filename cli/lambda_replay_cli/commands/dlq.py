"""`lambda-replay dlq …`: what the failure queue's own DLQ holds, why, and how it comes back."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lambda_replay_cli import time_format
from lambda_replay_cli.client.options import service
from lambda_replay_cli.command_group import CommandGroup
from lambda_replay_cli.errors import NO, ExternalError, report
from lambda_replay_cli.output.column import Column
from lambda_replay_cli.output.emit import Output, OutputOption, chosen, emit, emit_one
from lambda_replay_cli.output.spinner import busy

if TYPE_CHECKING:
    from lambda_replay_cli.client.service import Service
    from lambda_replay_cli.dlq.explain import Reader
    from lambda_replay_cli.dlq.messages import DeadLetterQueue, RefusedMessage

dlq = typer.Typer(
    name="dlq",
    cls=CommandGroup,
    help="The failure queue's own DLQ: messages that were not understood or not stored.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_MOST = 100_000
LimitOption = Annotated[
    int,
    typer.Option("--limit", "-n", min=1, max=10_000, metavar="N", help="Look at so many messages at most."),
]
IdOption = Annotated[
    str | None, typer.Option("--id", metavar="MESSAGE", help="This message alone.", show_default=False)
]
_LOOK = (
    Column("id"),
    Column("sent", "sent_at", time_format.shown),
    Column("bytes", right=True),
    Column("kind", styles={"storable": "green", "unreadable": "red", "": "yellow"}),
    Column("received", right=True, from_width=120),
    Column("gone in", "expires_at", time_format.ago, from_width=100),
    Column("sender", flexible=True, from_width=120),
)
_MOVED = (Column("messages"), Column("moved"))
_WHY = (
    Column("id"),
    Column("sent", "sent_at", time_format.shown),
    Column("kind"),
    Column("why", flexible=True),
)


@dlq.command()
def look(ctx: typer.Context, limit: LimitOption = 100, output: OutputOption = None) -> None:
    """List the messages, without taking any out and without their contents.

    While it looks, others do not see them. Ends with 1 when there are none.

    \b
    lambda-replay dlq look
    lambda-replay dlq look --limit 1000 --output jsonl
    """
    found = service(ctx)
    queue, reader = _queue(found), _reader(found)
    kept = timedelta(seconds=queue.retention_seconds())
    with busy("reading messages"), queue.looked_at(limit) as messages:
        rows = [_row(each, reader.read(each).kind, kept) for each in messages]
    emit(rows, _LOOK, output)
    _ended(len(rows), queue, limit)


@dlq.command()
def why(
    ctx: typer.Context, message_id: IdOption = None, limit: LimitOption = 20, output: OutputOption = None
) -> None:
    """Explain what is wrong with each message, and what to do about it.

    Each is read again as triage reads it. Its contents are not printed. Ends with 1 when there are none.

    \b
    lambda-replay dlq why
    lambda-replay dlq why --id 6f1c0a52-7d1e-4a55-9a38-5c3b8f0c2a11
    """
    found = service(ctx)
    queue, reader = _queue(found), _reader(found)
    with (
        busy("looking for it" if message_id else "reading messages"),
        queue.looked_at(_MOST if message_id else limit, _named(message_id)) as messages,
    ):
        readings = [reader.read(each) for each in messages]
    log = f"aws logs filter-log-events --log-group-name /aws/lambda/{found.stack}-triage --filter-pattern"
    rows = [{**each.as_json(), "log": f"{log} '\"{each.message.id}\"'"} for each in readings]
    if chosen(output) is Output.table:
        from lambda_replay_cli.screens.dlq import print_readings

        print_readings(rows)
    else:
        emit(rows, _WHY, output)
    if message_id and not rows:
        raise ExternalError(
            f"there is no message {message_id} (or another caller is reading it just now)", NO
        )
    _ended(len(rows), queue, limit)


@dlq.command("put-back")
def put_back(
    ctx: typer.Context,
    message_id: IdOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say how many, move nothing.")] = False,
    output: OutputOption = None,
) -> None:
    """Send the messages to the failure queue again, once what was wrong is fixed.

    What triage refuses once more is back in the DLQ after a quarter of an hour. Nothing is stored twice.
    Ends with 1 when there are none.

    \b
    lambda-replay dlq put-back
    lambda-replay dlq put-back --id 6f1c0a52-7d1e-4a55-9a38-5c3b8f0c2a11 --yes
    """
    from lambda_replay_cli.dlq.redrive import Redriver
    from lambda_replay_cli.screens.dlq import moving

    found = service(ctx)
    queue = _queue(found)
    mover = Redriver(queue, _output(found, "FailureQueueUrl"), _output(found, "FailureQueueArn"))
    if message_id:
        with queue.looked_at(_MOST, _named(message_id)) as messages:
            if not messages:
                raise ExternalError(
                    f"there is no message {message_id} (or another caller is reading it just now)", NO
                )
            _agreed("this message", 1, yes=yes, dry_run=dry_run, output=output)
            _reported(mover.some(messages), 1, output)
        return
    depth = queue.depth()
    if not depth:
        report("the DLQ is empty")
        raise typer.Exit(NO)
    what = f"{depth} {'message' if depth == 1 else 'messages'}"
    _agreed(what, depth, yes=yes, dry_run=dry_run, output=output)
    with moving(depth) as tell:
        moved = replace(mover, tell=tell).all(depth)
    _reported(moved, depth, output)


def _agreed(what: str, depth: int, *, yes: bool, dry_run: bool, output: Output | None) -> None:
    from lambda_replay_cli.screens.confirm import agreed

    if dry_run:
        report(f"would put back {what}")
        _row_of(0, depth, output)
        raise typer.Exit
    if not yes and not agreed(f"Put back {what}?"):
        report("nothing was moved")
        raise typer.Exit(NO)


def _reported(moved: int | None, depth: int, output: Output | None) -> None:
    if moved is None:
        report("SQS is moving them, and you may not see how far (sqs:ListMessageMoveTasks): see dlq look")
    elif moved == 0:
        report(_hidden(depth))
    else:
        report(f"{moved} {'message is' if moved == 1 else 'messages are'} in the failure queue again")
    _row_of(moved, depth, output)
    if moved == 0:
        raise typer.Exit(NO)


def _row_of(moved: int | None, depth: int, output: Output | None) -> None:
    """For a program: a person was reported."""
    emit_one({"messages": depth, "moved": moved}, _MOVED, output, lambda _row: None)


def _hidden(count: int) -> str:
    return f"{count} {'message is' if count == 1 else 'messages are'} held by another reader: try again soon"


def _ended(count: int, queue: "DeadLetterQueue", limit: int) -> None:
    if not count:
        depth = queue.depth()
        report(_hidden(depth) if depth else "the DLQ is empty")
        raise typer.Exit(NO)
    if count >= limit:
        report(f"about {queue.depth()} in all: look at more with --limit")


def _row(message: "RefusedMessage", kind: str, kept: timedelta) -> dict[str, Any]:
    return {
        "id": message.id,
        "sent_at": message.sent_at.isoformat(),
        "expires_at": (message.sent_at + kept).isoformat(),
        "bytes": message.size,
        "received": message.received,
        "kind": kind,
        "sender": message.sender,
        "source": message.source,
    }


def _named(message_id: str | None) -> Any:
    return None if message_id is None else lambda message: message.id == message_id


def _queue(found: "Service") -> "DeadLetterQueue":
    from lambda_replay_cli.dlq.messages import DeadLetterQueue

    return DeadLetterQueue(found.client("sqs"), _output(found, "FailureQueueDlqUrl"))


def _reader(found: "Service") -> "Reader":
    from lambda_replay.domain.function_arn import FunctionArn
    from lambda_replay.domain.intake.dead_letter import DeadLetterOwners
    from lambda_replay_cli.client.stack_addresses import Addresses
    from lambda_replay_cli.dlq.explain import Reader
    from lambda_replay_cli.dlq.notified_object import fetcher

    addresses = Addresses.of(found)
    names = ("DeadLetterQueues", "DeadLetterTopics")
    bucket = addresses.output("FailureBucketName")
    return Reader(
        DeadLetterOwners.parse(",".join(addresses.parameters.get(name, "") for name in names)),
        bucket,
        addresses.output("FailureQueueArn"),
        FunctionArn.parse(addresses.output("TriageFunctionArn")),
        fetcher(found, bucket),
    )


def _output(found: "Service", name: str) -> str:
    if name not in found.outputs:
        raise ExternalError(f"the stack {found.stack} has no output {name}: deploy its newest template")
    return found.outputs[name]
