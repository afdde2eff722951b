"""Entry point of the triage function: a batch of queue messages in, the ids of those to retry out."""

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambda_replay.adapters.clock import now
from lambda_replay.adapters.metrics import counter, metrics_of
from lambda_replay.adapters.storage import open_storage
from lambda_replay.domain.record import NotARecord, parse_record
from lambda_replay.ports import Count
from lambda_replay.settings import Environment, TableSettings
from lambda_replay.use_cases.triage import Triage

logger = Logger(service="triage")
# A message that fails goes back alone; even when all of a batch fail, each is its own case.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
metrics = metrics_of("triage", os.environ.get("STACK_NAME", "local"))


@cache
def triage() -> Triage:
    settings = TableSettings.read(Environment(os.environ))
    storage = open_storage(settings)
    return Triage(storage.entries, storage.records, counter(metrics), now, settings.retention)


def receive(message: SQSRecord) -> None:
    """Raises `NotARecord` for what can't be understood: the queue's redrive policy takes it from there."""
    try:
        record = parse_record(message.body, fallback_id=message.message_id)
    except NotARecord as error:
        counter(metrics)(Count.MESSAGE_REFUSED)
        logger.error(  # noqa: TRY400  # the reason says it all; a traceback would only bury it
            "message refused",
            message_id=message.message_id,
            receives=message.attributes.approximate_receive_count,
            reason=str(error),
        )
        raise
    logger.append_keys(request_id=record.request_id, source_function=str(record.function))
    triage().receive(record, _sent_at(message))
    logger.info("record received", condition=record.condition)


def _sent_at(message: SQSRecord) -> datetime:
    return datetime.fromtimestamp(int(message.attributes.sent_timestamp) / 1000, UTC)


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    if not isinstance(event, dict) or not isinstance(event.get("Records"), list):
        raise TypeError("not a queue's event: expected an object with a list of Records")
    return process_partial_response(event, record_handler=receive, processor=processor, context=context)
