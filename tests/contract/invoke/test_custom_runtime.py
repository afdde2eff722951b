"""A `provided.*` function gets and gives bytes (docs/reference/lambda.md#exact-bytes)."""

import base64
import json
from typing import Any

import pytest

from tests.contract.destinations.test_records import AWKWARD
from tests.contract.embedded import Embedded, number

RESPONSE = '{"n":1.10, "n":1e400}\\n'
BOOTSTRAP = """#!/bin/bash
# Answers with the event in base64, or with what the function's environment says.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
if [ -n "$INIT" ]; then curl -sS -d "$INIT" "$api/init/error"; exit 1; fi
while curl -sSf -D "$work/headers" -o "$work/event" "$api/invocation/next"; do
  id=$(grep -i ^Lambda-Runtime-Aws-Request-Id "$work/headers" | tr -d '\\r' | cut -d' ' -f2)
  if [ -n "$LEAVE" ]; then exit "$LEAVE"; fi
  if [ -n "$POST" ]; then printf "$POST" > "$work/answer"; else
    printf '"%s"' "$(base64 -w0 < "$work/event")" > "$work/answer"; fi
  curl -sSf -o /dev/null --data-binary "@$work/answer" "$api/invocation/$id/${RESULT:-response}"
done
"""


def run(aws: Embedded, payload: bytes = b"{}", **environment: str) -> tuple[str, Any]:
    """The record's text and its function's request id."""
    url, arn = aws.queue()
    name = aws.function(
        {"bootstrap": BOOTSTRAP},
        invoke={"success": arn, "failure": arn, "MaximumRetryAttempts": 0},
        Runtime="provided.al2023", Handler="bootstrap", Environment={"Variables": environment},
    )  # fmt: skip
    request_id = aws.invoke(name, payload)["ResponseMetadata"]["RequestId"]
    return aws.receive(url)[0]["Body"], request_id


@pytest.mark.parametrize(
    "payload", [AWKWARD, b"  null\n", b'"\\u0000 \\ud800"', b'{"a":"' + b"x" * 400_000 + b'"} ']
)
def test_the_event_arrives_byte_for_byte(aws: Embedded, payload: bytes) -> None:
    """Section 1.4: what the runtime reads from its Runtime API is what Invoke was given."""
    record = json.loads(run(aws, payload)[0], parse_int=number)

    assert base64.b64decode(record["responsePayload"]) == payload


def test_the_result_is_passed_on_byte_for_byte(aws: Embedded) -> None:
    """Section 1.4: the record holds the runtime's own text."""
    body, _id = run(aws, POST=RESPONSE)

    assert body.endswith(',"responsePayload":{"n":1.10, "n":1e400}\n}')
    assert '"condition":"Success"' in body


@pytest.mark.parametrize("error", ['{"errorType":"E.x", "extra":[1.0]}', '"just text"', "null", "[]"])
def test_an_error_is_passed_on_byte_for_byte(aws: Embedded, error: str) -> None:
    """Section 4.1, custom: any JSON, with none of the usual keys required."""
    body, _id = run(aws, RESULT="error", POST=error)

    assert body.endswith(f'"functionError":"Unhandled"}},"responsePayload":{error}}}')


def test_a_result_that_is_no_json(aws: Embedded) -> None:
    """Section 1.3: condition Success, no responsePayload, and a deliveryError."""
    record = json.loads(run(aws, POST="plain text")[0])

    assert record["requestContext"]["condition"] == "Success"
    assert "responsePayload" not in record
    assert record["deliveryError"] == {
        "statusCode": 400,
        "errorCode": "InvalidRequestContentException",
        "errorMessage": "The function response payload could not be parsed as JSON.",
    }


def test_an_error_while_starting(aws: Embedded) -> None:
    """Section 4.1: what the runtime posts to init/error is the error."""
    body, _id = run(aws, INIT='{"errorType":"Init.Failed","errorMessage":"no table"}')

    assert json.loads(body)["responsePayload"] == {"errorType": "Init.Failed", "errorMessage": "no table"}


def test_a_runtime_that_leaves(aws: Embedded) -> None:
    """Section 4.2: Runtime.ExitError with its status."""
    body, request_id = run(aws, LEAVE="5")

    assert json.loads(body)["responsePayload"] == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {request_id} Error: Runtime exited with error: exit status 5",
    }


def test_no_bootstrap(aws: Embedded) -> None:
    """Section 4.2: Runtime.InvalidEntrypoint."""
    url, arn = aws.queue()
    name = aws.function(
        {"readme": ""},
        invoke={"failure": arn, "MaximumRetryAttempts": 0},
        Runtime="provided.al2023",
        Handler="bootstrap",
    )
    request_id = aws.invoke(name)["ResponseMetadata"]["RequestId"]

    assert aws.record(url)["responsePayload"] == {
        "errorType": "Runtime.InvalidEntrypoint",
        "errorMessage": f"RequestId: {request_id} Error: "
        "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]",
    }
