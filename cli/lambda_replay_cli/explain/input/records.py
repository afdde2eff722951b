"""What is in a document: records, in any of the things that people find them in.

The domain opens the envelopes that services put around a record. Here is what comes on top when a person
copies them: lists, what `aws sqs receive-message` prints, single messages, bodies printed as strings. Each
record of a batch is opened for itself, so that one that is not understood hides no other.
"""

import json
import shlex
from collections.abc import Callable, Iterator

from lambda_replay.domain.intake.dead_letter import DeadLetter
from lambda_replay.domain.intake.envelope import Content, ObjectName, UnwrappedRecord, opened, texts
from lambda_replay.domain.intake.execution_record import ExecutionRecord
from lambda_replay.domain.intake.fields import Members, NotARecordError, scan, string, value
from lambda_replay.domain.intake.raw_json import NotJsonError, elements
from lambda_replay_cli.explain.input.location import Location, Problem
from lambda_replay_cli.explain.input.log_objects import log_errors
from lambda_replay_cli.explain.input.partial_records import any_record, dead_letter_record

_DEEPEST = 8
# A batch for a function, and the answer of `aws sqs receive-message`.
_BATCHES = ("Records", "Messages")
# A message has one of these beside its body; a function's answer to API Gateway has a body too.
_OF_A_MESSAGE = ("messageId", "MessageId", "receiptHandle", "ReceiptHandle", "eventSourceARN")
# One record of a batch of notifications, without the batch.
_OF_A_NOTIFICATION = ("s3", "Sns")

Read = ExecutionRecord | Problem


def records(text: str, place: Location, *, depth: int = _DEEPEST) -> Iterator[Read]:
    """The records in this JSON text, and what in it is none."""
    try:
        yield from _records(text.strip(), place, depth)
    except (NotARecordError, NotJsonError) as error:
        yield Problem(place, str(error))


def _records(text: str, place: Location, depth: int) -> Iterator[Read]:
    if not depth:
        raise NotARecordError(f"wrapped more than {_DEEPEST} times")
    if text.startswith("{"):
        yield from _in_object(text, place, depth)
    elif text.startswith("["):
        yield from _in_list(text, place, depth)
    elif text.startswith('"'):
        yield from records(_unquoted(text), place, depth=depth - 1)
    else:
        raise NotARecordError("neither a JSON object nor a list of them")


def _in_list(text: str, place: Location, depth: int) -> Iterator[Read]:
    for number, element in enumerate(elements(text), start=1):
        yield from records(element, place.inner(number), depth=depth - 1)


def _unquoted(text: str) -> str:
    try:
        inner = json.loads(text)
    except ValueError:
        inner = None
    if not isinstance(inner, str) or not inner.lstrip().startswith(("{", "[", '"')):
        raise NotARecordError("a JSON string that holds no JSON object")
    return inner


def _in_object(text: str, place: Location, depth: int) -> Iterator[Read]:
    found = scan(text)
    batch = next((found[name].text for name in _BATCHES if name in found), "")
    if batch.startswith("["):
        yield from _in_list(batch, place, depth)
    elif (body := _body(found)) is not None:
        yield from _in_message(found, body, place, depth)
    elif (errors := log_errors(text, found)) is not None:
        for number, error in enumerate(errors, start=1):
            yield from _in_envelope(error, place if number == 1 else place.inner(number))
    elif any(name in found for name in _OF_A_NOTIFICATION):
        yield from _in_envelope(f'{{"Records":[{text}]}}', place)
    else:
        yield from _in_envelope(text, place)


def _body(found: Members) -> str | None:
    if not any(name in found for name in _OF_A_MESSAGE):
        return None
    body = string(found, "body")
    return string(found, "Body") if body is None else body


def _in_message(found: Members, body: str, place: Location, depth: int) -> Iterator[Read]:
    attributes = texts(value(found, "messageAttributes") or value(found, "MessageAttributes"))
    letter = DeadLetter(string(found, "eventSourceARN") or "", body, attributes)
    if letter.is_one:
        yield dead_letter_record(letter, place)
    else:
        yield from records(body, place, depth=depth - 1)


def _in_envelope(text: str, place: Location) -> Iterator[Read]:
    for number, content in enumerate(opened(text), start=1):
        yield _read(content, place if number == 1 else place.inner(number))


def _read(content: Content, place: Location) -> Read:
    match content:
        case UnwrappedRecord():
            return _or_problem(lambda: any_record(content, place), place)
        case DeadLetter():
            return _or_problem(lambda: dead_letter_record(content, place), place)
        case ObjectName(bucket, key):
            address = f"s3://{bucket}/{key}"
            return Problem(
                place,
                f"the record is the object {_printable(address)}, which explain does not fetch: "
                f"`aws s3 cp {_printable(shlex.quote(address))} - | lambda-replay explain -`",
            )


def _or_problem(read: Callable[[], ExecutionRecord], place: Location) -> Read:
    try:
        return read()
    except NotARecordError as error:
        return Problem(place, str(error))


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
