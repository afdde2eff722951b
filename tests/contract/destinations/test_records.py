"""The execution record, as it arrives at a queue (docs/reference/lambda.md#the-record)."""

import json
import re
from pathlib import Path

import pytest

from tests.contract.embedded import Embedded, function_arn, wait_until

RAISES = "def handler(event, context):\n    raise ValueError('no')\n"
RETURNS = "def handler(event, context):\n    return {'n': 1, 'text': 'λ'}\n"
SLEEPS = "import time\ndef handler(event, context):\n    time.sleep(event.get('sleep', 0))\n"
# Says that it runs, and runs until it may end.
HOLDS = """import pathlib, time
def handler(event, context):
    gate = pathlib.Path(event["gate"])
    (gate / "running").touch()
    while not (gate / "end").exists():
        time.sleep(0.01)
    raise ValueError("no")
"""
AWKWARD = (
    b' \t{"a":1.10, "b": 1e400,"a":2,\r\n"\\u0041":"\xce\xbb\xf0\x9f\x98\x80","big":' + b"9" * 5000 + b"}\n\n"
)


def test_a_failure_record_word_for_word(aws: Embedded) -> None:
    """Section 1.1: every key, in Lambda's order, and a functionArn with $LATEST."""
    url, arn = aws.queue()
    name = aws.function(RAISES, invoke={"failure": arn, "MaximumRetryAttempts": 0})

    request_id = aws.invoke(name, b'{"a": 1}')["ResponseMetadata"]["RequestId"]

    body = aws.receive(url)[0]["Body"]
    assert body.startswith('{"version":"1.0","timestamp":"')
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", json.loads(body)["timestamp"])
    assert body.split('Z",', 1)[1].split('"responsePayload"')[0] == (
        f'"requestContext":{{"requestId":"{request_id}","functionArn":"{function_arn(name, "$LATEST")}",'
        '"condition":"RetriesExhausted","approximateInvokeCount":1},"requestPayload":{"a": 1},'
        '"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},'
    )


def test_a_message_has_no_attributes(aws: Embedded) -> None:
    """Section 1.5: SQS gets the record as its body and no message attributes."""
    url, arn = aws.queue()
    aws.invoke(aws.function(RAISES, invoke={"failure": arn, "MaximumRetryAttempts": 0}))

    assert "MessageAttributes" not in aws.receive(url)[0]


@pytest.mark.parametrize(
    "payload", [AWKWARD, b" null ", b"[]\n", b'"\\u0000\\ud800"', b"-0.0", b'{"a":{"requestPayload":1}}']
)
def test_the_payload_is_spliced_in_as_it_came(aws: Embedded, payload: bytes) -> None:
    """Section 1.4: byte for byte, white space around it included."""
    url, arn = aws.queue()
    name = aws.function(RAISES, invoke={"failure": arn, "MaximumRetryAttempts": 0})

    aws.invoke(name, payload)

    body = aws.receive(url)[0]["Body"].encode()
    assert body.split(b'"requestPayload":', 1)[1].startswith(payload + b',"responseContext":')


def test_a_success_record(aws: Embedded) -> None:
    """Section 1.2: condition Success, count 1, the return value; nothing goes to OnFailure."""
    succeeded, success = aws.queue()
    failed, failure = aws.queue()
    name = aws.function(RETURNS, invoke={"success": success, "failure": failure})

    aws.invoke(name)

    record = aws.record(succeeded)
    assert record["requestContext"]["condition"] == "Success"
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
    assert record["responsePayload"] == {"n": 1, "text": "λ"}
    assert waiting(aws, failed) == 0


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_the_count_is_the_true_one(aws: Embedded, retries: int) -> None:
    """Section 1.2: RetriesExhausted with retries + 1 attempts; a failure never goes to OnSuccess."""
    url, arn = aws.queue()
    succeeded, success = aws.queue()
    name = aws.function(RAISES, invoke={"failure": arn, "success": success, "MaximumRetryAttempts": retries})

    aws.invoke(name)

    context = aws.record(url)["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == ("RetriesExhausted", retries + 1)
    assert sum(line.startswith("START") for line in aws.logs(name)) == retries + 1
    assert waiting(aws, succeeded) == 0


@pytest.mark.parametrize(("max_age", "count"), [(60, 1), (90, 2)])
def test_an_event_too_old_for_its_next_try(aws: Embedded, max_age: int, count: int) -> None:
    """Section 1.2: EventAgeExceeded with the context of the last attempt."""
    url, arn = aws.queue()
    name = aws.function(RAISES, invoke={"failure": arn, "MaximumEventAgeInSeconds": max_age})

    aws.invoke(name)

    record = aws.record(url)
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == count
    assert record["responseContext"] == {
        "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled",
    }  # fmt: skip
    assert record["responsePayload"]["errorType"] == "ValueError"


def test_a_throttled_event_expires_without_a_response(aws: Embedded, tmp_path: Path) -> None:
    """Section 1.2: never executed: count 0, responseContext {"statusCode":429} alone, no responsePayload."""
    url, arn = aws.queue()
    name = aws.function(HOLDS, invoke={"failure": arn, "MaximumEventAgeInSeconds": 60}, Timeout=20)
    aws.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    hold(aws, name, tmp_path)

    aws.invoke(name, b' {"x":1}')

    record = aws.record(url)
    (tmp_path / "end").touch()
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert record["requestPayload"] == {"x": 1}
    assert record["responseContext"] == {"statusCode": 429}
    assert "responsePayload" not in record


def test_a_throttled_event_keeps_its_retries(aws: Embedded) -> None:
    """Section 5: throttles go back to the queue until the event is too old, and consume no retry."""
    url, arn = aws.queue()
    name = aws.function(SLEEPS, invoke={"success": arn, "MaximumRetryAttempts": 0})
    aws.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)

    for _ in range(3):
        aws.invoke(name, b'{"sleep":0.1}')

    conditions = [
        json.loads(message["Body"])["requestContext"]["condition"] for message in aws.receive(url, 3)
    ]
    assert conditions == ["Success"] * 3


def test_no_reserved_concurrency_at_all(aws: Embedded) -> None:
    """Section 1.2: ZeroReservedConcurrency at once: count 0, neither responseContext nor responsePayload."""
    url, arn = aws.queue()
    name = aws.function(SLEEPS, invoke={"failure": arn})
    aws.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)

    aws.invoke(name)

    record = aws.record(url)
    assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert set(record) == {"version", "timestamp", "requestContext", "requestPayload"}
    assert aws.logs(name) == []


def test_a_function_deleted_while_its_event_waits(aws: Embedded, tmp_path: Path) -> None:
    """Section 1.2: RetriesExhausted, {"statusCode":404} alone, with the attempts made until then."""
    url, arn = aws.queue()
    name = aws.function(HOLDS, invoke={"failure": arn})
    hold(aws, name, tmp_path)

    aws.client("lambda").delete_function(FunctionName=name)

    record = aws.record(url)
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert record["responseContext"] == {"statusCode": 404}
    assert "responsePayload" not in record


def test_an_alias_deleted_while_its_event_waits(aws: Embedded, tmp_path: Path, server_log: Path) -> None:
    """Section 1.2: such an event may be dropped with no record, and is here; one line of the log says so."""
    url, arn = aws.queue()
    name = aws.function(HOLDS)
    lambda_ = aws.client("lambda")
    version = lambda_.publish_version(FunctionName=name)["Version"]
    lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    destination = {"OnFailure": {"Destination": arn}}
    lambda_.put_function_event_invoke_config(
        FunctionName=name, Qualifier="live", DestinationConfig=destination
    )
    request_id = hold(aws, f"{name}:live", tmp_path)

    lambda_.delete_alias(FunctionName=name, Name="live")
    (tmp_path / "end").touch()

    wait_until(lambda: f"asynchronous event dropped: requestId={request_id}" in server_log.read_text())
    assert waiting(aws, url) == 0


def test_each_qualifier_has_a_configuration_of_its_own(aws: Embedded) -> None:
    """Sections 1.1 and 7: the requested qualifier names the configuration, the record tells the version."""
    queues = {qualifier: aws.queue() for qualifier in ("$LATEST", "1", "live")}
    name = aws.function(RAISES)
    lambda_ = aws.client("lambda")
    version = lambda_.publish_version(FunctionName=name)["Version"]
    lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    for retries, (qualifier, (_url, arn)) in enumerate(queues.items()):
        lambda_.put_function_event_invoke_config(
            FunctionName=name,
            Qualifier=qualifier,
            MaximumRetryAttempts=retries,
            DestinationConfig={"OnFailure": {"Destination": arn}},
        )
    aws.invoke(name)
    aws.invoke(function_arn(name, "1"))
    aws.invoke(name, Qualifier="live")

    seen = {}
    for qualifier, (url, _arn) in queues.items():
        record = aws.record(url)
        context = record["requestContext"]
        assert context["functionArn"] == function_arn(name, qualifier)
        seen[qualifier] = (context["approximateInvokeCount"], record["responseContext"]["executedVersion"])
    assert seen == {"$LATEST": (1, "$LATEST"), "1": (2, "1"), "live": (3, "1")}


def waiting(aws: Embedded, url: str) -> int:
    answer = aws.client("sqs").get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def hold(aws: Embedded, name: str, gate: Path) -> str:
    """Start an event of HOLDS that runs until the file `end` is there; its request id."""
    request_id = aws.invoke(name, json.dumps({"gate": str(gate)}))["ResponseMetadata"]["RequestId"]
    wait_until((gate / "running").exists)
    return str(request_id)
