"""Messages that are no execution records, known by what other services write: so that a refusal says what the
message is, and who sends it can be found.

Sources: EventBridge user guide, "Using dead-letter queues to process undelivered events"; EventBridge
Scheduler user guide, "Configuring a dead-letter queue"; SQS developer guide, "Using dead-letter queues";
Amazon SQS Extended Client Library; Step Functions developer guide, "Handling errors".
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lambda_replay.domain.intake.fields import Members, NotARecordError, string
from lambda_replay.domain.intake.raw_json import NotJsonError, members
from lambda_replay.domain.intake.refusal import RefusalReason

# What is known of the message by then can still be said better.
_VAGUE = (RefusalReason.NOT_JSON, RefusalReason.NOT_A_RECORD)
_POINTER = re.compile(
    r'\s*\[\s*"(?:software\.amazon\.payloadoffloading\.PayloadS3Pointer'
    r'|com\.amazon\.sqs\.javamessaging\.MessageS3Pointer)"'
)
_OFFLOADED = ("ExtendedPayloadSize", "SQSLargePayloadSize")
# Base64 of `{"` and of `{`, a line break and a blank.
_BASE64 = re.compile(r"\s*e(?:yJ|wog|w0K)[A-Za-z0-9+/=\s]{40,}+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clues:
    """What is known of a message besides its text: its attributes, texts by name, the queue that SQS moved it
    from, and whether it lies in a function's dead-letter queue."""

    body: str
    attributes: Mapping[str, str]
    redriven_from: str | None = None
    in_dead_letter_queue: bool = False


@dataclass(frozen=True, slots=True)
class _Seen:
    """`found` are the members of the message, where it is a JSON object."""

    clues: Clues
    found: Members


@dataclass(frozen=True, slots=True)
class _Kind:
    fits: Callable[[_Seen], bool]
    reason: RefusalReason
    why: str


def named(refusal: NotARecordError, clues: Clues) -> NotARecordError:
    """The refusal with a reason that says what the message is, where that is known."""
    if refusal.reason not in _VAGUE:
        return refusal
    seen = _Seen(clues, _members(clues.body))
    kind = next((kind for kind in _KINDS if kind.fits(seen)), None)
    return refusal if kind is None else NotARecordError(f"{kind.why} ({refusal})", kind.reason)


def _members(text: str) -> Members:
    try:
        return members(text)
    except NotJsonError:
        return {}


def _has(*names: str) -> Callable[[_Seen], bool]:
    return lambda seen: any(name in seen.clues.attributes for name in names)


def _is_pointer(seen: _Seen) -> bool:
    return _has(*_OFFLOADED)(seen) or _POINTER.match(seen.clues.body) is not None


def _is_notification(seen: _Seen) -> bool:
    return "TopicArn" in seen.found and string(seen.found, "Type") is not None


def _is_step_functions_error(seen: _Seen) -> bool:
    return {"Error", "Cause"} == seen.found.keys()


def _holds_a_record(seen: _Seen) -> bool:
    body = seen.clues.body
    return ("requestContext" in body and "functionArn" in body) or _BASE64.match(body) is not None


def _is_in_dead_letter_queue(seen: _Seen) -> bool:
    return seen.clues.in_dead_letter_queue


def _was_redriven(seen: _Seen) -> bool:
    return seen.clues.redriven_from is not None


# The first that fits says what the message is.
_KINDS = (
    _Kind(
        _is_pointer,
        RefusalReason.OFFLOADED_PAYLOAD,
        "the pointer of an extended client to an object in S3, where the message itself is",
    ),
    _Kind(
        _has("SCHEDULE_ARN"),
        RefusalReason.SCHEDULER_DEAD_LETTER,
        "a dead letter of EventBridge Scheduler: its attribute SCHEDULE_ARN names the schedule",
    ),
    _Kind(
        _has("RULE_ARN"),
        RefusalReason.EVENTBRIDGE_DEAD_LETTER,
        "a dead letter of an EventBridge target that is no Lambda function: its attributes RULE_ARN and "
        "TARGET_ARN name them",
    ),
    _Kind(
        _is_notification,
        RefusalReason.SNS_MESSAGE,
        "a notification of SNS without an execution record, of a topic or a subscription's dead-letter queue",
    ),
    _Kind(
        _is_step_functions_error,
        RefusalReason.STEP_FUNCTIONS_ERROR,
        "an error of Step Functions: it names no function and holds no event",
    ),
    _Kind(
        _holds_a_record,
        RefusalReason.WRAPPED_RECORD,
        "what looks like an execution record in a list, an object or a format that is not known: send the "
        "record as it is",
    ),
    _Kind(
        _was_redriven,
        RefusalReason.REDRIVEN_MESSAGE,
        "a message that SQS moved here from another queue, whose consumer failed on it: no dead letter of "
        "Lambda",
    ),
    _Kind(
        _is_in_dead_letter_queue,
        RefusalReason.ATTRIBUTES_LOST,
        "a message in a dead-letter queue without the attribute RequestID: no dead letter of Lambda, or one "
        "that lost its attributes when it was moved",
    ),
)
