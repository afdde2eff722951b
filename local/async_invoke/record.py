"""The execution record as text (docs/reference/lambda.md#the-record).

The event is spliced in as the bytes that came: parsing and writing it again would change `1.10`,
`1e400`, duplicate keys and white space.
"""

import json
from datetime import UTC, datetime

from local.async_invoke.model import End, Event
from local.errors import LocalError

MAX_PAYLOAD = 1_048_576
_UNREADABLE_RESPONSE = {
    "statusCode": 400,
    "errorCode": "InvalidRequestContentException",
    "errorMessage": "The function response payload could not be parsed as JSON.",
}


class InvalidPayloadError(LocalError, ValueError):
    """The bytes are no JSON text; the message is the parser's."""


def check_json(payload: bytes) -> None:
    """Raise InvalidPayloadError unless `payload` is one JSON value in UTF-8."""
    try:
        # Numbers are left as text: their size is no concern of Lambda's, and Python limits it.
        json.loads(payload.decode(), parse_int=str, parse_float=str, parse_constant=_refuse)
    except RecursionError as error:
        raise InvalidPayloadError("nested too deeply") from error
    except ValueError as error:
        raise InvalidPayloadError(str(error)) from error


def build(event: Event, end: End, now: datetime) -> bytes:
    """The record for destinations."""
    head = {
        "version": "1.0",
        "timestamp": timestamp(now),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": event.qualified_arn,
            "condition": end.condition,
            "approximateInvokeCount": end.count,
        },
    }
    parts = [_compact(head)[:-1], b',"requestPayload":', event.payload]
    if end.response_context is not None:
        parts += [b',"responseContext":', _compact(end.response_context)]
    if end.response is not None:
        parts += _response(end.response)
    return b"".join([*parts, b"}"])


def timestamp(now: datetime) -> str:
    """ISO 8601 with milliseconds and Z."""
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _response(response: bytes) -> list[bytes]:
    try:
        check_json(response)
    except InvalidPayloadError:
        return [b',"deliveryError":', _compact(_UNREADABLE_RESPONSE)]
    return [b',"responsePayload":', response]


def _compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _refuse(constant: str) -> None:
    raise ValueError(f"Unrecognized token '{constant}'")
