"""The ways in: how a message came to triage."""

from dataclasses import dataclass
from enum import StrEnum


class Channel(StrEnum):
    """`queue` is the failure queue itself, or a topic that delivers raw: the message is the record alone.
    `dead_letter` is a function's dead-letter queue or topic, `eventbridge_dlq` an EventBridge target's."""

    QUEUE = "queue"
    SNS = "sns"
    EVENTBRIDGE = "eventbridge"
    S3 = "s3"
    LAMBDA = "lambda"
    DEAD_LETTER = "dead_letter"
    EVENTBRIDGE_DLQ = "eventbridge_dlq"


@dataclass(frozen=True, slots=True)
class SourceObject:
    """The object of the failure bucket that a record came in; `version` where the bucket has versions."""

    key: str
    version: str | None = None
