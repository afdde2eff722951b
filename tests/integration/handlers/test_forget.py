"""Forgetting through the API, in moto's AWS: every copy that the service knows of."""

import json
from datetime import UTC, datetime

import boto3
import pytest

from local.async_invoke.destinations import object_key
from tests.integration.conftest import SOURCE, Stack, code
from tests.integration.handlers.test_channels import notification
from tests.support.table import FAILURES, SETTINGS, TABLE
from tests.support.world.service import record_text

SECRET = "correct-horse-battery"
LARGE = json.dumps({"name": SECRET, "fill": "x" * 40_000})
RESPONSE = json.dumps({"errorType": "E", "errorMessage": "no", "input": SECRET, "fill": "x" * 40_000})
BODY = {"reason": "erasure request"}


def copies() -> list[str]:
    """Where the bytes still are: items of the table and versions of objects."""
    client, found = boto3.client("s3"), []
    for bucket in (SETTINGS["PAYLOAD_BUCKET"], FAILURES):
        for version in client.list_object_versions(Bucket=bucket).get("Versions", []):
            key, version_id = version["Key"], version["VersionId"]
            body = client.get_object(Bucket=bucket, Key=key, VersionId=version_id)["Body"].read()
            found += [f"{bucket}/{key}"] if SECRET.encode() in body else []
    items = boto3.client("dynamodb").scan(TableName=TABLE)["Items"]
    return found + [item["part"]["S"] for item in items if SECRET in str(item)]


@pytest.mark.parametrize("payload", [f'{{"name":"{SECRET}"}}', LARGE], ids=["in the table", "in the bucket"])
def test_no_copy_is_left(stack: Stack, payload: str) -> None:
    stack.triage(record_text("event-1", arn=SOURCE, payload=payload, response=RESPONSE))
    assert copies()
    status, body = stack.call("DELETE", "/executions/event-1/payload", json=BODY)
    assert (status, body["unreplayable"]) == (200, "payload_forgotten")
    assert (body["forgotten"]["reason"], body["forgotten"]["by"][-7:]) == ("erasure request", "on-call")
    assert copies() == []
    for method, path in (("GET", "payload"), ("GET", "error"), ("POST", "replay")):
        answer = stack.call(method, f"/executions/event-1/{path}")
        assert code(answer)[1] == "payload_forgotten", answer
    assert stack.call("GET", "/executions/event-1")[1]["error"] is None
    assert stack.aws.sent == []


def test_another_delivery_brings_nothing_back(stack: Stack) -> None:
    text = record_text("event-1", arn=SOURCE, payload=LARGE, response=RESPONSE)
    stack.triage(text)
    stack.call("DELETE", "/executions/event-1/payload", json=BODY)
    assert stack.triage(text) == []
    status, body = stack.call("GET", "/executions/event-1")
    assert (status, body["unreplayable"], body["contested"]) == (200, "payload_forgotten", [])
    assert stack.call("GET", "/executions/event-1/payload")[0] == 410
    # What the delivery wrote before it met the record that was there is deleted by the next call.
    assert stack.call("DELETE", "/executions/event-1/payload", json=BODY)[0] == 200
    assert copies() == []


@pytest.mark.parametrize("body", [None, {}, {"reason": " "}])
def test_it_is_not_done_without_a_reason(stack: Stack, body: object) -> None:
    stack.triage(record_text("event-1", arn=SOURCE, payload=LARGE))
    answer = stack.call("DELETE", "/executions/event-1/payload", json=body)
    assert answer[0] == 400
    assert stack.call("GET", "/executions/event-1/payload")[0] == 200


def test_a_job_leaves_it_out(stack: Stack) -> None:
    stack.triage(record_text("event-1", arn=SOURCE), record_text("event-2", arn=SOURCE))
    stack.call("DELETE", "/executions/event-1/payload", json=BODY)
    status, plan = stack.call(
        "POST", "/jobs/plan", json={"filter": {"function": "lambda-replay-sources-switch"}}
    )
    assert (status, plan["ineligible"]) == (200, {"payload_forgotten": 1})


def test_an_object_of_the_failure_bucket_goes_too(stack: Stack) -> None:
    client = boto3.client("s3")
    key = object_key("async/orders", datetime.now(UTC))
    client.put_bucket_versioning(Bucket=FAILURES, VersioningConfiguration={"Status": "Enabled"})
    text = record_text("event-1", arn=SOURCE, payload=LARGE, response=RESPONSE)
    version = client.put_object(Bucket=FAILURES, Key=key, Body=text.encode())["VersionId"]
    assert stack.triage(notification(key, versionId=version)) == []
    assert stack.call("GET", "/executions/event-1")[1]["channel"] == "s3"
    assert f"{FAILURES}/{key}" in copies()
    assert stack.call("DELETE", "/executions/event-1/payload", json=BODY)[0] == 200
    assert copies() == []
