"""One failing function for each way in, on the deployed service: one execution each, understood alike, and
replayed byte for byte."""

import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local.client import Stack, wait_until
from local.deploy import deploy_built, outputs
from local.settings import VIA_STACK
from tests.support.template import ROOT
from tests.support.world.service import record_text

PAYLOAD = b' {"decimal":1.10,"huge":1e400,"twice":1,"twice":2,"text":"\\u0000\\ud83d\\ude00 \xce\xbb"}\r\n'
# Source function, the channel it comes in by, and what is known of its replay: a bucket and a dead-letter
# queue hear of failures only.
WAYS = [
    ("Sqs", "queue", "recovered"),
    ("SnsRaw", "queue", "recovered"),
    ("Sns", "sns", "recovered"),
    ("EventBridge", "eventbridge", "recovered"),
    ("Lambda", "lambda", "recovered"),
    ("S3", "s3", "replaying"),
    ("DeadLetter", "dead_letter", "replaying"),
]


def received(stack: Stack, run: str) -> bytes:
    """What the function got in this run."""
    bucket = stack.description["sources_outputs"]["ViaReceivedBucketName"]
    body: bytes = stack.client("s3").get_object(Bucket=bucket, Key=f"received/{run}")["Body"].read()
    return body


def fix(stack: Stack, source: str) -> None:
    lambda_, name = stack.client("lambda"), stack.sources[source]
    variables = lambda_.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    variables["FAIL"] = "0"
    lambda_.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
    lambda_.get_waiter("function_updated_v2").wait(FunctionName=name)


@pytest.mark.parametrize(("source", "channel", "outcome"), WAYS, ids=[way[0] for way in WAYS])
def test_a_way_in(stack: Stack, source: str, channel: str, outcome: str) -> None:
    execution_id = stack.invoke(source, PAYLOAD)
    execution = stack.execution(execution_id, "failed")
    failure = execution["failure"]
    assert execution["channel"] == channel
    assert (failure["category"], failure["verdict"]) == ("transient_dependency", "as_is"), failure
    assert failure["condition"] == "RetriesExhausted"
    assert stack.call("GET", f"/executions/{execution_id}/payload").text.encode() == PAYLOAD
    assert received(stack, execution_id) == PAYLOAD

    group = stack.call("GET", f"/groups/{failure['group']}").body
    assert (group["count"], group["functions"]) == (1, [stack.sources[source]])
    # A dead letter tells the message and no trace.
    assert ("frames" in group["why"]["parts"]) == (channel != "dead_letter")

    fix(stack, source)
    answer = stack.call("POST", f"/executions/{execution_id}/replay")
    assert answer.status == 202, answer.text
    run = answer.body["replay"]["request_id"]
    stack.execution(execution_id, outcome)
    wait_until(lambda: _has_run(stack, run), "the replayed run")
    assert received(stack, run) == PAYLOAD


def _has_run(stack: Stack, run: str) -> bool:
    try:
        received(stack, run)
    except Exception as missing:  # botocore makes its exceptions at run time
        assert "NoSuchKey" in str(missing)  # noqa: PT017
        return False
    return True


def records_of(stack: Stack, source: str, count: int) -> list[dict[str, Any]]:
    """The function's executions, once there are as many."""
    query = {"function": stack.sources[source]}
    found: list[dict[str, Any]] = []

    def there() -> bool:
        found[:] = stack.call("GET", "/executions", query=query).body["executions"]
        return len(found) >= count

    wait_until(there, f"{count} executions of {source}")
    return found


def put_into_stream(stack: Stack, source: str) -> None:
    name = stack.description["sources_outputs"][f"{source}Name"]
    stack.client("kinesis").put_record(StreamName=name, Data=b"1.10", PartitionKey="one")


def test_a_stream_reports_where_the_events_are_and_cannot_be_replayed(stack: Stack) -> None:
    put_into_stream(stack, "Stream")
    execution = records_of(stack, "Stream", 1)[0]
    assert (execution["channel"], execution["unreplayable"]) == ("queue", "stream_batch")
    answer = stack.call("POST", f"/executions/{execution['id']}/replay")
    assert (answer.status, answer.body["error"]["code"]) == (409, "stream_batch")


def test_a_stream_with_an_s3_destination_can_be_replayed(stack: Stack) -> None:
    put_into_stream(stack, "StreamS3")
    execution = records_of(stack, "StreamS3", 1)[0]
    assert (execution["channel"], execution["unreplayable"]) == ("s3", None)
    payload = stack.call("GET", f"/executions/{execution['id']}/payload").text
    assert [record["eventSource"] for record in json.loads(payload)["Records"]] == ["aws:kinesis"]
    answer = stack.call("POST", f"/executions/{execution['id']}/replay")
    assert answer.status == 202, answer.text
    run = answer.body["replay"]["request_id"]
    wait_until(lambda: _has_run(stack, run), "the replayed run")
    assert received(stack, run) == payload.encode()


def test_a_stack_that_imports_the_addresses(stack: Stack, state: Path) -> None:
    """And needs nothing else."""
    address, name = replace(stack.address, state=state), "importing"
    deploy_built(ROOT / "docs" / "examples" / "importing.yaml", name, {}, address, stack.operator)
    function = outputs(name, address, stack.operator)["OrdersName"]
    answer = stack.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=PAYLOAD)
    execution = stack.execution(answer["ResponseMetadata"]["RequestId"], "failed")
    assert (execution["channel"], execution["failure"]["error_type"]) == ("queue", "ValueError")


def test_a_megabyte_through_the_bucket(stack: Stack) -> None:
    """More than a queue's message takes beside its record."""
    run = str(uuid.uuid4())
    payload = '"' + "λ" * 500_000 + '"'
    text = record_text(run, arn=_arn(stack, "S3"), payload=payload, at=datetime.now(UTC))
    key = f"aws/lambda/async/by-hand/2026/01/31/{run}"
    bucket = stack.outputs["FailureBucketName"]
    stack.client("s3").put_object(Bucket=bucket, Key=key, Body=text.encode())
    assert stack.execution(run)["payload"]["size"] == len(payload.encode())
    assert stack.call("GET", f"/executions/{run}/payload").text == payload


@pytest.mark.parametrize("channel", ["topic", "bucket", "function", "queue"])
def test_a_forged_function_is_invoked_by_no_way_in(stack: Stack, channel: str) -> None:
    run = str(uuid.uuid4())
    arn = "arn:aws:lambda:us-east-1:123456789012:function:somebody-elses:$LATEST"
    text = record_text(run, arn=arn, at=datetime.now(UTC))
    match channel:
        case "topic":
            stack.client("sns").publish(TopicArn=stack.outputs["FailureTopicArn"], Message=text)
        case "bucket":
            bucket = stack.outputs["FailureBucketName"]
            stack.client("s3").put_object(Bucket=bucket, Key=f"aws/lambda/{run}", Body=text.encode())
        case "function":
            name = stack.outputs["TriageFunctionArn"]
            stack.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=text.encode())
        case "queue":
            stack.client("sqs").send_message(QueueUrl=stack.outputs["FailureQueueUrl"], MessageBody=text)
    stack.execution(run, "failed")
    answer = stack.call("POST", f"/executions/{run}/replay", body={"mode": "force"})
    assert (answer.status, answer.body["error"]["code"]) == (403, "not_allow_listed")


def send_dead_letter(stack: Stack, body: str, **attributes: str) -> str:
    """To the dead-letter queue of one of the sources; the message's id."""
    sqs = stack.client("sqs")
    sent = sqs.send_message(
        QueueUrl=sqs.get_queue_url(QueueName=f"{VIA_STACK}-dead-letters")["QueueUrl"],
        MessageBody=body,
        MessageAttributes={n: {"DataType": "String", "StringValue": v} for n, v in attributes.items()},
    )
    identity: str = sent["MessageId"]
    return identity


def test_an_event_that_eventbridge_could_not_deliver_is_replayed(stack: Stack) -> None:
    fix(stack, "DeadLetter")
    identity = send_dead_letter(
        stack,
        PAYLOAD.decode(),
        RULE_ARN="arn:aws:events:us-east-1:123456789012:rule/orders",
        TARGET_ARN=_arn(stack, "DeadLetter"),
        ERROR_CODE="NO_PERMISSIONS",
        ERROR_MESSAGE="not authorized to perform: lambda:InvokeFunction",
    )
    execution = stack.execution(identity, "failed")
    assert (execution["channel"], execution["failure"]["category"]) == ("eventbridge_dlq", "permission")
    answer = stack.call("POST", f"/executions/{identity}/replay")
    assert answer.status == 202, answer.text
    run = answer.body["replay"]["request_id"]
    wait_until(lambda: _has_run(stack, run), "the replayed run")
    assert received(stack, run) == PAYLOAD


def test_a_foreign_message_in_a_dead_letter_queue_is_moved_with_its_reason(stack: Stack) -> None:
    sqs, url = stack.client("sqs"), stack.outputs["FailureQueueDlqUrl"]
    sqs.purge_queue(QueueUrl=url)
    send_dead_letter(stack, '{"not": "a dead letter"}', tenant="t-1")
    found: list[Any] = []

    def there() -> bool:
        found[:] = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages", [])
        return bool(found)

    wait_until(there, "the message in the DLQ")
    given = {name: each["StringValue"] for name, each in found[0]["MessageAttributes"].items()}
    assert (found[0]["Body"], given["tenant"]) == ('{"not": "a dead letter"}', "t-1")
    assert given["Refused.Reason"].startswith("attributes_lost: ")
    assert given["Refused.Queue"].endswith(f"{VIA_STACK}-dead-letters")
    sqs.purge_queue(QueueUrl=url)


def _arn(stack: Stack, source: str) -> str:
    arn: str = stack.description["sources_outputs"][f"{source}FunctionArn"]
    return arn
