"""Why a message was refused, and how the refusal travels with it: as attributes of the message itself.

A refused message goes to the queue's dead-letter queue with body and attributes as they came. SQS takes at
most ten attributes, and a message with its attributes has at most 1 MiB (SQS developer guide, "Message
quotas"), so as many of the refusal's are added as fit, in the order of `NAMES`. The message itself is never
cut for them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MOST_ATTRIBUTES = 10
LARGEST = 1024 * 1024
# A period can't be the first character of a name, nor can names begin with AWS. or Amazon.
_OURS = "Refused."
REASON, QUEUE, AT, SENDER = (f"{_OURS}{name}" for name in ("Reason", "Queue", "At", "Sender"))
NAMES = (REASON, QUEUE, AT, SENDER)
"""The more important, the earlier."""


class RefusalReason(StrEnum):
    """What a refused message is. A newer version of the service may know more of them."""

    NOT_JSON = "not_json"
    NOT_A_RECORD = "not_a_record"
    INVALID_RECORD = "invalid_record"
    """It is an execution record, and a member that is needed can't be one."""
    WRAPPED_RECORD = "wrapped_record"
    """Something that is not known stands around a record, or a record was printed in another format."""
    EVENTBRIDGE_DEAD_LETTER = "eventbridge_dead_letter"
    SCHEDULER_DEAD_LETTER = "scheduler_dead_letter"
    SNS_MESSAGE = "sns_message"
    REDRIVEN_MESSAGE = "redriven_message"
    """SQS moved it there from another queue, whose consumer failed on it."""
    UNKNOWN_DEAD_LETTER = "unknown_dead_letter"
    """Lambda's, of a function that is not known."""
    ATTRIBUTES_LOST = "attributes_lost"
    """It lies in a function's dead-letter queue, without what Lambda says of a dead letter."""
    OFFLOADED_PAYLOAD = "offloaded_payload"
    STEP_FUNCTIONS_ERROR = "step_functions_error"
    OBJECT_MISSING = "object_missing"
    OBJECT_FOREIGN = "object_foreign"
    OBJECT_UNREADABLE = "object_unreadable"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a message of SQS. `value` is bytes where the type begins with `Binary`."""

    data_type: str
    value: str | bytes

    @property
    def size(self) -> int:
        """In bytes, as SQS counts them; the name is not counted here."""
        return len(self.data_type.encode()) + len(_bytes(self.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """`why` is a sentence for people; `queue` is the ARN that the message came by, `sender` who sent it
    there, as SQS says."""

    reason: str
    why: str
    queue: str | None = None
    at: datetime | None = None
    sender: str | None = None

    def beside(self, given: Mapping[str, Attribute], body: str) -> dict[str, Attribute]:
        """All attributes of the refused message: those it was `given`, and as many of these as fit."""
        kept = {name: attribute for name, attribute in given.items() if name not in NAMES}
        room = LARGEST - len(body.encode()) - sum(len(n.encode()) + a.size for n, a in kept.items())
        for name, attribute in self._attributes():
            room -= len(name) + attribute.size
            if len(kept) == MOST_ATTRIBUTES or room < 0:
                break
            kept[name] = attribute
        return kept

    def _attributes(self) -> Iterator[tuple[str, Attribute]]:
        at = None if self.at is None else self.at.isoformat()
        values = (f"{self.reason}: {self.why}", self.queue, at, self.sender)
        return ((n, Attribute("String", v)) for n, v in zip(NAMES, values, strict=True) if v)

    @classmethod
    def read(cls, attributes: Mapping[str, str]) -> "Refusal | None":
        """From a message's attributes, texts by name; None where they tell no reason."""
        reason, _, why = attributes.get(REASON, "").partition(": ")
        if not reason:
            return None
        return cls(
            reason=reason,
            why=why,
            queue=attributes.get(QUEUE),
            at=_moment(attributes.get(AT, "")),
            sender=attributes.get(SENDER),
        )


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value
