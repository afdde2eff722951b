"""CPU for parsing, classifying and fingerprinting one record."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from bench.report import Line
from lambda_replay.domain.executions.stored_record import StoredRecord
from lambda_replay.domain.intake.execution_record import parse_record
from lambda_replay.domain.intake.fields import NotARecordError
from tests.support.hostile import HOSTILE

_FRAME = (
    '  File "/var/task/orders/stage_%d.py", line %d, in handle_%d\n    return self.next(event["order"])\n'
)


def record(size: int, *, response: str | None = None, payload: str | None = None) -> str:
    """A record of about `size` bytes; what is not given is a Python failure and a filled-up payload."""
    if response is None:
        frames = [_FRAME % (n, n * 7, n) for n in range(5)]
        error = {
            "errorMessage": "'order'",
            "errorType": "KeyError",
            "requestId": "x" * 36,
            "stackTrace": frames,
        }
        response = json.dumps(error)
    if payload is None:
        payload = json.dumps({"customer": "c-1", "note": "x" * max(0, size - len(response) - 450)})
    context = (
        '{"requestId":"e4b46cbf-b738-4c8e-8880-a18cdf61200e","functionArn":"arn:aws:lambda:eu-west-1:123456789012'
        ':function:orders:$LATEST","condition":"RetriesExhausted","approximateInvokeCount":3}'
    )
    return (
        f'{{"version":"1.0","timestamp":"2026-01-31T09:00:00.123Z","requestContext":{context},'
        f'"requestPayload":{payload},"responseContext":{{"statusCode":200,"executedVersion":"$LATEST",'
        f'"functionError":"Unhandled"}},"responsePayload":{response}}}'
    )


# What an attacker, or bad luck, can put into a megabyte: odd payloads here, odd responses in the tests' list.
_MEGABYTE = 1_048_576 - 700
_WORST: dict[str, dict[str, str]] = {
    "long payload": {},
    "payload of brackets": {"payload": "[" + "[],[[]]," * (_MEGABYTE // 8) + "1]"},
    "payload 9 000 levels deep": {
        "payload": '[{"":' * 4500 + '"' + "x" * (_MEGABYTE - 31_500) + '"' + "}]" * 4500
    },
    "payload of nested arrays": {"payload": "[" + ("[" * 900 + "]" * 900 + ",") * (_MEGABYTE // 1801) + "1]"},
    "payload of small members": {"payload": '{"a":1' + ',"a":1' * (_MEGABYTE // 6 - 1) + "}"},
    "response of brackets": {"response": "[" + "[],[[]]," * (_MEGABYTE // 8) + "1]", "payload": "1"},
    "response of fractions": {"response": "[" + "1.5," * (_MEGABYTE // 4) + "1]", "payload": "1"},
    "response of objects in an error": {
        "response": '{"errorMessage":"x","stackTrace":[' + '{"":1},' * (_MEGABYTE // 7) + "1]}",
        "payload": "1",
    },
    **{name: {"response": response, "payload": "1"} for name, response in HOSTILE.items()},
}


def measure() -> Iterator[Line]:
    small = record(2048)
    yield Line("CPU: a 2 KB record", 1, _milliseconds(small, rounds=300), "ms", f"{len(small)} bytes")
    worst = {name: _milliseconds(record(_MEGABYTE, **parts), rounds=3) for name, parts in _WORST.items()}
    name = max(worst, key=worst.__getitem__)
    yield Line("CPU: the worst 1 MB record", 50, worst[name], "ms", f"{name}; of {len(worst)} kinds")


def _milliseconds(text: str, *, rounds: int) -> float:
    start = time.process_time()
    for _ in range(rounds):
        _handle(text)
    return (time.process_time() - start) / rounds * 1000


def _handle(text: str) -> None:
    try:
        parsed = parse_record(text, fallback_id="m")
    except NotARecordError:
        return
    StoredRecord(
        request_id=parsed.request_id,
        function=parsed.function,
        condition=parsed.condition,
        status_code=parsed.status_code,
        function_error=parsed.function_error,
        payload=None if parsed.payload is None else parsed.payload.encode(),
        response=None if parsed.response is None else parsed.response.encode(),
        expires_at=datetime(2026, 3, 1, tzinfo=UTC),
    ).diagnose()
