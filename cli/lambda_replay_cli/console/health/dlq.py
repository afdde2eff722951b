"""Messages that triage could not take: explained, and redriven."""

from collections import Counter
from typing import Any

from starlette.responses import Response

from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.intake.dead_letter import DeadLetterOwners
from lambda_replay_cli.console.backend.page_request import PageRequest
from lambda_replay_cli.console.client import (
    Addresses,
    DeadLetterQueue,
    Reader,
    Redriver,
    Service,
    fetcher,
    url_of,
)

_SHOWN, _MOST = 20, 10_000


def letters(visit: PageRequest) -> Response:
    """Looking takes none out; while one looks, others do not see them."""
    service = visit.backend.service
    queue, reader = _queue(service), _reader(service)
    with queue.looked_at(_SHOWN) as messages:
        rows: list[dict[str, Any]] = [
            {**reader.read(each).as_json(), "size": each.size, "received": each.received} for each in messages
        ]
    reasons = Counter(str(row["reason"]) for row in rows)
    return visit.page("dlq.html", rows=rows, reasons=reasons, depth=max(len(rows), queue.depth()))


def redrive(visit: PageRequest) -> Response:
    """One by its id, those of one reason, or all."""
    service = visit.backend.service
    queue, reader = _queue(service), _reader(service)
    mover = Redriver(queue, Addresses.of(service).output("FailureQueueUrl"), _origins(service))
    if "id" in visit.form:
        wanted = visit.form["id"]
        with queue.looked_at(_MOST, lambda message: message.id == wanted) as messages:
            moved = mover.some(messages)
    elif "reason" in visit.form:
        reason = visit.form["reason"]
        moved = mover.move(queue.depth(), lambda message: reader.read(message).reason == reason)
    else:
        moved = mover.move(queue.depth())
    counted = "1 message is" if moved == 1 else f"{moved} messages are"
    said = (
        f"{counted} on the way to triage again"
        if moved
        else "There is no such message, or another caller is reading it"
    )
    return visit.go("/health/dlq", said)


def _origins(service: Service) -> dict[str, str]:
    return {arn: url_of(service.client("sqs"), arn) for arn in Addresses.of(service).dead_letter_queues}


def _queue(service: Service) -> DeadLetterQueue:
    return DeadLetterQueue(service.client("sqs"), Addresses.of(service).output("FailureQueueDlqUrl"))


def _reader(service: Service) -> Reader:
    addresses = Addresses.of(service)
    parameters = (addresses.parameters.get(name, "") for name in ("DeadLetterQueues", "DeadLetterTopics"))
    bucket = addresses.output("FailureBucketName")
    return Reader(
        DeadLetterOwners.parse(",".join(parameters)),
        bucket,
        addresses.output("FailureQueueArn"),
        FunctionArn.parse(addresses.output("TriageFunctionArn")),
        fetcher(service, bucket),
    )
