"""Entry point of the triage function: messages in, the ids of those to retry out.

Powertools' batch processor would take a tenth of the cold start for what `_kept` does in a few lines
(docs/decisions/0007).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambda_replay.adapters.aws.metrics import counter, published
from lambda_replay.adapters.aws.payload_bucket import ObjectTooLargeError
from lambda_replay.adapters.aws.raw_event import keep_raw_events
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.intake.execution_record import ExecutionRecord
from lambda_replay.domain.intake.fields import NotARecordError
from lambda_replay.domain.intake.refusal import RefusalReason
from lambda_replay.ports.alerts import Count
from lambda_replay.ports.common import StaleVersionError
from lambda_replay.use_cases.intake.batch import Batch
from lambda_replay.use_cases.intake.read_message import Message
from lambda_replay.use_cases.intake.triage import Arrival
from triage.composition_root import logger, metrics, parts
from triage.messages import is_batch, own, queued

keep_raw_events()

# One message takes less, unless the table does not answer.
_SPARE_MS = 10_000
_ENOUGH_FAILED = 2


class NotHandledError(Exception):
    """The event could not be handled: Lambda tries again, and then hands it to the function's destination."""


@contextmanager
def _kept(message: Message) -> Iterator[None]:
    """Whatever is raised here, the message comes again, and the others go on; the log says why, without its
    text."""
    with logger.append_context_keys(message_id=message.id):
        try:
            yield
        except Exception:
            logger.exception("message failed, and will be retried")
        finally:
            logger.remove_keys(["request_id", "source_function"])


def _read(message: Message, this: FunctionArn) -> list[Arrival]:
    """Raises `NotARecordError` and `ObjectTooLargeError` for a message that is to be refused."""
    records = parts().intake.records(message, this)
    return [Arrival(record, message.sent_at, message.sender) for record in records if _is_taken_in(record)]


def _refuse(message: Message, refusal: NotARecordError | ObjectTooLargeError) -> bool:
    """False for an event whose text is not there: Lambda has it, and will hand it to the DLQ."""
    kind = refusal.reason if isinstance(refusal, NotARecordError) else RefusalReason.OBJECT_UNREADABLE
    moved = parts().refusing.refuse(message, kind, str(refusal)) if message.exact else None
    # The reason says it all.
    logger.error("message refused", reason=str(refusal), refusal=kind, dlq_message_id=moved)
    return message.exact


def _is_taken_in(record: ExecutionRecord) -> bool:
    if parts().intake.takes_in(record):
        return True
    counter(metrics)(Count.RECORD_LEFT_TO_OTHERS)
    function = str(record.function)
    logger.info(
        "record of the event bus left to others", request_id=record.request_id, source_function=function
    )
    return False


def _receive(batch: Batch, arrivals: list[Arrival]) -> None:
    for arrival in arrivals:
        record = arrival.record
        logger.append_keys(request_id=record.request_id, source_function=str(record.function))
        batch.receive(arrival)
        logger.info("record received", condition=record.condition, channel=record.channel)


def _triage(messages: list[Message], this: FunctionArn, has_time: Callable[[], bool]) -> list[Message]:
    """Handle all of them; returns those that have to come again."""
    found: dict[str, list[Arrival]] = {}
    done: set[str] = set()
    for message in messages:
        with _kept(message):
            try:
                found[message.id] = _read(message, this)
            except (NotARecordError, ObjectTooLargeError) as refusal:
                if _refuse(message, refusal):
                    done.add(message.id)
    done |= _stored([message for message in messages if message.id in found], found, has_time)
    return [message for message in messages if message.id not in done]


def _stored(
    messages: list[Message], found: dict[str, list[Arrival]], has_time: Callable[[], bool]
) -> set[str]:
    """Store what was `found` in the messages; returns the ids of those that were stored whole.

    Where the batch as a whole can't be opened, its messages are batches of their own: what is wrong with one
    of them takes no other along.
    """
    try:
        batch = parts().batches.open([arrival for m in messages for arrival in found[m.id]])
    except Exception:  # nothing is stored before it is known what has to be counted
        if len(messages) == 1:
            with _kept(messages[0]):
                raise
            return set()
        logger.exception("batch failed; its messages are tried one by one")
        return _stored_alone(messages, found, has_time)
    done: set[str] = set()
    for message in messages:
        with _kept(message):
            _receive(batch, found[message.id])
            done.add(message.id)
    try:
        batch.close()
    except StaleVersionError:
        logger.info("counting is left to the sweep")
    except Exception:  # what was received is stored; only counting is not done, and that can wait
        logger.exception("counting is left to the sweep")
    return done


def _stored_alone(
    messages: list[Message], found: dict[str, list[Arrival]], has_time: Callable[[], bool]
) -> set[str]:
    """As `_stored`, one by one in random order, while there is time, and until two in a row could not be
    stored: then it is the table and not the messages, which come again in another order."""
    done: set[str] = set()
    failed = 0
    for message in parts().shuffled(messages):
        if failed == _ENOUGH_FAILED or not has_time():
            break
        stored = _stored([message], found, has_time)
        failed = 0 if stored else failed + 1
        done |= stored
    return done


def _keep(messages: list[Message]) -> list[dict[str, str]]:
    """The answer for SQS: the messages that come again."""
    try:
        parts().keeping.keep(messages)
    except Exception:  # they come again when the queue's own time is over
        logger.exception("messages could not be hidden for longer")
    return [{"itemIdentifier": message.id} for message in messages]


@published(metrics)
@logger.inject_lambda_context(clear_state=True)
def handler(event: Any, context: LambdaContext) -> dict[str, list[dict[str, str]]] | None:
    this = FunctionArn.parse(context.invoked_function_arn)
    triage = partial(_triage, this=this, has_time=lambda: context.get_remaining_time_in_millis() > _SPARE_MS)
    # Sources may invoke the function, and only mappings its alias: nothing else can pass for a queue.
    if this.qualifier == parts().queue_alias and is_batch(event, parts().queues):
        return {"batchItemFailures": _keep(triage([queued(entry) for entry in event["Records"]]))}
    if triage([own(event, context.aws_request_id, context.invoked_function_arn)]):
        raise NotHandledError("the event could not be handled; the log says why")
    return None
