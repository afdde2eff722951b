"""What an Invoke with type Event is answered (docs/reference/lambda.md#invoke)."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.embedded import Embedded, function_arn, policy, statement, wait_until

FAILS = (
    "def handler(event, context):\n    print('attempt', context.aws_request_id)\n    raise ValueError('no')\n"
)
ECHO = "def handler(event, context):\n    return event\n"


def test_the_answer_is_empty_and_its_id_is_everybodys_id(aws: Embedded) -> None:
    """Sections 6 and 1.1: 202, empty body; one id in the answer, the record and all three attempts."""
    url, arn = aws.queue()
    name = aws.function(FAILS, invoke={"failure": arn})

    answer = aws.invoke(name)

    assert answer["StatusCode"] == 202
    assert answer["Payload"].read() == b""
    request_id = answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]
    record = aws.record(url)
    assert record["requestContext"]["requestId"] == request_id
    assert record["responsePayload"]["requestId"] == request_id
    wait_until(lambda: aws.logs(name).count(f"attempt {request_id}") == 3)


@pytest.mark.parametrize("payload", [b"{", b" ", b"NaN", b"\xff", b'"\xed\xa0\x80"', b"[" * 100_000, b"1 2"])
def test_a_payload_that_is_no_json_is_refused(aws: Embedded, payload: bytes) -> None:
    """Section 1.3: 400 InvalidRequestContentException. Only a body that is absent stands for {}."""
    name = aws.function(ECHO)

    with pytest.raises(ClientError) as refused:
        aws.invoke(name, payload)

    error = refused.value.response
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert error["Error"]["Code"] == "InvalidRequestContentException"
    assert error["Error"]["Message"].startswith("Could not parse request body into json: ")


def test_no_payload_is_an_empty_object(aws: Embedded) -> None:
    """Section 1.3: Invoke without Payload gives "requestPayload":{}."""
    url, arn = aws.queue()
    name = aws.function(ECHO, invoke={"success": arn})

    aws.client("lambda").invoke(FunctionName=name, InvocationType="Event")

    assert aws.record(url)["requestPayload"] == {}


def test_one_mebibyte_is_taken_and_one_byte_more_is_not(aws: Embedded) -> None:
    """Section 5: 1,048,576 bytes; over it 413 RequestTooLargeException."""
    name = aws.function(ECHO)
    largest = b'"' + b"x" * (1_048_576 - 2) + b'"'

    assert aws.invoke(name, largest)["StatusCode"] == 202
    with pytest.raises(ClientError) as refused:
        aws.invoke(name, largest + b" ")

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert refused.value.response["Error"]["Code"] == "RequestTooLargeException"


@pytest.mark.parametrize("qualifier", [None, "nowhere", "7"])
def test_an_unknown_target_is_not_accepted(aws: Embedded, qualifier: str | None) -> None:
    """Section 6: 404 ResourceNotFound."""
    name = aws.function(ECHO) if qualifier else "missing"

    with pytest.raises(ClientError) as refused:
        aws.invoke(function_arn(name, qualifier))

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_permission_is_asked_before_anything_else(aws: Embedded) -> None:
    """Section 6: lambda:InvokeFunction is evaluated on the ARN used, existing or not."""
    allowed, forbidden = aws.function(ECHO), aws.function(ECHO)
    iam = aws.client("iam")
    iam.create_user(UserName="invoker")
    grants = policy(
        statement("lambda:InvokeFunction", resource=[function_arn(allowed), function_arn(allowed, "*")])
    )
    iam.put_user_policy(UserName="invoker", PolicyName="invoke", PolicyDocument=grants)
    key = iam.create_access_key(UserName="invoker")["AccessKey"]
    invoker = aws.client_as("lambda", key["AccessKeyId"], key["SecretAccessKey"])
    forger = aws.client_as("lambda", key["AccessKeyId"], "not the secret")

    def status(client: Any, target: str) -> int:
        try:
            answer = client.invoke(FunctionName=target, InvocationType="Event", Payload=b"{}")
        except ClientError as error:
            answer = error.response
        return int(answer["ResponseMetadata"]["HTTPStatusCode"])

    assert status(invoker, function_arn(allowed)) == 202
    assert status(invoker, function_arn(allowed, "$LATEST")) == 202
    assert status(invoker, function_arn(forbidden)) == 403
    assert status(invoker, "missing") == 403
    assert status(forger, function_arn(allowed)) == 403


def test_reading_the_event_invoke_config_is_an_action_of_its_own(aws: Embedded) -> None:
    """Section 7: one configuration for $LATEST, whether named or not; lambda:GetFunction does not read it."""
    name = aws.function(ECHO)
    aws.client("lambda").put_function_event_invoke_config(
        FunctionName=name, Qualifier="$LATEST", MaximumEventAgeInSeconds=90
    )
    iam = aws.client("iam")
    iam.create_user(UserName="reader")
    grants = policy(statement("lambda:GetFunctionEventInvokeConfig", resource=function_arn(name)))
    iam.put_user_policy(UserName="reader", PolicyName="read", PolicyDocument=grants)
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    reader = aws.client_as("lambda", key["AccessKeyId"], key["SecretAccessKey"])

    assert reader.get_function_event_invoke_config(FunctionName=name)["MaximumEventAgeInSeconds"] == 90
    with pytest.raises(ClientError, match="AccessDenied"):
        reader.get_function(FunctionName=name)


def test_nothing_listens_beyond_the_loopback(aws: Embedded) -> None:
    """127.0.0.1 only, the Runtime API of a custom runtime included."""
    aws.client("lambda").invoke(FunctionName=custom_runtime(aws), Payload=b"{}")
    sockets = {Path(f"/proc/{aws.pid}/fd/{fd}").readlink().name for fd in open_files(aws.pid)}
    listening = [
        line.split()[1].split(":")[0]
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{aws.pid}/net/{table}").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and f"socket:[{line.split()[9]}]" in sockets
    ]

    loopback = socket.inet_aton("127.0.0.1")[::-1].hex().upper()
    assert len(listening) >= 2
    assert set(listening) == {loopback}


def open_files(pid: int) -> list[str]:
    return [entry.name for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.is_symlink()]


def custom_runtime(aws: Embedded) -> str:
    api = "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
    bootstrap = f"""#!/bin/bash
while true; do
  curl -sSf -D headers-$$ -o event-$$ "{api}/next" || exit 1
  id=$(grep -i Lambda-Runtime-Aws-Request-Id headers-$$ | tr -d '\\r' | cut -d' ' -f2)
  curl -sSf -o /dev/null -d '{{}}' "{api}/$id/response"
done
"""
    return aws.function({"bootstrap": bootstrap}, Runtime="provided.al2023", Handler="bootstrap")


def test_event_json(aws: Embedded) -> None:
    """Section 1.2: the return value of a function is the record's responsePayload, whatever its JSON type."""
    url, arn = aws.queue()
    name = aws.function(ECHO, invoke={"success": arn})
    for value in (None, [1, {"a": "λ"}], "text", 1.5, True):
        aws.invoke(name, json.dumps(value))
        assert aws.record(url)["responsePayload"] == value
