"""The ways in: how a message came to triage."""

from enum import StrEnum


class Channel(StrEnum):
    """`queue` is the failure queue itself, or a topic that delivers raw: the message is the record alone."""

    QUEUE = "queue"
    SNS = "sns"
    EVENTBRIDGE = "eventbridge"
    S3 = "s3"
    LAMBDA = "lambda"
    DEAD_LETTER = "dead_letter"
