"""local/sources/via.yaml deployed: one failing function for each way that a record can take."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from local.deploy import deploy_built, outputs
from local.server import ACCOUNT_ID, ROOT_KEY_ID, ROOT_SECRET
from local.settings import SOURCES_PARAMETERS, VIA_OUTPUTS, VIA_TEMPLATE, Address, Operator
from tests.contract.embedded import Embedded, function_arn, wait_until

STACK = "sources-via"
EVENT = b' {"n":1.10, "n":1e400}\n'


@dataclass
class Via:
    """The deployed stack, and what stands in for the service: a queue behind everything."""

    aws: Embedded
    url: str
    outputs: dict[str, str]
    triage: str
    bucket: str

    def received(self, request_id: str) -> bytes:
        bucket = self.outputs["ViaReceivedBucketName"]
        stored = self.aws.client("s3").get_object(Bucket=bucket, Key=f"received/{request_id}")
        body: bytes = stored["Body"].read()
        return body

    def next(self, take: Callable[[Any], str]) -> Any:
        """The next record, taken out of the message by `take`."""
        return json.loads(take(self.aws.receive(self.url)[0]))


@pytest.fixture(scope="module")
def via(aws: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Via:
    url, queue = aws.queue()
    topic = aws.client("sns").create_topic(Name="service")["TopicArn"]
    allow_everything(aws, url, queue)
    aws.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"}
    )
    events = aws.client("events")
    bus = events.create_event_bus(Name="via")["EventBusArn"]
    events.put_rule(Name="via", EventBusName="via", EventPattern='{"source":["lambda"]}')
    events.put_targets(Rule="via", EventBusName="via", Targets=[{"Id": "q", "Arn": queue}])
    aws.client("s3").create_bucket(Bucket="via-failures")
    triage = aws.function("import json\ndef handler(event, context):\n    print(json.dumps(event))\n")
    aws.client("sqs").create_queue(QueueName=f"{STACK}-dead-letters")
    given = dict(zip(VIA_OUTPUTS, (queue, topic, bus, "via-failures", function_arn(triage)), strict=True))
    address = Address(port=int(aws.endpoint.rsplit(":", 1)[1]), state=tmp_path_factory.mktemp("via"))
    operator = Operator(ROOT_KEY_ID, ROOT_SECRET)
    deploy_built(VIA_TEMPLATE, STACK, {**SOURCES_PARAMETERS, **given}, address, operator)
    return Via(aws, url, outputs(STACK, address, operator), triage, "via-failures")


def allow_everything(aws: Embedded, url: str, queue: str) -> None:
    services = [f"{name}.amazonaws.com" for name in ("sns", "events")]
    statement = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sqs:SendMessage"}
    document = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": queue}]}
    aws.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(document)})


TAKE: dict[str, Callable[[Any], str]] = {
    "Sqs": lambda message: message["Body"],
    "Sns": lambda message: json.loads(message["Body"])["Message"],
    "SnsRaw": lambda message: message["Body"],
    "EventBridge": lambda message: json.dumps(json.loads(message["Body"])["detail"]),
}


@pytest.mark.parametrize("name", TAKE)
def test_a_failure_and_then_a_success_arrive(via: Via, name: str) -> None:
    """The event is stored as it came, the error is the usual one; with FAIL at 0, a success follows."""
    function = via.outputs[f"{name}FunctionName"]
    assert function.startswith(f"{STACK}-")

    request_id = via.aws.invoke(function, EVENT)["ResponseMetadata"]["RequestId"]

    failure = via.next(TAKE[name])
    assert failure["requestContext"]["requestId"] == request_id
    assert failure["responsePayload"]["errorType"] == "ConnectionRefusedError"
    assert failure["responsePayload"]["stackTrace"][0].startswith('  File "/var/task/orders/app.py", line ')
    assert via.received(request_id) == EVENT

    fix(via, function)
    via.aws.invoke(function, EVENT)
    assert via.next(TAKE[name])["requestContext"]["condition"] == "Success"


def test_a_failure_arrives_in_the_bucket(via: Via) -> None:
    """By the function's role, under the prefix that it may write."""
    s3 = via.aws.client("s3")

    via.aws.invoke(via.outputs["S3FunctionName"], EVENT)

    wait_until(lambda: s3.list_objects_v2(Bucket=via.bucket)["KeyCount"] == 1)
    key = s3.list_objects_v2(Bucket=via.bucket)["Contents"][0]["Key"]
    assert key.startswith(f"aws/lambda/async/{STACK}-s3/")
    assert b'"requestPayload":' + EVENT + b"," in s3.get_object(Bucket=via.bucket, Key=key)["Body"].read()
    s3.delete_object(Bucket=via.bucket, Key=key)


def test_a_failure_and_then_a_success_arrive_at_the_function(via: Via) -> None:
    """As its event."""
    function = via.outputs["LambdaFunctionName"]
    via.aws.invoke(function, EVENT)
    wait_until(lambda: any('"RetriesExhausted"' in line for line in via.aws.logs(via.triage)))
    fix(via, function)
    via.aws.invoke(function, EVENT)
    wait_until(lambda: any('"Success"' in line for line in via.aws.logs(via.triage)))


def test_a_dead_letter_arrives_in_the_queue_from_before(via: Via) -> None:
    """The event itself; nothing goes to the service."""
    via.aws.invoke(via.outputs["DeadLetterFunctionName"], EVENT)

    letter = via.aws.receive(f"{via.aws.endpoint}/{ACCOUNT_ID}/{STACK}-dead-letters")[0]
    assert letter["Body"] == EVENT.decode()
    assert letter["MessageAttributes"]["ErrorMessage"]["StringValue"].startswith(
        "[Errno 111] Connection refused"
    )


def test_a_batch_of_a_stream_is_reported_without_its_payload(via: Via) -> None:
    """The batch itself is where the function stored it, under the record's request id."""
    put_record(via, "StreamName")

    record = via.next(TAKE["Sqs"])
    assert record["KinesisBatchInfo"]["batchSize"] == 1
    assert b'"data":"eyJuIjoxLjEwfQ=="' in via.received(record["requestContext"]["requestId"])


def test_a_batch_of_a_stream_is_reported_with_its_payload(via: Via) -> None:
    """The payload in the bucket is, byte for byte, what the function was given."""
    s3 = via.aws.client("s3")
    put_record(via, "StreamS3Name")

    wait_until(lambda: s3.list_objects_v2(Bucket=via.bucket)["KeyCount"] == 1)
    key = s3.list_objects_v2(Bucket=via.bucket)["Contents"][0]["Key"]
    record = json.loads(s3.get_object(Bucket=via.bucket, Key=key)["Body"].read())
    assert record["payload"].encode() == via.received(record["requestContext"]["requestId"])
    s3.delete_object(Bucket=via.bucket, Key=key)


def put_record(via: Via, output: str) -> None:
    kinesis = via.aws.client("kinesis")
    kinesis.put_record(StreamName=via.outputs[output], Data=b'{"n":1.10}', PartitionKey="p")


def fix(via: Via, function: str) -> None:
    lambda_ = via.aws.client("lambda")
    variables = lambda_.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    lambda_.update_function_configuration(
        FunctionName=function, Environment={"Variables": {**variables, "FAIL": "0"}}
    )


def test_what_the_service_gives_is_what_the_template_asks_for() -> None:
    """`local up` hands outputs to the parameters of the same names."""
    text = VIA_TEMPLATE.read_text()
    assert all(f"\n  {name}:\n" in text for name in VIA_OUTPUTS)
