"""What the triage function is called with, as messages: a batch of a queue, or one event of its own.

A Lambda destination hands over the record itself as the event; an EventBridge rule or a topic may have this
function as a target too.
"""

import base64
import json
from collections.abc import Container
from datetime import UTC, datetime
from typing import Any

from lambda_replay.adapters.aws.raw_event import RawEvent
from lambda_replay.adapters.clock import now
from lambda_replay.domain.intake.channel import Channel
from lambda_replay.domain.intake.envelope import texts
from lambda_replay.domain.intake.refusal import Attribute
from lambda_replay.use_cases.intake.read_message import Message


def is_batch(event: Any, queues: Container[str]) -> bool:
    """Whether one of these queues, by ARN, calls, and takes the ids of messages that have to come again.

    Any caller of the function can write an event that looks like a batch. One of other queues is none:
    nothing would read the answer, and what was refused would be lost.
    """
    records = event.get("Records") if isinstance(event, dict) else None
    return isinstance(records, list) and all(isinstance(r, dict) and _is_of(r, queues) for r in records)


def _is_of(entry: dict[str, Any], queues: Container[str]) -> bool:
    queue = entry.get("eventSourceARN")
    return entry.get("eventSource") == "aws:sqs" and isinstance(queue, str) and queue in queues


def queued(entry: dict[str, Any]) -> Message:
    """A message of a batch."""
    system = entry["attributes"]
    return Message(
        id=entry["messageId"],
        body=entry["body"],
        sent_at=datetime.fromtimestamp(int(system["SentTimestamp"]) / 1000, UTC),
        queue=entry.get("eventSourceARN", ""),
        attributes=texts(entry.get("messageAttributes")),
        sender=system.get("SenderId"),
        given={name: _attribute(a) for name, a in (entry.get("messageAttributes") or {}).items()},
        receipt=entry.get("receiptHandle", ""),
        receives=int(system.get("ApproximateReceiveCount", 1)),
        redriven_from=system.get("DeadLetterQueueSourceArn"),
    )


def _attribute(given: dict[str, Any]) -> Attribute:
    """As Lambda prints it: the value of a binary one in base64."""
    binary, data_type = given.get("binaryValue"), given.get("dataType", "String")
    if binary is not None:
        return Attribute(data_type, base64.b64decode(binary))
    return Attribute(data_type, given.get("stringValue") or "")


def own(event: Any, request_id: str, function: str) -> Message:
    """The function's own event; `function` is its ARN. Without the runtime's raw text, only texts inside the
    event are exact."""
    exact = isinstance(event, RawEvent)
    is_texts = isinstance(event, dict) and "Records" in event
    return Message(
        id=request_id,
        body=event.text if exact else json.dumps(event),
        sent_at=now(),
        attributes={},
        queue=function,
        channel=Channel.LAMBDA,
        exact=exact or is_texts,
    )
