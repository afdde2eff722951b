"""What a mapping says of a batch that failed for good (docs/reference/lambda.md#event-source-mappings)."""

import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest

from local.server import ACCOUNT_ID, REGION
from tests.contract.embedded import Embedded, function_arn, statement, wait_until

FAILS = (
    "import json\ndef handler(event, context):\n    print(json.dumps(event))\n    raise ValueError('no')\n"
)
FAILS_ON_1 = """import base64
def handler(event, context):
    data = [base64.b64decode(record['kinesis']['data']) for record in event['Records']]
    print('batch', data)
    if b'1' in data:
        raise ValueError('no')
"""
MILLISECONDS = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def stream(aws: Embedded, *data: bytes) -> str:
    """The ARN of a new stream with one shard and these records."""
    name = f"s-{uuid.uuid4().hex[:8]}"
    kinesis = aws.client("kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    wait_until(lambda: kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
               ["StreamStatus"] == "ACTIVE")  # fmt: skip
    if data:
        kinesis.put_records(StreamName=name, Records=[{"Data": item, "PartitionKey": "p"} for item in data])
    return f"arn:aws:kinesis:{REGION}:{ACCOUNT_ID}:stream/{name}"


def reading(
    aws: Embedded, source: str, arn: str, code: str, *permissions: Any, **settings: Any
) -> tuple[str, str]:
    """The name of a function behind the stream, and its mapping's id."""
    actions = ("GetRecords", "GetShardIterator", "DescribeStream", "ListShards")
    reads = statement(*(f"kinesis:{action}" for action in actions), resource=source)
    logs = statement("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
    name = aws.function(code, role=aws.role(reads, logs, *permissions))
    destination = {"DestinationConfig": {"OnFailure": {"Destination": arn}}} if arn else {}
    mapping = aws.client("lambda").create_event_source_mapping(
        FunctionName=name, EventSourceArn=source, StartingPosition="TRIM_HORIZON", **destination, **settings
    )
    return name, mapping["UUID"]


def test_a_queue_gets_where_the_batch_is_and_not_the_batch(aws: Embedded) -> None:
    """Every key, in Lambda's order; tried once and again as often as the mapping says."""
    url, queue = aws.queue()
    source = stream(aws, b"1", b"2")
    send = statement("sqs:SendMessage", resource=queue)

    name, _id = reading(aws, source, queue, FAILS, send, MaximumRetryAttempts=1)

    body = aws.receive(url)[0]["Body"]
    record = json.loads(body)
    assert list(record) == ["requestContext", "responseContext", "version", "timestamp", "KinesisBatchInfo"]
    request_id = record["requestContext"].pop("requestId")
    assert record["requestContext"] == {
        "functionArn": function_arn(name), "condition": "RetryAttemptsExhausted", "approximateInvokeCount": 2,
    }  # fmt: skip
    assert record["responseContext"] == {
        "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled",
    }  # fmt: skip
    assert re.fullmatch(MILLISECONDS, record["timestamp"])
    event = json.loads(next(line for line in aws.logs(name) if line.startswith('{"Records"')))
    info = record["KinesisBatchInfo"]
    assert [re.fullmatch(MILLISECONDS, info.pop(f"approximateArrivalOf{which}Record")) is not None
            for which in ("First", "Last")] == [True, True]  # fmt: skip
    assert info == {
        "shardId": "shardId-000000000000",
        "startSequenceNumber": event["Records"][0]["kinesis"]["sequenceNumber"],
        "endSequenceNumber": event["Records"][1]["kinesis"]["sequenceNumber"],
        "batchSize": 2,
        "streamArn": source,
    }
    assert sum(line.startswith("START") for line in aws.logs(name)) == 2
    assert any(line.startswith(f"START RequestId: {request_id}") for line in aws.logs(name))


def test_a_topic_gets_the_same(aws: Embedded) -> None:
    """As its message."""
    url, queue = aws.queue()
    aws.allow(url, "sns")
    topic = aws.client("sns").create_topic(Name=queue.split(":")[-1])["TopicArn"]
    aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)

    reading(aws, stream(aws, b"1"), topic, FAILS, statement("sns:Publish"), MaximumRetryAttempts=0)

    record = json.loads(aws.record(url)["Message"])
    assert (record["KinesisBatchInfo"]["batchSize"], "payload" in record) == (1, False)


def test_a_bucket_gets_the_batch_too(aws: Embedded) -> None:
    """`payload` is the event as the function got it; the key names mapping, shard, and time."""
    s3, bucket = aws.client("s3"), f"b-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket)
    source = stream(aws, b'{"n":1.10}')
    put = statement("s3:PutObject", resource=f"arn:aws:s3:::{bucket}/aws/lambda/*")

    name, mapping = reading(aws, source, f"arn:aws:s3:::{bucket}", FAILS, put, MaximumRetryAttempts=0)

    wait_until(lambda: s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1)
    key = s3.list_objects_v2(Bucket=bucket)["Contents"][0]["Key"]
    day = r"(\d{4})/(\d\d)/(\d\d)/\1-\2-\3T\d\d\.\d\d\.\d\d"
    assert re.fullmatch(rf"aws/lambda/{mapping}/shardId-000000000000/{day}-[0-9a-f-]{{36}}", key)
    record = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    assert list(record)[-2:] == ["KinesisBatchInfo", "payload"]
    printed = next(line for line in aws.logs(name) if line.startswith('{"Records"'))
    assert json.loads(record["payload"]) == json.loads(printed)
    assert record["payload"].startswith('{"Records":[{"kinesis":{')


def test_the_shard_goes_on_behind_a_batch_that_failed(aws: Embedded) -> None:
    """Without a destination too; a batch that works is reported to nobody."""
    url, queue = aws.queue()
    source = stream(aws, b"1", b"2", b"1", b"3")
    send = statement("sqs:SendMessage", resource=queue)

    name, _id = reading(aws, source, queue, FAILS_ON_1, send, MaximumRetryAttempts=0, BatchSize=1)
    silent, _id = reading(aws, source, "", FAILS_ON_1, MaximumRetryAttempts=0, BatchSize=1)

    for function in (name, silent):
        wait_until(lambda function=function: any("[b'3']" in line for line in aws.logs(function)))  # type: ignore[misc]
    first, second = (json.loads(message["Body"])["KinesisBatchInfo"] for message in aws.receive(url, 2))
    assert first["startSequenceNumber"] == first["endSequenceNumber"] < second["startSequenceNumber"]


def test_a_batch_is_tried_for_ever_unless_the_mapping_says_otherwise(aws: Embedded) -> None:
    """Lambda's default is until the records expire."""
    url, queue = aws.queue()

    name, _id = reading(
        aws, stream(aws, b"1", b"2"), queue, FAILS_ON_1, statement("sqs:SendMessage"), BatchSize=1
    )

    wait_until(lambda: sum("[b'1']" in line for line in aws.logs(name)) >= 3)
    assert aws.client("sqs").receive_message(QueueUrl=url).get("Messages") is None


@pytest.mark.parametrize("allowed", [True, False])
def test_the_functions_role_sends_it(aws: Embedded, server_log: Path, allowed: bool) -> None:
    """A role that may not send loses the record, in one line of the log."""
    url, queue = aws.queue()
    permission = statement("sqs:SendMessage", resource=queue if allowed else f"{queue}-2")

    name, _id = reading(aws, stream(aws, b"1"), queue, FAILS, permission, MaximumRetryAttempts=0)

    if allowed:
        assert aws.record(url)["requestContext"]["functionArn"] == function_arn(name)
    else:
        failed = f"destination delivery failed: function={function_arn(name)} requestId="
        wait_until(lambda: failed in server_log.read_text())
