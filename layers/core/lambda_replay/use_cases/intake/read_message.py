"""From a message to the execution records in it, whatever it is wrapped in."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from lambda_replay.domain.allow_list import AllowList
from lambda_replay.domain.function_arn import FunctionArn
from lambda_replay.domain.intake.channel import Inlet, SourceObject
from lambda_replay.domain.intake.dead_letter import REQUEST_ID, DeadLetter, DeadLetterOwners
from lambda_replay.domain.intake.envelope import Letter, ObjectName, opened
from lambda_replay.domain.intake.execution_record import ExecutionRecord
from lambda_replay.domain.intake.fields import NotARecord
from lambda_replay.domain.refusals import Reason

# S3 puts one object into a notification, SNS one message into an event.
_MOST_RECORDS = 10
# Own failures put back, one inside the other: a run that failed on such a record made another of it.
_MOST_OWN = 3
_EVERY_FUNCTION = AllowList(("*",))
_BUCKET = re.compile(r"[a-z0-9.-]{3,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`id` is the queue's own, or the request id of the function's own event. `attributes` are texts by name,
    `queue` is the ARN that it came by, `sender` what SQS says of who sent it. `exact` is False when `body` is
    not the text that was sent."""

    id: str
    body: str
    sent_at: datetime
    queue: str = ""
    attributes: dict[str, str]
    inlet: Inlet = Inlet.QUEUE
    exact: bool = True
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class Intake:
    """`fetch` reads an object of `bucket` by its key and, where it has one, its version; None when there is
    none (any more). `from_bus` are the functions whose records are taken in from the event bus."""

    owners: DeadLetterOwners
    bucket: str
    fetch: Callable[[str, str | None], bytes | None]
    from_bus: AllowList = _EVERY_FUNCTION

    def takes_in(self, record: ExecutionRecord) -> bool:
        """False for what another stack on the same bus has to see to. Any other way in leads to one stack."""
        return record.inlet is not Inlet.EVENTBRIDGE or self.from_bus.allows(record.function)

    def records(self, message: Message, own: FunctionArn) -> list[ExecutionRecord]:
        """The records in it, mostly one. `own` is the function that reads it. Raises `NotARecord`."""
        found = self._records(message, own)
        return found if message.exact else [_inexact(record) for record in found]

    def _records(self, message: Message, own: FunctionArn) -> list[ExecutionRecord]:
        letter = DeadLetter(message.queue, message.body, message.attributes)
        if REQUEST_ID in message.attributes and message.queue in self.owners.functions:
            return [self.owners.record(letter)]
        try:
            found = list(self._opened(message.body, message.inlet, message.id, own, _MOST_OWN))
        except NotARecord:
            if REQUEST_ID not in message.attributes:
                raise
            found = []
        if REQUEST_ID in message.attributes and not found:
            # It says why a dead letter of this queue can't be taken.
            return [self.owners.record(letter)]
        return found

    def _opened(
        self, text: str, inlet: Inlet, name: str, own: FunctionArn, inside: int
    ) -> Iterator[ExecutionRecord]:
        """`inside` is how many own failures or objects may be inside this one."""
        for number, content in enumerate(opened(text, inlet), start=1):
            if number > _MOST_RECORDS:
                raise NotARecord(f"more than {_MOST_RECORDS} records in one message")
            # Only records without an id of their own take it, and none is to take another's.
            fallback_id = name if number == 1 else f"{name}.{number}"
            match content:
                case DeadLetter():
                    yield self.owners.record(content)
                case ObjectName():
                    if not inside:
                        raise NotARecord("an object that names another object")
                    source = SourceObject(content.key, content.version)
                    for record in self._opened(self._fetched(content), Inlet.S3, fallback_id, own, 0):
                        yield replace(record, source=source)
                case Letter():
                    yield from self._read(content, fallback_id, own, inside)

    def _read(
        self, letter: Letter, fallback_id: str, own: FunctionArn, inside: int
    ) -> Iterator[ExecutionRecord]:
        record = letter.record(fallback_id=fallback_id)
        if record.function.unqualified != own.unqualified:
            yield record
        elif record.payload is None:
            raise NotARecord("a record of this function's own failure, without the event that it failed on")
        elif not inside:
            raise NotARecord("records of this function's own failures, too many inside each other")
        else:
            # This function failed on an event of its own, and somebody puts its dead letter back.
            yield from self._opened(record.payload, Inlet.LAMBDA, record.request_id, own, inside - 1)

    def _fetched(self, name: ObjectName) -> str:
        if name.bucket != self.bucket:
            shown = name.bucket if _BUCKET.fullmatch(name.bucket) else "of another name"
            raise NotARecord(f"an object in the bucket {shown}, which is not this service's")
        content = self.fetch(name.key, name.version)
        if content is None:
            raise NotARecord("the object that the notification names is not there (any more)")
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            raise NotARecord(f"the object is not valid UTF-8 at byte {error.start}") from None


def _inexact(record: ExecutionRecord) -> ExecutionRecord:
    return record if record.payload is None else replace(record, unreplayable=Reason.PAYLOAD_NOT_EXACT)
