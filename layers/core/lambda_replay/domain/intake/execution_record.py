"""Execution records: what Lambda sends about an invocation (docs/reference/lambda.md#the-record)."""

from dataclasses import dataclass
from datetime import datetime

from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.intake.channel import Channel, SourceObject
from lambda_replay.domain.intake.fields import (
    Members,
    NotARecordError,
    function_arn,
    integer,
    mapping,
    moment,
    request_id,
    scan,
    string,
    value,
    word,
)
from lambda_replay.domain.intake.refusal import RefusalReason
from lambda_replay.domain.refusals import Reason

SUCCESS = "Success"
# Members that Lambda itself prints; the two payloads are spliced in as they came.
_PRINTED_BY_LAMBDA = ("version", "timestamp", "requestContext", "responseContext")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionRecord:
    """One record, its two payloads as the exact text that the record holds.

    `payload` and `response` are None when the record lacks them, which is not the same as the JSON text
    `null`. `condition` and `function_error` are open sets (docs/reference/lambda.md#missing-and-odd-members).
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
    channel: Channel = Channel.QUEUE
    source: SourceObject | None = None

    @property
    def succeeded(self) -> bool:
        """Whether it is the record of a success."""
        return self.condition == SUCCESS


def parse_record(text: str, *, fallback_id: str, channel: Channel = Channel.QUEUE) -> ExecutionRecord:
    """Read one record that is wrapped in nothing. Raises `NotARecordError`; see `read_record`."""
    return read_record(scan(text), fallback_id=fallback_id, channel=channel)


def read_record(found: Members, *, fallback_id: str, channel: Channel) -> ExecutionRecord:
    """Read one record, of an asynchronous invocation or of an event source mapping, from its members.

    `fallback_id` names the record when it carries no request id of its own, as emulators omit it; Lambda
    always sends one. Raises `NotARecordError`.
    """
    context = mapping(found, "requestContext")
    if context is None:
        raise NotARecordError("no requestContext object: not an execution record", RefusalReason.NOT_A_RECORD)
    if not context.keys() & {"functionArn", "condition"}:
        # API Gateway's events have such an object too.
        raise NotARecordError(
            "requestContext names no functionArn: not an execution record", RefusalReason.NOT_A_RECORD
        )
    response_context = mapping(found, "responseContext") or {}
    payload = _streamed(found) if _is_stream(found) else _spliced(found, "requestPayload")
    return ExecutionRecord(
        request_id=request_id(context.get("requestId"), "requestContext.requestId", fallback=fallback_id),
        function=function_arn(context.get("functionArn"), "requestContext.functionArn"),
        condition=word(context.get("condition")) or "Unknown",
        invoke_count=integer(context.get("approximateInvokeCount")),
        timestamp=moment(value(found, "timestamp")),
        status_code=integer(response_context.get("statusCode")),
        executed_version=word(response_context.get("executedVersion")),
        function_error=word(response_context.get("functionError")),
        payload=payload,
        # Says why a response is missing (docs/reference/lambda.md#missing-and-odd-members).
        response=_spliced(found, "responsePayload") or _spliced(found, "deliveryError"),
        unreplayable=None if payload is not None else _why_no_payload(found, channel),
        channel=channel,
    )


def _is_stream(found: Members) -> bool:
    # Records of streams and Kafka carry positions (docs/reference/lambda.md#event-source-mappings).
    return any(name.endswith("BatchInfo") for name in found)


def _streamed(found: Members) -> str | None:
    """The whole event as a text; S3 alone gets it (docs/reference/lambda.md#event-source-mappings)."""
    return string(found, "payload")


def _why_no_payload(found: Members, channel: Channel) -> Reason:
    if _is_stream(found):
        return Reason.STREAM_BATCH
    if channel is Channel.SNS:
        return Reason.PAYLOAD_DROPPED_BY_SNS
    return Reason.PAYLOAD_MISSING


def _spliced(found: Members, name: str) -> str | None:
    """The payload with the white space that belongs to it.

    Lambda prints its own members without white space, so whatever stands around a payload was sent with it
    (docs/reference/lambda.md#conditions has an example, ` {…}\\n`). In a record that was printed
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
