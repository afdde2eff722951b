"""The template's table and bucket, made in moto from the template itself, so that the two cannot differ."""

from typing import Any

import boto3

from lambda_replay.adapters.storage import Storage
from lambda_replay.settings import Environment, TableSettings
from tests.support.template import load_template

TABLE = "records"
BUCKET = "payloads"
FAILURES = "failures"
DLQ = "refused"
SETTINGS = {"TABLE_NAME": TABLE, "PAYLOAD_BUCKET": BUCKET, "AWS_REGION": "eu-west-1", "RETENTION_DAYS": "30"}


def create_storage() -> Storage:
    properties = load_template()["Resources"]["RecordsTable"]["Properties"]
    wanted = ("BillingMode", "KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes")
    boto3.client("dynamodb").create_table(TableName=TABLE, **{key: properties[key] for key in wanted})
    location: Any = {"LocationConstraint": "eu-west-1"}
    for bucket in (BUCKET, FAILURES):
        boto3.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=location)
    return Storage(TableSettings.read(Environment(SETTINGS)))


def create_dlq() -> str:
    """The ARN of the queue that refused messages are moved to."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName=DLQ)["QueueUrl"]
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def dead_letters() -> list[dict[str, Any]]:
    """The messages that it holds, taken out."""
    sqs, found = boto3.client("sqs"), list[dict[str, Any]]()
    url = sqs.get_queue_url(QueueName=DLQ)["QueueUrl"]
    while messages := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], WaitTimeSeconds=0
    ).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found.append(dict(message))
    return found


def create_topic() -> str:
    """The alert topic's ARN."""
    arn: str = boto3.client("sns").create_topic(Name="alerts")["TopicArn"]
    return arn
