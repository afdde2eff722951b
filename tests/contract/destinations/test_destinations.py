"""Where records and dead letters go, and who sends them (docs/reference/lambda.md#destinations)."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from local.async_invoke.destinations import dead_letter_attributes
from local.async_invoke.model import DeadLetter
from local.server import ACCOUNT_ID, REGION
from tests.contract.embedded import Embedded, function_arn, statement, wait_until

RAISES = "def handler(event, context):\n    raise ValueError('x' * event.get('size', 2) + 'λ')\n"
RETURNS = "def handler(event, context):\n    return event\n"


def test_sns_gets_the_record_as_its_message(aws: Embedded) -> None:
    """Section 1.5: Message = record JSON, in the notification's envelope unless delivery is raw."""
    url, topic = topic_with_queue(aws)
    name = aws.function(RAISES, invoke={"failure": topic, "MaximumRetryAttempts": 0})

    aws.invoke(name, b"{ }")

    envelope = json.loads(aws.receive(url)[0]["Body"])
    assert envelope["Type"] == "Notification"
    assert '"requestPayload":{ },' in envelope["Message"]
    assert json.loads(envelope["Message"])["requestContext"]["condition"] == "RetriesExhausted"


@pytest.mark.parametrize("outcome", ["Failure", "Success"])
def test_eventbridge_gets_lambdas_envelope(aws: Embedded, outcome: str) -> None:
    """Section 1.5: detail-type, source "lambda", and the bus and the qualified function as resources."""
    url, queue = aws.queue()
    events = aws.client("events")
    aws.allow(url, "events")
    bus = events.create_event_bus(Name=f"bus-{outcome}")["EventBusArn"]
    events.put_rule(
        Name=outcome, EventBusName=f"bus-{outcome}", EventPattern=json.dumps({"source": ["lambda"]})
    )
    events.put_targets(Rule=outcome, EventBusName=f"bus-{outcome}", Targets=[{"Id": "q", "Arn": queue}])
    source = RAISES if outcome == "Failure" else RETURNS
    name = aws.function(source, invoke={outcome.lower(): bus, "MaximumRetryAttempts": 0})

    aws.invoke(name, b'{"size":1}')

    event = aws.record(url)
    assert event["detail-type"] == f"Lambda Function Invocation Result - {outcome}"
    assert (event["source"], event["account"], event["region"]) == ("lambda", ACCOUNT_ID, REGION)
    assert event["resources"] == [bus, function_arn(name, "$LATEST")]
    assert event["detail"]["requestPayload"] == {"size": 1}
    assert event["detail"]["version"] == "1.0"


def test_s3_gets_an_object_per_record(aws: Embedded) -> None:
    """Section 1.5: key aws/lambda/async/<function>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="records")
    name = aws.function(RAISES, invoke={"failure": "arn:aws:s3:::records", "MaximumRetryAttempts": 0})

    aws.invoke(name, b'{"a":1.10}')

    wait_until(lambda: s3.list_objects_v2(Bucket="records")["KeyCount"] == 1)
    key = s3.list_objects_v2(Bucket="records")["Contents"][0]["Key"]
    day = r"(\d{4})/(\d\d)/(\d\d)/\1-\2-\3T\d\d\.\d\d\.\d\d"
    assert re.fullmatch(rf"aws/lambda/async/{name}/{day}-[0-9a-f-]{{36}}", key)
    stored = s3.get_object(Bucket="records", Key=key)
    assert stored["ContentType"] == "application/octet-stream"
    assert b'"requestPayload":{"a":1.10},' in stored["Body"].read()


def test_lambda_gets_the_record_as_its_event(aws: Embedded) -> None:
    """Section 1.5: asynchronous, under a new request id, with its own destinations."""
    url, queue = aws.queue()
    receiver = aws.function(RETURNS, invoke={"success": queue})
    name = aws.function(RAISES, invoke={"failure": function_arn(receiver), "MaximumRetryAttempts": 0})

    request_id = aws.invoke(name, b'{"size":3}')["ResponseMetadata"]["RequestId"]

    record = aws.record(url)
    assert record["requestContext"]["functionArn"] == function_arn(receiver, "$LATEST")
    assert record["requestContext"]["requestId"] != request_id
    assert record["requestPayload"]["requestContext"]["requestId"] == request_id
    assert record["requestPayload"]["requestPayload"] == {"size": 3}


def test_a_dead_letter_is_the_event_itself(aws: Embedded) -> None:
    """Section 2: the original bytes, the error in attributes; a destination gets its record as well."""
    dead, dead_arn = aws.queue()
    records, record_arn = aws.queue()
    name = aws.function(
        RAISES,
        invoke={"failure": record_arn, "MaximumRetryAttempts": 1},
        DeadLetterConfig={"TargetArn": dead_arn},
    )

    request_id = aws.invoke(name, b' {"size":2000,"size":2000}\n')["ResponseMetadata"]["RequestId"]

    letter = aws.receive(dead)[0]
    assert letter["Body"] == ' {"size":2000,"size":2000}\n'
    assert attributes(letter) == {
        "RequestID": ("String", request_id), "ErrorCode": ("Number", "200"),
        "ErrorMessage": ("String", "x" * 1024),
    }  # fmt: skip
    assert aws.record(records)["requestContext"]["approximateInvokeCount"] == 2


def test_a_dead_letter_topic(aws: Embedded) -> None:
    """Section 2: a topic gets the same body and attributes."""
    url, topic = topic_with_queue(aws)
    name = aws.function(RAISES, invoke={"MaximumRetryAttempts": 0}, DeadLetterConfig={"TargetArn": topic})

    request_id = aws.invoke(name, b" {}")["ResponseMetadata"]["RequestId"]

    envelope = json.loads(aws.receive(url)[0]["Body"])
    assert envelope["Message"] == " {}"
    assert envelope["MessageAttributes"]["RequestID"]["Value"] == request_id
    assert envelope["MessageAttributes"]["ErrorMessage"]["Value"] == "xxλ"


def test_the_dead_letter_of_an_event_that_never_ran(aws: Embedded) -> None:
    """Section 2: with no concurrency reserved there is no ErrorCode, and AWS's own typing error."""
    dead, dead_arn = aws.queue()
    name = aws.function(RAISES, DeadLetterConfig={"TargetArn": dead_arn})
    aws.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)

    aws.invoke(name)

    found = attributes(aws.receive(dead)[0])
    assert set(found) == {"RequestID", "ErrorMessage"}
    assert found["ErrorMessage"][1] == (
        "Function not invoked. Function isconfigured with zero reserved concurrent executions"
    )


def test_an_error_message_is_cut_between_characters() -> None:
    """Section 2: the first kilobyte; an empty message is no attribute, which SQS would refuse."""
    cut = dead_letter_attributes("id", DeadLetter("x" + "λ" * 600, 200))["ErrorMessage"]["StringValue"]
    assert cut == "x" + "λ" * 511
    assert "ErrorMessage" not in dead_letter_attributes("id", DeadLetter("", 200))


def test_the_execution_role_sends_and_needs_permission(aws: Embedded, server_log: Path) -> None:
    """Section 1.5: sqs:SendMessage on the source's role; without it, one line and no record."""
    url, arn = aws.queue()
    able = aws.function(RAISES, role=aws.role(statement("sqs:SendMessage", resource=arn)),
                        invoke={"failure": arn, "MaximumRetryAttempts": 0})  # fmt: skip
    unable = aws.function(RAISES, role=aws.role(statement("sqs:ReceiveMessage", resource=arn)),
                          invoke={"failure": arn, "MaximumRetryAttempts": 0})  # fmt: skip

    lost = aws.invoke(unable)["ResponseMetadata"]["RequestId"]
    wait_until(lambda: f"requestId={lost}" in server_log.read_text())
    delivered = aws.invoke(able)["ResponseMetadata"]["RequestId"]

    assert aws.record(url)["requestContext"]["requestId"] == delivered
    lines = [line for line in server_log.read_text().splitlines() if lost in line]
    assert len(lines) == 1
    assert "destination delivery failed" in lines[0]
    assert "AccessDenied" in lines[0]


def topic_with_queue(aws: Embedded) -> tuple[str, str]:
    url, queue = aws.queue()
    topic = aws.client("sns").create_topic(Name=f"t-{url[-8:]}")["TopicArn"]
    aws.allow(url, "sns")
    aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    return url, topic


def attributes(message: Any) -> dict[str, tuple[str, str]]:
    return {
        name: (value["DataType"], value["StringValue"])
        for name, value in message["MessageAttributes"].items()
    }
