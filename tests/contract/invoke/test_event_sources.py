"""What AWS itself invokes asynchronously fails into the same record (docs/reference/lambda.md#the-record)."""

import json
from datetime import UTC, datetime
from typing import Any

from local.server import ACCOUNT_ID, REGION
from tests.contract.embedded import Embedded, function_arn, statement

RAISES = "def handler(event, context):\n    raise ValueError('no')\n"


def failing(aws: Embedded) -> tuple[str, str]:
    """A function with one retry, and the queue of its records."""
    url, arn = aws.queue()
    return aws.function(RAISES, invoke={"failure": arn, "MaximumRetryAttempts": 1}), url


def exhausted(aws: Embedded, name: str, url: str) -> Any:
    record = aws.record(url)
    assert record["requestContext"]["functionArn"] == function_arn(name, "$LATEST")
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    return record["requestPayload"]


def test_a_rule(aws: Embedded) -> None:
    """EventBridge targets are retried and recorded."""
    name, url = failing(aws)
    events = aws.client("events")
    events.put_rule(Name="to-lambda", EventPattern=json.dumps({"source": ["shop"]}))
    events.put_targets(Rule="to-lambda", Targets=[{"Id": "f", "Arn": function_arn(name)}])

    events.put_events(Entries=[{"Source": "shop", "DetailType": "Sold", "Detail": '{"id":7}'}])

    assert exhausted(aws, name, url)["detail"] == {"id": 7}


def test_a_schedule(aws: Embedded) -> None:
    """So is what EventBridge Scheduler starts, with the schedule's own input."""
    name, url = failing(aws)
    role = aws.role(statement("lambda:InvokeFunction", resource=function_arn(name)))
    now = datetime.now(UTC)
    aws.client("scheduler").create_schedule(
        Name="once",
        ScheduleExpression=f"at({now:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": function_arn(name), "RoleArn": role, "Input": '{"tick":1}'},
    )

    assert exhausted(aws, name, url) == {"tick": 1}


def test_a_bucket_notification(aws: Embedded) -> None:
    """S3 notifies a function through its alias, and the alias names the configuration."""
    url, arn = aws.queue()
    name = aws.function(RAISES)
    lambda_, s3 = aws.client("lambda"), aws.client("s3")
    version = lambda_.publish_version(FunctionName=name)["Version"]
    lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    destination = {"OnFailure": {"Destination": arn}}
    lambda_.put_function_event_invoke_config(
        FunctionName=name, Qualifier="live", MaximumRetryAttempts=0, DestinationConfig=destination
    )
    s3.create_bucket(Bucket="notifying")
    lambda_.add_permission(
        FunctionName=name, Qualifier="live", StatementId="s3", Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com", SourceArn="arn:aws:s3:::notifying",
    )  # fmt: skip
    target = {"LambdaFunctionArn": function_arn(name, "live"), "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="notifying", NotificationConfiguration={"LambdaFunctionConfigurations": [target]}
    )

    s3.put_object(Bucket="notifying", Key="a b", Body=b"x")

    record = aws.record(url)
    assert record["requestContext"]["functionArn"] == function_arn(name, "live")
    assert record["responseContext"]["executedVersion"] == version
    assert record["requestPayload"]["Records"][0]["s3"]["object"]["key"] == "a+b"


def test_a_topic(aws: Embedded) -> None:
    """SNS calls its functions asynchronously: Publish neither waits nor fails."""
    name, url = failing(aws)
    sns = aws.client("sns")
    topic = sns.create_topic(Name="to-lambda")["TopicArn"]
    aws.client("lambda").add_permission(
        FunctionName=name, StatementId="sns", Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com", SourceArn=topic,
    )  # fmt: skip
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function_arn(name))

    sns.publish(TopicArn=topic, Message="hello")

    payload = exhausted(aws, name, url)
    assert payload["Records"][0]["Sns"]["Message"] == "hello"
    assert payload["Records"][0]["EventSubscriptionArn"].startswith(
        f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:to-lambda:"
    )
