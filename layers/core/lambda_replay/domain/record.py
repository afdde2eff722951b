"""Execution records: what Lambda sends to a destination about one asynchronous invocation (contract, 1)."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lambda_replay.domain.arn import FunctionArn, InvalidFunctionArn
from lambda_replay.domain.rawjson import Member, NotAnObject, members
from lambda_replay.domain.reasons import Reason

SUCCESS = "Success"
# Members that Lambda itself prints; the two payloads are spliced in as they came.
_PRINTED_BY_LAMBDA = ("version", "timestamp", "requestContext", "responseContext")
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_LONGEST_WORD = 256


class NotARecord(ValueError):
    """The message is no execution record; the text says why, and quotes nothing of the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionRecord:
    """One record, its two payloads as the exact text that the record holds.

    `payload` and `response` are None when the record lacks them, which is not the same as the JSON text
    `null`. `condition` and `function_error` are open sets (contract, 1.2 and 1.3).
    """

    request_id: str
    function: FunctionArn
    condition: str
    invoke_count: int | None
    timestamp: datetime | None
    status_code: int | None
    executed_version: str | None
    function_error: str | None
    payload: str | None
    response: str | None
    unreplayable: Reason | None

    @property
    def succeeded(self) -> bool:
        return self.condition == SUCCESS


def is_request_id(text: str) -> bool:
    """Whether a record may carry this id; Lambda's are UUIDs."""
    return _REQUEST_ID.fullmatch(text) is not None


def parse_record(text: str, *, fallback_id: str) -> ExecutionRecord:
    """Read one record.

    `fallback_id` names the record when it carries no request id of its own, as emulators omit it; Lambda
    always sends one. Raises `NotARecord`.
    """
    try:
        found = members(text)
    except NotAnObject as error:
        raise NotARecord(f"not a complete JSON object: {error}") from None
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NotARecord(f"unpaired surrogate at character {error.start}: not valid UTF-8") from None
    context = _object(found, "requestContext")
    if context is None:
        raise NotARecord("no requestContext object: not an execution record")
    response_context = _object(found, "responseContext") or {}
    payload = _spliced(found, "requestPayload")
    return ExecutionRecord(
        request_id=_request_id(context.get("requestId"), fallback_id),
        function=_function(context.get("functionArn")),
        condition=_word(context.get("condition")) or "Unknown",
        invoke_count=_integer(context.get("approximateInvokeCount")),
        timestamp=_timestamp(found.get("timestamp")),
        status_code=_integer(response_context.get("statusCode")),
        executed_version=_word(response_context.get("executedVersion")),
        function_error=_word(response_context.get("functionError")),
        payload=payload,
        response=_spliced(found, "responsePayload"),
        unreplayable=None if payload is not None else _why_no_payload(found),
    )


def _why_no_payload(found: Mapping[str, Member]) -> Reason:
    # Records of stream and Kafka event source mappings carry positions instead of a payload (contract, 3).
    if any(name.endswith("BatchInfo") for name in found):
        return Reason.STREAM_BATCH
    return Reason.PAYLOAD_MISSING


def _spliced(found: Mapping[str, Member], name: str) -> str | None:
    """The payload with the white space that belongs to it.

    Lambda prints its own members without white space, so whatever stands around a payload was sent with it
    (contract, 1.2: `"requestPayload": {…}\\n,` for a payload of `" {…}\\n"`). In a record that was printed
    again by other hands, the white space that all of Lambda's own members have is formatting.
    """
    member = found.get(name)
    if member is None:
        return None
    styles = {found[own].before for own in _PRINTED_BY_LAMBDA if own in found}
    style = styles.pop() if len(styles) == 1 else ""
    if not style:
        return member.before + member.text + member.after
    after = "" if member.last else member.after
    return member.before.removeprefix(style) + member.text + after


def _object(found: Mapping[str, Member], name: str) -> dict[str, Any] | None:
    member = found.get(name)
    if member is None or not member.text.startswith("{"):
        return None
    try:
        value = json.loads(member.text)
    except (ValueError, RecursionError):
        raise NotARecord(f"{name} can't be read") from None
    return value if isinstance(value, dict) else None


def _request_id(value: object, fallback: str) -> str:
    if value is None:
        return fallback
    if not isinstance(value, str) or not is_request_id(value):
        raise NotARecord("requestContext.requestId is no request id")
    return value


def _function(value: object) -> FunctionArn:
    try:
        return FunctionArn.parse(value if isinstance(value, str) else "")
    except InvalidFunctionArn as error:
        raise NotARecord(f"requestContext.functionArn is {error}") from None


def _word(value: object) -> str | None:
    if not isinstance(value, str) or not value:
        return None
    # An escaped lone surrogate is a character that nothing can store.
    return value[:_LONGEST_WORD].encode(errors="replace").decode()


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else None


def _timestamp(member: Member | None) -> datetime | None:
    """The record's own time; None where it is missing or odd, for the queue knows when it arrived."""
    if member is None:
        return None
    try:
        value = datetime.fromisoformat(json.loads(member.text))
    except (ValueError, TypeError, RecursionError):
        return None
    # Whole milliseconds, as Lambda sends and the table keeps.
    value = value.replace(microsecond=value.microsecond // 1000 * 1000)
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        return None
