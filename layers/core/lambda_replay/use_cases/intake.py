"""From a message to the execution records in it, whatever it is wrapped in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from lambda_replay.domain.arn import FunctionArn
from lambda_replay.domain.dead_letter import REQUEST_ID, DeadLetter, DeadLetterOwners
from lambda_replay.domain.envelope import Letter, ObjectName, opened
from lambda_replay.domain.fields import NotARecord
from lambda_replay.domain.inlet import Inlet
from lambda_replay.domain.reasons import Reason
from lambda_replay.domain.record import ExecutionRecord

# S3 puts one object into a notification.
_MOST_OBJECTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`id` is the queue's own, or the request id of the function's own event. `attributes` are texts by name,
    `queue` is the ARN that it came by. `exact` is False when `body` is not the text that was sent."""

    id: str
    body: str
    sent_at: datetime
    queue: str = ""
    attributes: dict[str, str]
    inlet: Inlet = Inlet.QUEUE
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Intake:
    """`fetch` reads an object of `bucket`, None when there is none (any more)."""

    owners: DeadLetterOwners
    bucket: str
    fetch: Callable[[str], bytes | None]

    def records(self, message: Message, own: FunctionArn) -> list[ExecutionRecord]:
        """The records in it, mostly one. `own` is the function that reads it. Raises `NotARecord`."""
        found = list(self._records(message, own))
        return found if message.exact else [_inexact(record) for record in found]

    def _records(self, message: Message, own: FunctionArn) -> Iterator[ExecutionRecord]:
        if REQUEST_ID in message.attributes and message.queue in self.owners.functions:
            yield self.owners.record(DeadLetter(message.queue, message.body, message.attributes))
            return
        try:
            yield from self._opened(message.body, message.inlet, message.id, own)
        except NotARecord:
            if REQUEST_ID not in message.attributes:
                raise
            # It says why a dead letter of this queue can't be taken.
            self.owners.record(DeadLetter(message.queue, message.body, message.attributes))

    def _opened(self, text: str, inlet: Inlet, name: str, own: FunctionArn) -> Iterator[ExecutionRecord]:
        for number, content in enumerate(opened(text, inlet), start=1):
            # Only records without an id of their own take it, and none is to take another's.
            fallback_id = name if number == 1 else f"{name}.{number}"
            match content:
                case DeadLetter():
                    yield self.owners.record(content)
                case ObjectName():
                    if number > _MOST_OBJECTS:
                        raise NotARecord(f"more than {_MOST_OBJECTS} objects in one notification")
                    yield from self._opened(self._fetched(content), Inlet.S3, fallback_id, own)
                case Letter():
                    yield from self._read(content, fallback_id, own)

    def _read(self, letter: Letter, fallback_id: str, own: FunctionArn) -> Iterator[ExecutionRecord]:
        record = letter.record(fallback_id=fallback_id)
        if record.function.unqualified != own.unqualified:
            yield record
        elif record.payload is None:
            raise NotARecord("a record of this function's own failure, without the event that it failed on")
        else:
            # This function failed on an event of its own, and somebody puts its dead letter back.
            yield from self._opened(record.payload, Inlet.LAMBDA, record.request_id, own)

    def _fetched(self, name: ObjectName) -> str:
        if name.bucket != self.bucket:
            raise NotARecord(f"an object in the bucket {name.bucket[:63]}, which is not this service's")
        content = self.fetch(name.key)
        if content is None:
            raise NotARecord("the object that the notification names is not there (any more)")
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            raise NotARecord(f"the object is not valid UTF-8 at byte {error.start}") from None


def _inexact(record: ExecutionRecord) -> ExecutionRecord:
    return record if record.payload is None else replace(record, unreplayable=Reason.PAYLOAD_NOT_EXACT)
