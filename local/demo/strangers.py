"""The demo's steps about forged records and unsigned calls."""

import json
import uuid
from datetime import UTC, datetime

from rich.markup import escape

from local.demo.one import AWKWARD
from local.demo.story import Story, digest, expect


def bytes_reach_the_function(story: Story) -> None:
    """A record written to the queue by hand: its bytes reach a function that stores what it receives"""
    arn = story.stack.description["sources_outputs"]["RecorderFunctionArn"]
    execution_id = _by_hand(story, f"{arn}:$LATEST", AWKWARD)
    story.run("replay", execution_id, "--wait", "-o", "table")
    [attempt] = story.stack.execution(execution_id, "recovered")["replays"]
    key = f"received/{attempt['request_id']}"
    bucket = story.stack.description["sources_outputs"]["ReceivedBucketName"]
    received = story.stack.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    story.tell(f"in the record {digest(AWKWARD)}")
    story.tell(f"received      {digest(received)}")
    expect(received, AWKWARD, "bytes")


def forgery_is_refused(story: Story) -> None:
    """A forged record can get nothing invoked that is not allow-listed"""
    arn = "arn:aws:lambda:us-east-1:123456789012:function:payroll:$LATEST"
    execution_id = _by_hand(story, arn, b"{}")
    story.run("replay", execution_id, "--force", "-o", "table", ends=3)
    answer = story.stack.call("POST", f"/executions/{execution_id}/replay", body={"mode": "force"})
    expect((answer.status, answer.body["error"]["code"]), (403, "not_allow_listed"), "refusal")


def strangers_are_refused(story: Story) -> None:
    """An unsigned call does not get past the gateway"""
    answer = story.stack.call("GET", "/executions", signed=False)
    story.tell(f"{answer.status} {escape(answer.text.strip())}")
    expect(answer.status, 403, "status")


def _by_hand(story: Story, arn: str, payload: bytes) -> str:
    """Writes a record as Lambda splices it; returns its execution's id."""
    request_id = str(uuid.uuid4())
    context = {"requestId": request_id, "functionArn": arn, "condition": "RetriesExhausted"}
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    head = (
        f'{{"version":"1.0","timestamp":"{now}","requestContext":{json.dumps(context, separators=(",", ":"))}'
    )
    body = f'{head},"requestPayload":{payload.decode()},"responsePayload":{{"errorType":"ByHand"}}}}'
    story.stack.client("sqs").send_message(QueueUrl=story.stack.outputs["FailureQueueUrl"], MessageBody=body)
    story.stack.execution(request_id, "failed")
    return request_id
