"""Entry point of the triage function: a batch of queue messages in, the ids of those to retry out.

Powertools' batch processor would take a tenth of the cold start for what `received` does in a few lines
(docs/decisions/0007).
"""

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambda_replay.adapters.clock import now
from lambda_replay.adapters.metrics import counter, metrics_of, published
from lambda_replay.adapters.storage import open_storage
from lambda_replay.domain.record import NotARecord, parse_record
from lambda_replay.ports import Count
from lambda_replay.settings import Environment, TableSettings
from lambda_replay.use_cases.linking import ForeignRun
from lambda_replay.use_cases.triage import Triage

Message = dict[str, Any]

logger = Logger(service="triage")
metrics = metrics_of("triage")


@cache
def triage() -> Triage:
    settings = TableSettings.read(Environment(os.environ))
    storage = open_storage(settings)
    return Triage(storage.entries, storage.records, counter(metrics), now, settings.retention)


def receive(message: Message) -> None:
    """Raises `NotARecord` for what can't be understood: the queue's redrive policy takes it from there."""
    record = parse_record(message["body"], fallback_id=message["messageId"])
    logger.append_keys(request_id=record.request_id, source_function=str(record.function))
    sent_at = datetime.fromtimestamp(int(message["attributes"]["SentTimestamp"]) / 1000, UTC)
    triage().receive(record, sent_at)
    logger.info("record received", condition=record.condition)


def received(message: Message) -> bool:
    """False when the message has to come again; the log says why, without its text."""
    receives = message["attributes"]["ApproximateReceiveCount"]
    with logger.append_context_keys(message_id=message["messageId"], receives=receives):
        try:
            receive(message)
        except (NotARecord, ForeignRun) as refusal:
            counter(metrics)(Count.MESSAGE_REFUSED)
            logger.error("message refused", reason=str(refusal))  # noqa: TRY400  # the reason says it all
        except Exception:  # whatever it is, the batch mates go on, and the queue delivers this one again
            logger.exception("message failed, and will be retried")
        else:
            return True
        finally:
            logger.remove_keys(["request_id", "source_function"])
    return False


@published(metrics)
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    if not isinstance(event, dict) or not isinstance(event.get("Records"), list):
        raise TypeError("not a queue's event: expected an object with a list of Records")
    failed = [message["messageId"] for message in event["Records"] if not received(message)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
