"""Entry point of the triage function: a batch of queue messages in, the ids of those to retry out."""

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    ExceptionInfo,
    FailureResponse,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambda_replay.adapters.clock import now
from lambda_replay.adapters.metrics import counter, metrics_of, published
from lambda_replay.adapters.storage import open_storage
from lambda_replay.domain.record import NotARecord, parse_record
from lambda_replay.ports import Count
from lambda_replay.settings import Environment, TableSettings
from lambda_replay.use_cases.triage import Triage

logger = Logger(service="triage")
metrics = metrics_of("triage", os.environ.get("STACK_NAME", "local"))


@cache
def triage() -> Triage:
    settings = TableSettings.read(Environment(os.environ))
    storage = open_storage(settings)
    return Triage(storage.entries, storage.records, counter(metrics), now, settings.retention)


class Processor(BatchProcessor):
    """Sends messages that fail back alone, and says why in the log, without their text."""

    def failure_handler(self, record: SQSRecord, exception: ExceptionInfo) -> FailureResponse:
        error = exception[1]
        logger.append_keys(message_id=record.message_id, receives=record.attributes.approximate_receive_count)
        if isinstance(error, NotARecord):
            counter(metrics)(Count.MESSAGE_REFUSED)
            logger.error("message refused", reason=str(error))
        else:
            logger.error("message failed, and will be retried", exc_info=error)
        return super().failure_handler(record, exception)


# Even when all of a batch fail, each message is its own case.
processor = Processor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def receive(record: SQSRecord) -> None:
    """Raises `NotARecord` for what can't be understood: the queue's redrive policy takes it from there."""
    logger.remove_keys(["request_id", "source_function", "message_id", "receives"])  # the one before's
    parsed = parse_record(record.body, fallback_id=record.message_id)
    logger.append_keys(request_id=parsed.request_id, source_function=str(parsed.function))
    triage().receive(parsed, _sent_at(record))
    logger.info("record received", condition=parsed.condition)


def _sent_at(message: SQSRecord) -> datetime:
    return datetime.fromtimestamp(int(message.attributes.sent_timestamp) / 1000, UTC)


@published(metrics)
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    if not isinstance(event, dict) or not isinstance(event.get("Records"), list):
        raise TypeError("not a queue's event: expected an object with a list of Records")
    if not event["Records"]:
        return {"batchItemFailures": []}
    return process_partial_response(event, record_handler=receive, processor=processor, context=context)
