"""Hiding several messages at once needs the permission to hide one, and nothing else."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.embedded import Embedded, statement


def client(aws: Embedded, name: str, action: str) -> Any:
    """SQS as a user who may do this one thing."""
    iam = aws.client("iam")
    iam.create_user(UserName=name)
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement(action, resource="*")]})
    iam.put_user_policy(UserName=name, PolicyName="test", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return aws.client_as("sqs", key["AccessKeyId"], key["SecretAccessKey"])


def received(aws: Embedded) -> dict[str, Any]:
    """A call that hides a message which was received."""
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="hidden")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    entry = {"Id": "0", "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 60}
    return {"QueueUrl": url, "Entries": [entry]}


def test_a_batch_needs_the_action_of_a_single_call(aws: Embedded) -> None:
    call = received(aws)
    able = client(aws, "able", "sqs:ChangeMessageVisibility")
    assert able.change_message_visibility_batch(**call)["Successful"] == [{"Id": "0"}]
    unable = client(aws, "unable", "sqs:ReceiveMessage")
    with pytest.raises(ClientError, match="AccessDenied"):
        unable.change_message_visibility_batch(**call)
