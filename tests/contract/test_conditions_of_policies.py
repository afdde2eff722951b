"""What a policy's conditions can ask of a request: TLS, and the source of events."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.embedded import Embedded, statement

TLS_ONLY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "sqs:*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def user(aws: Embedded, service: str, name: str, *allowed: dict[str, Any]) -> Any:
    """A client of a user with nothing but these statements."""
    iam = aws.client("iam")
    iam.create_user(UserName=name)
    document = json.dumps({"Version": "2012-10-17", "Statement": list(allowed)})
    iam.put_user_policy(UserName=name, PolicyName="test", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return aws.client_as(service, key["AccessKeyId"], key["SecretAccessKey"])


def send_over_tls_only(aws: Embedded, name: str, **headers: str) -> None:
    """To a queue whose policy denies what comes without TLS."""
    url, _ = aws.queue()
    document = json.dumps({"Version": "2012-10-17", "Statement": [TLS_ONLY]})
    aws.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
    sqs = user(aws, "sqs", name, statement("sqs:SendMessage"))

    def add(request: Any, **_: Any) -> None:
        for header, value in headers.items():
            request.headers.add_header(header.replace("_", "-"), value)

    sqs.meta.events.register("before-sign", add)
    sqs.send_message(QueueUrl=url, MessageBody="x")


def put_events(aws: Embedded, name: str, *sources: str, **condition: Any) -> None:
    allowed = statement("events:PutEvents") | {"Condition": condition}
    entries = [{"Source": source, "DetailType": "x", "Detail": "{}"} for source in sources]
    user(aws, "events", name, allowed).put_events(Entries=entries)


def test_a_request_counts_as_one_with_tls_unless_it_says_otherwise(aws: Embedded) -> None:
    send_over_tls_only(aws, "tls")
    send_over_tls_only(aws, "tls-said", X_Forwarded_Proto="https")
    with pytest.raises(ClientError, match="AccessDenied"):
        send_over_tls_only(aws, "no-tls", X_Forwarded_Proto="http")


@pytest.mark.parametrize(
    ("sources", "may"),
    [(["lambda"], True), (["lambda"] * 2, True), (["shop"], False), (["lambda", "shop"], False)],
)
def test_the_source_of_every_event_counts(aws: Embedded, sources: list[str], may: bool) -> None:
    name = "-".join(["puts", *sources])
    condition = {"ForAllValues:StringEquals": {"events:source": "lambda"}}
    if may:
        put_events(aws, name, *sources, **condition)
        return
    with pytest.raises(ClientError, match="not authorized"):
        put_events(aws, name, *sources, **condition)
