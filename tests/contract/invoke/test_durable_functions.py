"""Named executions, no retries, dead letters (docs/reference/lambda.md#durable-functions)."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.settings import ROOT
from tests.contract.embedded import Embedded, function_arn, policy, statement, wait_until

SOURCE = (ROOT / "local" / "sources" / "functions" / "durable.py").read_text()
FAILS, SUCCEEDS = b'{"Success": false, "n": 1.10}', b'{"Success": true, "n": 1.10}'


def durable(aws: Embedded, source: str = SOURCE, **options: Any) -> str:
    """Its ARN, with the qualifier."""
    name = aws.function(source, DurableConfig={"ExecutionTimeout": 60}, **options)
    return function_arn(name, "$LATEST")


def started(aws: Embedded, function: str, payload: bytes, name: str | None = None) -> str:
    named = {} if name is None else {"DurableExecutionName": name}
    answer = aws.invoke(function, payload, **named)
    assert answer["StatusCode"] == 202
    arn: str = answer["DurableExecutionArn"]
    return arn


def ended(aws: Embedded, arn: str) -> Any:
    client = aws.client("lambda")
    wait_until(lambda: client.get_durable_execution(DurableExecutionArn=arn)["Status"] != "RUNNING")
    return client.get_durable_execution(DurableExecutionArn=arn)


def test_it_is_found_by_its_arn_and_name(aws: Embedded) -> None:
    function = durable(aws)
    arn = started(aws, function, SUCCEEDS, "order-1")
    assert arn.startswith(f"{function}/durable-execution/order-1/")
    found = ended(aws, arn)
    assert (found["Status"], found["DurableExecutionName"]) == ("SUCCEEDED", "order-1")
    assert found["InputPayload"].encode() == SUCCEEDS
    assert "EndTimestamp" in found


def test_one_name_is_one_execution(aws: Embedded) -> None:
    function = durable(aws)
    first = started(aws, function, SUCCEEDS, "order-2")
    assert started(aws, function, SUCCEEDS, "order-2") == first
    ended(aws, first)
    assert started(aws, function, SUCCEEDS, "order-2") == first
    with pytest.raises(ClientError) as refused:
        aws.invoke(function, FAILS, DurableExecutionName="order-2")
    assert refused.value.response["Error"]["Code"] == "DurableExecutionAlreadyStartedException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    assert started(aws, function, SUCCEEDS) != started(aws, function, SUCCEEDS)


def test_it_has_no_unqualified_arn(aws: Embedded) -> None:
    with pytest.raises(ClientError) as refused:
        aws.invoke(durable(aws).removesuffix(":$LATEST"), SUCCEEDS)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (SOURCE, "SwitchedOffError"),
        ("def handler(state, context):\n    raise KeyError('id')\n", "KeyError"),
    ],
)
def test_a_failure_is_not_retried_and_ends_in_the_dead_letter_queue_alone(
    aws: Embedded, source: str, error: str
) -> None:
    (letters, letters_arn), (records, records_arn) = aws.queue(), aws.queue()
    function = durable(
        aws, source, DeadLetterConfig={"TargetArn": letters_arn}, invoke={"failure": records_arn}
    )
    answer = aws.invoke(function, FAILS)
    found = ended(aws, answer["DurableExecutionArn"])
    assert (found["Status"], found["Error"]["ErrorType"]) == ("FAILED", error)
    letter = aws.receive(letters)[0]
    assert letter["Body"].encode() == FAILS
    assert letter["MessageAttributes"]["RequestID"]["StringValue"] == answer["ResponseMetadata"]["RequestId"]
    left = aws.client("sqs").receive_message(QueueUrl=records)
    assert "Messages" not in left


def test_others_are_as_they_were(aws: Embedded) -> None:
    url, queue = aws.queue()
    source = "def handler(event, context):\n    return event\n"
    name = aws.function(source, invoke={"success": queue})
    assert "DurableExecutionArn" not in aws.invoke(name, FAILS)
    assert aws.record(url)["responsePayload"] == json.loads(FAILS)


def test_it_is_read_with_a_permission_of_its_own(aws: Embedded) -> None:
    function = durable(aws)
    arn = started(aws, function, SUCCEEDS)
    for name, allowed in (("none", "lambda:GetFunction"), ("able", "lambda:GetDurableExecution")):
        iam, user = aws.client("iam"), f"durable-{name}"
        iam.create_user(UserName=user)
        document = policy(statement(allowed, resource=f"{function}/durable-execution/*/*"))
        iam.put_user_policy(UserName=user, PolicyName="test", PolicyDocument=document)
        key = iam.create_access_key(UserName=user)["AccessKey"]
        client = aws.client_as("lambda", key["AccessKeyId"], key["SecretAccessKey"])
        if name == "able":
            assert client.get_durable_execution(DurableExecutionArn=arn)["DurableExecutionArn"] == arn
        else:
            with pytest.raises(ClientError, match="not authorized to perform: lambda:GetDurableExecution"):
                client.get_durable_execution(DurableExecutionArn=arn)
