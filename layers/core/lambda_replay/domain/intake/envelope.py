"""What a message is wrapped in on its way here, taken off layer by layer.

Services put something around a record (docs/reference/lambda.md#destinations), and can be chained: a
bucket notifies a topic, a rule sends to a topic. What is left is a record, a dead letter, or the name of an
object that holds the record.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from lambda_replay.domain.intake.channel import Channel
from lambda_replay.domain.intake.dead_letter import DeadLetter
from lambda_replay.domain.intake.documented_record import is_guide_record, read_guide_record
from lambda_replay.domain.intake.execution_record import ExecutionRecord, read_record
from lambda_replay.domain.intake.fields import (
    Members,
    NotARecordError,
    mapping,
    scan,
    storable,
    string,
    value,
)
from lambda_replay.domain.intake.refusal import RefusalReason

_DEEPEST = 5
# Programs that write text files put one in front of it.
_BYTE_ORDER_MARK = "\ufeff"
_SNS_TYPES = ("Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation")
# S3 has no longer ones, in bytes.
_LONGEST_KEY = 1024
# A JSON text that is no object.
_FIRST = re.compile(r'[ \t\n\r]*+["\[]')
# What each of SQS's messages has that EventBridge Pipes hands on, alone or in a list.
_MESSAGE = {"messageId", "body", "eventSource"}
# S3 calls a version's id "URL-ready, opaque strings that are no more than 1,024 bytes long".
_VERSION = re.compile(r"[A-Za-z0-9._~+/=-]{1,1024}")


@dataclass(frozen=True, slots=True)
class UnwrappedRecord:
    """A record, its text taken apart already."""

    found: Members
    channel: Channel

    def record(self, *, fallback_id: str) -> ExecutionRecord:
        """Raises `NotARecordError`."""
        read = read_guide_record if is_guide_record(self.found) else read_record
        return read(self.found, fallback_id=fallback_id, channel=self.channel)


@dataclass(frozen=True, slots=True)
class ObjectName:
    """The record is the content of this object: of this version of it, where the bucket has versions."""

    bucket: str
    key: str
    version: str | None = None


Content = UnwrappedRecord | DeadLetter | ObjectName


def opened(text: str, channel: Channel = Channel.QUEUE, *, depth: int = _DEEPEST) -> Iterator[Content]:
    """What the message holds: nothing, one thing, or several. Raises `NotARecordError`."""
    if depth < 0:
        raise NotARecordError(f"wrapped more than {_DEEPEST} times", RefusalReason.WRAPPED_RECORD)
    text = text.removeprefix(_BYTE_ORDER_MARK)
    inside = _printed(text)
    if inside is None:
        found = scan(text)
        wrapping = next((wrapping for wrapping in WRAPPINGS if wrapping.fits(found)), None)
        if wrapping is None:
            yield UnwrappedRecord(found, channel)
            return
        inside = wrapping.open(found)
    for inner in inside:
        if isinstance(inner, _Wrapped):
            # The outermost wrapping that is one tells the way in.
            way = inner.channel if channel is Channel.QUEUE else channel
            yield from opened(inner.text, way, depth=depth - 1)
        else:
            yield inner


@dataclass(frozen=True, slots=True)
class _Wrapped:
    text: str
    channel: Channel


@dataclass(frozen=True, slots=True)
class _Wrapping:
    """One kind of envelope: how to know it, how to open it."""

    fits: Callable[[Members], bool]
    open: Callable[[Members], Iterator[_Wrapped | DeadLetter | ObjectName]]


def _printed(text: str) -> "Iterator[_Wrapped | DeadLetter | ObjectName] | None":
    """Of a JSON string its text, of a list of SQS's messages these; None for anything else."""
    first = _FIRST.match(text)
    if first is None:
        return None
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return None  # the scanner says what is wrong with it
    if isinstance(given, str):
        return iter([_Wrapped(given, Channel.QUEUE)])
    if given and all(isinstance(entry, dict) and entry.keys() >= _MESSAGE for entry in given):
        return _entries(given)
    return None


def _notification(found: Members) -> Iterator[_Wrapped | DeadLetter]:
    kind, message, topic = (string(found, name) for name in ("Type", "Message", "TopicArn"))
    if kind != "Notification" or message is None:
        shown = kind if kind in _SNS_TYPES else "unknown"
        raise NotARecordError(
            f"a message of SNS of type {shown}, which holds no record", RefusalReason.SNS_MESSAGE
        )
    given = mapping(found, "MessageAttributes") or {}
    values = {name: a.get("Value") for name, a in given.items() if isinstance(a, dict)}
    attributes = {name: text for name, text in values.items() if isinstance(text, str)}
    unwrapped = DeadLetter(topic or "an unknown topic", message, attributes)
    yield unwrapped if unwrapped.is_one else _Wrapped(message, Channel.SNS)


def _event(found: Members) -> Iterator[_Wrapped]:
    yield _Wrapped(found["detail"].text, Channel.EVENTBRIDGE)


def _records(found: Members) -> Iterator[_Wrapped | DeadLetter | ObjectName]:
    """A batch of S3's notifications, or what SNS or SQS give to a function."""
    entries = value(found, "Records")
    if not isinstance(entries, list):
        raise NotARecordError("Records is no list: not an execution record", RefusalReason.NOT_A_RECORD)
    return _entries(entries)


def _message(found: Members) -> "Iterator[_Wrapped | DeadLetter]":
    """One of SQS's messages as EventBridge Pipes hands it on. Its body may be JSON and no text: a pipe that
    transforms its input does that."""
    body, attributes = string(found, "body"), texts(value(found, "messageAttributes"))
    text = found["body"].text if body is None else body
    yield message(text, attributes, string(found, "eventSourceARN") or "")


def _entries(entries: list[Any]) -> "Iterator[_Wrapped | DeadLetter | ObjectName]":
    for entry in entries:
        match entry:
            case {"s3": {"bucket": {"name": str(bucket)}, "object": {"key": str(key), **details}}}:
                yield ObjectName(bucket, _key(key), _version(details.get("versionId")))
            case {"Sns": dict(notification)}:
                yield _Wrapped(json.dumps({"Type": "Notification", **notification}), Channel.SNS)
            case {"body": str(body)}:
                attributes = entry.get("messageAttributes")
                yield message(body, texts(attributes), str(entry.get("eventSourceARN") or ""))
            case _:
                raise NotARecordError(
                    "Records holds something that is no notification of S3, SNS or SQS",
                    RefusalReason.NOT_A_RECORD,
                )


def _key(quoted: str) -> str:
    key = storable(unquote_plus(quoted))
    if not 0 < len(key.encode()) <= _LONGEST_KEY:
        raise NotARecordError("a notification that names no object")
    return key


def _version(given: object) -> str | None:
    if not isinstance(given, str) or not given:
        return None
    if not _VERSION.fullmatch(given):
        raise NotARecordError("a notification of a version that no object can have")
    return given


def message(body: str, attributes: dict[str, str], queue: str) -> _Wrapped | DeadLetter:
    """A message of a queue: a dead letter when its attributes say so, whatever the body looks like."""
    unwrapped = DeadLetter(queue, body, attributes)
    return unwrapped if unwrapped.is_one else _Wrapped(body, Channel.QUEUE)


def texts(attributes: Any) -> dict[str, str]:
    """Message attributes as Lambda (`stringValue`) and the SQS API (`StringValue`) print them."""
    given = attributes if isinstance(attributes, dict) else {}
    found = {
        name: a.get("stringValue", a.get("StringValue")) for name, a in given.items() if isinstance(a, dict)
    }
    return {name: text for name, text in found.items() if isinstance(text, str)}


def _nothing(_: Members) -> Iterator[_Wrapped]:
    return iter(())


def _has(*names: str) -> Callable[[Members], bool]:
    return lambda found: all(name in found for name in names)


# By names that no record has at its top level; the first that fits is opened.
WRAPPINGS = (
    _Wrapping(_has("Type", "TopicArn"), _notification),
    _Wrapping(_has("detail-type", "detail"), _event),
    _Wrapping(_has("Records"), _records),
    _Wrapping(_has(*_MESSAGE), _message),
    # S3 tries a new notification out: {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": …}.
    _Wrapping(lambda found: value(found, "Event") == "s3:TestEvent", _nothing),
)
