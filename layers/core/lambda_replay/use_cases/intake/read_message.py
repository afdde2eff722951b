"""From a message to the execution records in it, whatever it is wrapped in."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from lambda_replay.domain.functions.allow_list import AllowList
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.intake.channel import Channel, SourceObject
from lambda_replay.domain.intake.dead_letter import DeadLetter, DeadLetterOwners
from lambda_replay.domain.intake.envelope import ObjectName, UnwrappedRecord, opened
from lambda_replay.domain.intake.execution_record import ExecutionRecord
from lambda_replay.domain.intake.fields import NotARecordError
from lambda_replay.domain.intake.foreign import Clues, named
from lambda_replay.domain.intake.refusal import Attribute, RefusalReason
from lambda_replay.domain.refusals import Reason

# S3 puts one object into a notification, SNS one message into an event.
_MOST_RECORDS = 10
# Own failures sent again, one inside the other: a run that failed on such a record made another of it.
_MOST_OWN = 3
_EVERY_FUNCTION = AllowList(("*",))
_BUCKET = re.compile(r"[a-z0-9.-]{3,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`id` is the queue's own, or the request id of the function's own event. `attributes` are texts by name;
    `given` are all of them as they came. `queue` is the ARN that it came by, `sender` what SQS says of who
    sent it, `receipt` names this receipt of it and `receives` is its number. `redriven_from` is the queue
    that SQS moved it from. `exact` is False when `body` is not the text that was sent."""

    id: str
    body: str
    sent_at: datetime
    queue: str = ""
    attributes: dict[str, str]
    channel: Channel = Channel.QUEUE
    exact: bool = True
    sender: str | None = None
    given: Mapping[str, Attribute] = MappingProxyType({})
    receipt: str = ""
    receives: int = 1
    redriven_from: str | None = None


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
        return record.channel is not Channel.EVENTBRIDGE or self.from_bus.allows(record.function)

    def records(self, message: Message, own: FunctionArn) -> list[ExecutionRecord]:
        """The records in it, mostly one. `own` is the function that reads it. Raises `NotARecordError`."""
        try:
            found = self._records(message, own)
        except NotARecordError as refusal:
            raise named(refusal, self._clues(message)) from None
        return found if message.exact else [_inexact(record) for record in found]

    def _clues(self, message: Message) -> Clues:
        return Clues(
            body=message.body,
            attributes=message.attributes,
            redriven_from=message.redriven_from,
            in_dead_letter_queue=message.queue in self.owners.functions,
        )

    def _records(self, message: Message, own: FunctionArn) -> list[ExecutionRecord]:
        unwrapped = DeadLetter(message.queue, message.body, message.attributes)
        if unwrapped.target is not None or (unwrapped.is_one and message.queue in self.owners.functions):
            return list(self._of_letter(unwrapped, message.id, own, _MOST_OWN))
        try:
            found = list(self._opened(message.body, message.channel, message.id, own, _MOST_OWN))
        except NotARecordError:
            if not unwrapped.is_one:
                raise
            found = []
        if unwrapped.is_one and not found:
            # It says why a dead letter of this queue can't be taken.
            return [self.owners.record(unwrapped)]
        return found

    def _opened(
        self, text: str, channel: Channel, name: str, own: FunctionArn, inside: int
    ) -> Iterator[ExecutionRecord]:
        """`inside` is how many own failures or objects may be inside this one."""
        for number, content in enumerate(opened(text, channel), start=1):
            if number > _MOST_RECORDS:
                raise NotARecordError(
                    f"more than {_MOST_RECORDS} records in one message", RefusalReason.WRAPPED_RECORD
                )
            # Only records without an id of their own take it, and none is to take another's.
            fallback_id = name if number == 1 else f"{name}.{number}"
            match content:
                case DeadLetter():
                    yield from self._of_letter(content, fallback_id, own, inside)
                case ObjectName():
                    if not inside:
                        raise NotARecordError(
                            "an object that names another object", RefusalReason.WRAPPED_RECORD
                        )
                    source = SourceObject(content.key, content.version)
                    for record in self._opened(self._fetched(content), Channel.S3, fallback_id, own, 0):
                        yield replace(record, source=source)
                case UnwrappedRecord():
                    yield from self._unless_own(content.record(fallback_id=fallback_id), own, inside)

    def _of_letter(
        self, unwrapped: DeadLetter, fallback_id: str, own: FunctionArn, inside: int
    ) -> Iterator[ExecutionRecord]:
        yield from self._unless_own(self.owners.record(unwrapped, fallback_id=fallback_id), own, inside)

    def _unless_own(
        self, record: ExecutionRecord, own: FunctionArn, inside: int
    ) -> Iterator[ExecutionRecord]:
        if record.function.unqualified != own.unqualified:
            yield record
        elif record.payload is None:
            raise NotARecordError(
                "a record of this function's own failure, without the event that it failed on"
            )
        elif not inside:
            raise NotARecordError(
                "records of this function's own failures, too many inside each other",
                RefusalReason.WRAPPED_RECORD,
            )
        else:
            # This function failed on an event of its own, and its dead letter was sent again.
            yield from self._opened(record.payload, Channel.LAMBDA, record.request_id, own, inside - 1)

    def _fetched(self, name: ObjectName) -> str:
        if name.bucket != self.bucket:
            shown = name.bucket if _BUCKET.fullmatch(name.bucket) else "of another name"
            raise NotARecordError(
                f"an object in the bucket {shown}, which is not this service's", RefusalReason.OBJECT_FOREIGN
            )
        content = self.fetch(name.key, name.version)
        if content is None:
            raise NotARecordError(
                "the object that the notification names is not there (any more)", RefusalReason.OBJECT_MISSING
            )
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            raise NotARecordError(
                f"the object is not valid UTF-8 at byte {error.start}", RefusalReason.OBJECT_UNREADABLE
            ) from None


def _inexact(record: ExecutionRecord) -> ExecutionRecord:
    return record if record.payload is None else replace(record, unreplayable=Reason.PAYLOAD_NOT_EXACT)
