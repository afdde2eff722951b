"""The template's table and bucket, made in moto from the template itself, so that the two cannot differ."""

from typing import Any

import boto3

from lambda_replay.adapters.storage import Storage
from lambda_replay.settings import Environment, TableSettings
from tests.support.template import load_template

TABLE = "records"
BUCKET = "payloads"
FAILURES = "failures"
SETTINGS = {"TABLE_NAME": TABLE, "PAYLOAD_BUCKET": BUCKET, "AWS_REGION": "eu-west-1", "RETENTION_DAYS": "30"}


def create_storage() -> Storage:
    properties = load_template()["Resources"]["RecordsTable"]["Properties"]
    wanted = ("BillingMode", "KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes")
    boto3.client("dynamodb").create_table(TableName=TABLE, **{key: properties[key] for key in wanted})
    location: Any = {"LocationConstraint": "eu-west-1"}
    for bucket in (BUCKET, FAILURES):
        boto3.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=location)
    return Storage(TableSettings.read(Environment(SETTINGS)))


def create_topic() -> str:
    """The alert topic's ARN."""
    arn: str = boto3.client("sns").create_topic(Name="alerts")["TopicArn"]
    return arn
