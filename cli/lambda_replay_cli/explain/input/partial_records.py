"""Records that lack what the service insists on: anyone who asks why something failed pastes what they have.

The service must know the function to replay for, and an id that is the only one. To explain a failure, the
error is enough.
"""

import json
import re
from dataclasses import replace

from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.intake.channel import Channel
from lambda_replay.domain.intake.dead_letter import DeadLetter, DeadLetterOwners
from lambda_replay.domain.intake.documented_record import is_guide_record
from lambda_replay.domain.intake.envelope import UnwrappedRecord
from lambda_replay.domain.intake.execution_record import ExecutionRecord
from lambda_replay.domain.intake.fields import Members, NotARecordError, integer, mapping, value, word
from lambda_replay.domain.intake.raw_json import Member
from lambda_replay_cli.explain.input.location import Location

UNKNOWN = "unknown"
_UNSAID = "Unknown"
_IDS = ("id", "requestId", "invocationId")
_FUNCTIONS = ("functionArn", "functionName", "function")
_RESPONSES = ("responsePayload", "deliveryError", "invocationError")
# What the runtimes call the parts of an error.
_ERROR_MARKS = ("errorMessage", "errorType", "stackTrace", "trace")
_STAND_IN = Member("", '"arn:aws:lambda:unknown:000000000000:function:unknown"', "", last=False)
_NAME_IN_ARN = re.compile(r":function:([^:]+)")


def any_record(letter: UnwrappedRecord, place: Location) -> ExecutionRecord:
    """The record as the service reads it, or as much of it as there is. Raises `NotARecordError`."""
    try:
        return letter.record(fallback_id=str(place))
    except NotARecordError as refused:
        if is_guide_record(letter.found):
            return _guide_record(letter, place)
        return _loose_record(letter.found, letter.channel, place, refused)


def _guide_record(letter: UnwrappedRecord, place: Location) -> ExecutionRecord:
    """As the domain reads it, once its id and its function are no obstacle."""
    found = letter.found
    rest = {name: member for name, member in found.items() if name != "invocationId"}
    readable = UnwrappedRecord({**rest, "functionArn": _STAND_IN}, letter.channel)
    record = readable.record(fallback_id=_first(_values(found, _IDS)) or str(place))
    return replace(record, function=_named(_function(None, found)))


def _loose_record(
    found: Members, channel: Channel, place: Location, refused: NotARecordError
) -> ExecutionRecord:
    context = mapping(found, "requestContext") or {}
    response_context = mapping(found, "responseContext") or {}
    condition = word(context.get("condition")) or word(value(found, "condition"))
    response = _response(found)
    if response is None and not (context and condition):
        raise NotARecordError(
            f"{refused}; nor is it an error: no {', '.join(('responsePayload', *_ERROR_MARKS))}"
        )
    status = integer(response_context.get("statusCode"))
    payload = found.get("requestPayload")
    return ExecutionRecord(
        request_id=_first([context.get("requestId"), *_values(found, _IDS)]) or str(place),
        function=_named(_function(context.get("functionArn"), found)),
        condition=condition or _UNSAID,
        invoke_count=None,
        timestamp=None,
        # Only a function that has run answers with an error of its own.
        status_code=200 if status is None and response is not None else status,
        executed_version=None,
        function_error=word(response_context.get("functionError")) or word(value(found, "functionError")),
        payload=None if payload is None else payload.text,
        response=response,
        unreplayable=None,
        channel=channel,
    )


def _response(found: Members) -> str | None:
    for name in _RESPONSES:
        if name in found:
            return found[name].text
    if not any(name in found for name in _ERROR_MARKS):
        return None
    # The object is the error itself; its members are handed on as they stand.
    return "{" + ",".join(f"{json.dumps(name)}:{member.text}" for name, member in found.items()) + "}"


def _function(arn: object, found: Members) -> str:
    given = _first([arn, *_values(found, _FUNCTIONS)])
    match = _NAME_IN_ARN.search(given or "")
    return match[1] if match else given or UNKNOWN


def _values(found: Members, names: tuple[str, ...]) -> list[object]:
    return [value(found, name) for name in names]


def _first(given: list[object]) -> str | None:
    return next((text for one in given if (text := _written(one))), None)


def _written(given: object) -> str | None:
    return word(str(given) if isinstance(given, int) and not isinstance(given, bool) else given)


def _named(name: str) -> FunctionArn:
    """Only the name is looked at; of the rest, nothing is known."""
    return FunctionArn(partition="aws", region=UNKNOWN, account=UNKNOWN, name=name)


def dead_letter_record(letter: DeadLetter, place: Location) -> ExecutionRecord:
    """Lambda's dead letters do not name their function; the queue that one lies in tells it from others'."""
    is_arn = letter.source.startswith("arn:")
    name = letter.source.rpartition(":")[2] if is_arn else UNKNOWN
    return DeadLetterOwners({letter.source: _named(name)}).record(letter, fallback_id=str(place))
