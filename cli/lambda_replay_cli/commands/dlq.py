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
    from collections.abc import Callable, Iterable, Mapping

    from lambda_replay_cli.client.service import Service
    from lambda_replay_cli.dlq.explain import MessageExplanation, Reader
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
ReasonOption = Annotated[
    str | None,
    typer.Option(
        "--reason",
        metavar="REASON",
        help="Those that were refused for this reason, as `dlq list` prints it.",
        show_default=False,
    ),
]
QueueOption = Annotated[
    str | None,
    typer.Option(
        "--queue",
        metavar="QUEUE",
        help="A queue of your own instead of the DLQ: its name, URL or ARN.",
        show_default=False,
    ),
]
_LIST = (
    Column("id"),
    Column("sent", "sent_at", time_format.shown),
    Column("bytes", right=True),
    Column("reason", styles={"not_stored": "red", "": "yellow"}),
    Column("received", right=True, from_width=120),
    Column("gone in", "expires_at", time_format.ago, from_width=100),
    Column("sender", flexible=True, from_width=120),
)
_MOVED = (Column("messages"), Column("moved"))
_WHY = (
    Column("id"),
    Column("sent", "sent_at", time_format.shown),
    Column("reason"),
    Column("why", flexible=True),
)


@dlq.command("list")
def list_messages(
    ctx: typer.Context,
    reason: ReasonOption = None,
    queue_name: QueueOption = None,
    limit: LimitOption = 100,
    output: OutputOption = None,
) -> None:
    """List the messages, without taking any out and without their contents.

    While it looks, others do not see them. Ends with 1 when there are none.

    \b
    lambda-replay dlq list
    lambda-replay dlq list --reason sns_message
    lambda-replay dlq list --limit 1000 --output jsonl
    """
    found = service(ctx)
    queue, reader = _queue(found, queue_name), _reader(found)
    _known(reason)
    kept = timedelta(seconds=queue.retention_seconds())
    with busy("reading messages"), queue.looked_at(limit) as messages:
        readings = [reader.read(each) for each in messages]
    rows = [_row(each, kept) for each in _of(reason, readings)]
    emit(rows, _LIST, output)
    _ended(len(readings), len(rows), queue, limit)


@dlq.command()
def explain(
    ctx: typer.Context,
    message_id: IdOption = None,
    reason: ReasonOption = None,
    queue_name: QueueOption = None,
    limit: LimitOption = 20,
    output: OutputOption = None,
) -> None:
    """Explain what is wrong with each message, and what to do about it.

    The reason is what triage wrote into the message when it moved it. Each is also read again, as triage
    reads it now. Its contents are not printed. Ends with 1 when there are none.

    \b
    lambda-replay dlq explain
    lambda-replay dlq explain --id 6f1c0a52-7d1e-4a55-9a38-5c3b8f0c2a11
    lambda-replay dlq explain --queue orders-dlq
    """
    found = service(ctx)
    queue, reader = _queue(found, queue_name), _reader(found)
    _known(reason)
    with (
        busy("looking for it" if message_id else "reading messages"),
        queue.looked_at(_MOST if message_id else limit, _named(message_id)) as messages,
    ):
        readings = [reader.read(each) for each in messages]
    log = f"aws logs filter-log-events --log-group-name /aws/lambda/{found.stack}-triage --filter-pattern"
    rows = [{**each.as_json(), "log": f"{log} '\"{each.message.id}\"'"} for each in _of(reason, readings)]
    if chosen(output) is Output.table:
        from lambda_replay_cli.screens.dlq import print_readings

        print_readings(rows)
    else:
        emit(rows, _WHY, output)
    if message_id and not readings:
        raise ExternalError(
            f"there is no message {message_id} (or another caller is reading it just now)", NO
        )
    _ended(len(readings), len(rows), queue, limit)


@dlq.command()
def redrive(
    ctx: typer.Context,
    message_id: IdOption = None,
    reason: ReasonOption = None,
    queue_name: QueueOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say how many, move nothing.")] = False,
    output: OutputOption = None,
) -> None:
    """Send messages to the queue again that they came by, once what was wrong is fixed.

    What triage refuses once more is back in the DLQ at once. Nothing is stored twice. Of a queue of your own,
    what triage understands goes to the failure queue, and everything else stays where it is. Ends with 1 when
    there are none.

    \b
    lambda-replay dlq redrive
    lambda-replay dlq redrive --reason unknown_dead_letter
    lambda-replay dlq redrive --id 6f1c0a52-7d1e-4a55-9a38-5c3b8f0c2a11 --yes
    lambda-replay dlq redrive --queue failed-records
    """
    from lambda_replay_cli.dlq.redrive import Redriver
    from lambda_replay_cli.screens.dlq import moving

    found = service(ctx)
    queue, reader = _queue(found, queue_name), _reader(found)
    _known(reason)
    mover = Redriver(queue, _output(found, "FailureQueueUrl"), _origins(found))

    def wanted(message: "RefusedMessage") -> bool:
        reading = reader.read(message)
        return (reason in (None, reading.reason)) and (queue_name is None or reading.understood)

    if message_id:
        with queue.looked_at(_MOST, _named(message_id)) as messages:
            if not messages:
                raise ExternalError(
                    f"there is no message {message_id} (or another caller is reading it just now)", NO
                )
            chosen_ones = [each for each in messages if wanted(each)]
            if not chosen_ones:
                raise ExternalError(f"the message {message_id} is no such message: see dlq explain", NO)
            _agreed("this message", 1, yes=yes, dry_run=dry_run, output=output)
            _moved(mover.some(chosen_ones), 1, output)
        return
    depth = queue.depth()
    if not depth:
        report(f"{queue.label} is empty")
        raise typer.Exit(NO)
    count = depth if reason is None and queue_name is None else _count(queue, wanted)
    if not count:
        report("no message is meant by that")
        raise typer.Exit(NO)
    what = f"{count} {'message' if count == 1 else 'messages'}"
    _agreed(what, count, yes=yes, dry_run=dry_run, output=output)
    with moving(count) as tell:
        moved = replace(mover, tell=tell).move(depth, wanted)
    _moved(moved, count, output)


def _count(queue: "DeadLetterQueue", wanted: "Callable[[RefusedMessage], bool]") -> int:
    with busy("reading messages"), queue.passing(_MOST) as messages:
        return sum(map(wanted, messages))


def _of(reason: str | None, readings: "Iterable[MessageExplanation]") -> "list[MessageExplanation]":
    return [each for each in readings if reason in (None, each.reason)]


def _known(reason: str | None) -> None:
    from lambda_replay_cli.dlq.explain import REASONS

    if reason is not None and reason not in REASONS:
        raise typer.BadParameter(f"{reason!r} is no reason: {', '.join(REASONS)}", param_hint="'--reason'")


def _agreed(what: str, depth: int, *, yes: bool, dry_run: bool, output: Output | None) -> None:
    from lambda_replay_cli.screens.confirm import agreed

    if dry_run:
        report(f"would redrive {what}")
        _row_of(0, depth, output)
        raise typer.Exit
    if not yes and not agreed(f"Redrive {what}?"):
        report("nothing was moved")
        raise typer.Exit(NO)


def _moved(moved: int, count: int, output: Output | None) -> None:
    if moved:
        report(f"{moved} {'message is' if moved == 1 else 'messages are'} on the way to triage again")
    else:
        report(_hidden(count))
    _row_of(moved, count, output)
    if moved == 0:
        raise typer.Exit(NO)


def _row_of(moved: int, count: int, output: Output | None) -> None:
    """For a program: a person was reported."""
    emit_one({"messages": count, "moved": moved}, _MOVED, output, lambda _row: None)


def _hidden(count: int) -> str:
    return f"{count} {'message is' if count == 1 else 'messages are'} held by another reader: try again soon"


def _ended(seen: int, shown: int, queue: "DeadLetterQueue", limit: int) -> None:
    if not seen:
        depth = queue.depth()
        report(_hidden(depth) if depth else f"{queue.label} is empty")
        raise typer.Exit(NO)
    if seen >= limit:
        report(f"about {queue.depth()} in all: look at more with --limit")
    if not shown:
        report(f"none of the {seen} that were looked at is of this reason")
        raise typer.Exit(NO)


def _row(reading: "MessageExplanation", kept: timedelta) -> dict[str, Any]:
    message = reading.message
    return {
        "id": message.id,
        "sent_at": message.sent_at.isoformat(),
        "expires_at": (message.sent_at + kept).isoformat(),
        "bytes": message.size,
        "received": message.received,
        "reason": reading.reason,
        "understood": reading.understood,
        "sender": message.sender,
        "source": message.source,
    }


def _named(message_id: str | None) -> Any:
    return None if message_id is None else lambda message: message.id == message_id


def _queue(found: "Service", name: str | None) -> "DeadLetterQueue":
    from lambda_replay_cli.dlq.messages import DeadLetterQueue

    if name is None:
        return DeadLetterQueue(found.client("sqs"), _output(found, "FailureQueueDlqUrl"))
    return DeadLetterQueue.named(found.client("sqs"), name)


def _origins(found: "Service") -> "Mapping[str, str]":
    from lambda_replay_cli.client.stack_addresses import Addresses
    from lambda_replay_cli.dlq.messages import url_of

    return {arn: url_of(found.client("sqs"), arn) for arn in Addresses.of(found).dead_letter_queues}


def _reader(found: "Service") -> "Reader":
    from lambda_replay.domain.functions.function_arn import FunctionArn
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
