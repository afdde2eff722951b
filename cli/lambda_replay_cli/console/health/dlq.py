"""Messages that triage could not take: why, and put back."""

from typing import Any

from starlette.responses import Response

from lambda_replay.domain.function_arn import FunctionArn
from lambda_replay.domain.intake.dead_letter import DeadLetterOwners
from lambda_replay_cli.console.backend.page_request import PageRequest
from lambda_replay_cli.console.client import Addresses, DeadLetterQueue, Reader, Redriver, Service, fetcher

_SHOWN, _MOST = 20, 10_000


def letters(visit: PageRequest) -> Response:
    """Looking takes none out; while one looks, others do not see them."""
    service = visit.backend.service
    queue, reader = _queue(service), _reader(service)
    with queue.looked_at(_SHOWN) as messages:
        rows: list[dict[str, Any]] = [
            {**reader.read(each).as_json(), "size": each.size, "received": each.received} for each in messages
        ]
    return visit.page("dlq.html", rows=rows, depth=max(len(rows), queue.depth()))


def put_back(visit: PageRequest) -> Response:
    service = visit.backend.service
    queue, addresses = _queue(service), Addresses.of(service)
    mover = Redriver(queue, addresses.output("FailureQueueUrl"), addresses.output("FailureQueueArn"))
    if "id" not in visit.form:
        moved = mover.all(queue.depth())
        said = "SQS is moving them" if moved is None else f"{moved} messages are in the failure queue again"
        return visit.go("/health/dlq", said)
    wanted = visit.form["id"]
    with queue.looked_at(_MOST, lambda message: message.id == wanted) as messages:
        moved = mover.some(messages)
    said = (
        "The message is in the failure queue again"
        if moved
        else "There is no such message, or another caller is reading it"
    )
    return visit.go("/health/dlq", said)


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
