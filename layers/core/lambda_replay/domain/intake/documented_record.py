"""The record as some guides document it, and as their readers' own senders print it.

`{"version", "invocationId", "functionName", "functionArn", "timestamp", "invocationRequest": {"event",
"context"}, "invocationResponse": {"status", "body"} | "invocationError": {"errorType", "errorMessage",
"stackTrace"}}`. Lambda itself sends the shape of `record`.
"""

from lambda_replay.domain.intake.channel import Channel
from lambda_replay.domain.intake.execution_record import SUCCESS, ExecutionRecord
from lambda_replay.domain.intake.fields import (
    Members,
    NotARecordError,
    function_arn,
    integer,
    moment,
    request_id,
    value,
    word,
)
from lambda_replay.domain.intake.raw_json import NotJsonError, members
from lambda_replay.domain.refusals import Reason

_MARKS = ("invocationId", "invocationRequest", "invocationResponse", "invocationError")
# What these records call a condition, they don't say; Lambda gives up for one of several reasons.
_FAILURE = "Unknown"


def is_guide_record(found: Members) -> bool:
    """Whether the object has the shape of AWS's guides instead of Lambda's."""
    return any(name in found for name in _MARKS)


def read_guide_record(found: Members, *, fallback_id: str, channel: Channel) -> ExecutionRecord:
    """Raises `NotARecordError`."""
    request, response = _members(found, "invocationRequest"), _members(found, "invocationResponse")
    payload = _text(request, "event")
    status = value(response, "status")
    error = _text(found, "invocationError")
    succeeded = error in (None, "null") and response and _is_good(status)
    return ExecutionRecord(
        request_id=request_id(value(found, "invocationId"), "invocationId", fallback=fallback_id),
        function=function_arn(value(found, "functionArn"), "functionArn"),
        condition=SUCCESS if succeeded else _condition(found),
        invoke_count=None,
        timestamp=moment(value(found, "timestamp")),
        status_code=integer(status),
        executed_version=None,
        function_error=None,
        payload=payload,
        response=_text(response, "body") if error in (None, "null") else error,
        unreplayable=None if payload is not None else Reason.PAYLOAD_MISSING,
        channel=channel,
    )


def _condition(found: Members) -> str:
    reported = word(value(found, "condition"))
    return _FAILURE if reported is None or reported == SUCCESS else reported


def _is_good(status: object) -> bool:
    if isinstance(status, int):
        return 200 <= status < 300
    return status is None or str(status).lower() in ("success", "succeeded", "ok", "200")


def _members(found: Members, name: str) -> Members:
    member = found.get(name)
    if member is None or not member.text.startswith("{"):
        return {}
    try:
        return members(member.text)
    except NotJsonError as error:
        raise NotARecordError(f"{name} is not a complete JSON object: {error}") from None


def _text(found: Members, name: str) -> str | None:
    # It is not documented how the event came into this shape, so the white space around it is formatting.
    member = found.get(name)
    return None if member is None else member.text
