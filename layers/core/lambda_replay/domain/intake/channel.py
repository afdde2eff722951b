"""The ways in: how a message came to triage."""

from dataclasses import dataclass
from enum import StrEnum


class Inlet(StrEnum):
    """`queue` is the failure queue itself, or a topic that delivers raw: the message is the record alone."""

    QUEUE = "queue"
    SNS = "sns"
    EVENTBRIDGE = "eventbridge"
    S3 = "s3"
    LAMBDA = "lambda"
    DEAD_LETTER = "dead_letter"


@dataclass(frozen=True, slots=True)
class SourceObject:
    """The object of the failure bucket that a record came in; `version` where the bucket has versions."""

    key: str
    version: str | None = None
