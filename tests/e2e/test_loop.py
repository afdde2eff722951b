"""A failure's whole way on the deployed service, with IAM enforced."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.async_invoke.destinations import object_key
from local.client import Stack, wait_until
from local.settings import Operator
from tests.support.events import queue_event
from tests.support.world.service import record_text

AWKWARD = [
    b' \t{"decimal":1.10,"huge":1e400,"zero":-0.0,"twice":1,"twice":2}\r\n',
    b'["\\ud83d\\u0000\\/", "\xce\xbb"]',
    b"null",
    b'""',
    b"[]",
    b"-0.0",
    b'"' + b"x" * 1_000_000 + b'"',
]


def source_arn(stack: Stack, source: str) -> str:
    arn: str = stack.description["sources_outputs"][f"{source}FunctionArn"]
    return arn


def send(stack: Stack, body: str) -> None:
    stack.client("sqs").send_message(QueueUrl=stack.outputs["FailureQueueUrl"], MessageBody=body)


def forged(stack: Stack, arn: str, payload: str = "{}", response: str = '{"errorType":"ByHand"}') -> str:
    """A record written by hand to the queue; its execution's id."""
    request_id = str(uuid.uuid4())
    send(stack, record_text(request_id, arn=arn, payload=payload, response=response, at=datetime.now(UTC)))
    stack.execution(request_id)
    return request_id


@pytest.fixture(scope="session")
def snoozed(stack: Stack) -> str:
    """Ignored for a second; only the scheduled sweep can wake it."""
    execution_id = forged(stack, source_arn(stack, "Switch") + ":$LATEST")
    body = {"reason": "later", "until": (datetime.now(UTC) + timedelta(seconds=1)).isoformat()}
    assert stack.call("POST", f"/executions/{execution_id}/ignore", body=body).body["status"] == "ignored"
    return execution_id


def test_fail_fix_replay_recover(stack: Stack, snoozed: str) -> None:
    payload = b'{"order": 4711, "amount": 1.10}'
    execution_id = stack.invoke("Fixable", payload)
    execution = stack.execution(execution_id, "failed")
    assert execution["failure"]["error_type"] == "KeyError"
    assert execution["failure"]["category"] == "configuration"
    own = [frame["file"] for frame in execution["error"]["frames"] if frame["in_app"]]
    assert own == ["/var/task/fixable.py"]
    assert stack.call("GET", f"/executions/{execution_id}/payload").text.encode() == payload

    # Not fixed yet: it fails again, as the same execution.
    first = stack.call("POST", f"/executions/{execution_id}/replay", body={"reason": "just try"})
    assert first.status == 202, first.text
    assert first.body["replay"]["by"].endswith(":user/operator")
    wait_until(
        lambda: stack.execution(execution_id)["replays"][0]["status"] == "failed", "the replay fails again"
    )
    assert stack.execution(execution_id)["status"] == "failed"

    lambda_ = stack.client("lambda")
    name = stack.sources["Fixable"]
    lambda_.update_function_configuration(
        FunctionName=name, Environment={"Variables": {"TABLE_NAME": "orders"}}
    )
    lambda_.get_waiter("function_updated_v2").wait(FunctionName=name)
    assert stack.call("POST", f"/executions/{execution_id}/replay", body={"reason": "fixed"}).status == 202
    execution = stack.execution(execution_id, "recovered")
    assert [attempt["status"] for attempt in execution["replays"]] == ["failed", "succeeded"]
    assert [attempt["reason"] for attempt in execution["replays"]] == ["just try", "fixed"]
    listed = stack.call("GET", "/executions", query={"function": name}).body["executions"]
    assert [entry["id"] for entry in listed] == [execution_id]


@pytest.mark.parametrize("payload", AWKWARD, ids=lambda payload: repr(payload[:12]))
def test_awkward_bytes_from_a_record_written_by_hand_arrive_as_they_were(
    stack: Stack, payload: bytes
) -> None:
    """The source function is a custom runtime that stores the bytes it gets."""
    execution_id = forged(stack, source_arn(stack, "Recorder") + ":$LATEST", payload.decode())
    assert stack.call("GET", f"/executions/{execution_id}/payload").text.encode() == payload
    replay = stack.call("POST", f"/executions/{execution_id}/replay")
    assert replay.status == 202, replay.text
    assert stack.execution(execution_id, "recovered")["replays"][0]["status"] == "succeeded"
    key = f"received/{replay.body['replay']['request_id']}"
    bucket = stack.description["sources_outputs"]["ReceivedBucketName"]
    assert stack.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read() == payload


def test_a_response_that_went_to_the_bucket_disturbs_nothing(stack: Stack) -> None:
    """The replay function may not read responses; the API may, and shows the whole message."""
    message = "y" * 50_000
    response = json.dumps({"errorType": "Long", "errorMessage": message})
    execution_id = forged(stack, source_arn(stack, "Recorder") + ":$LATEST", '"short"', response)
    assert stack.execution(execution_id)["error"]["error_type"] == "Long"
    assert stack.call("POST", f"/executions/{execution_id}/replay").status == 202
    stack.execution(execution_id, "recovered")


def test_bytes_survive_lambdas_own_record_too(stack: Stack) -> None:
    payload = b' {"Success" : false,"n":1.10, "n":1e400}\n'
    execution_id = stack.invoke("Switch", payload)
    assert stack.execution(execution_id)["failure"]["invoke_count"] == 3
    assert stack.call("GET", f"/executions/{execution_id}/payload").text.encode() == payload


@pytest.mark.parametrize(
    ("function", "status", "code"),
    [
        ("somebody-elses:$LATEST", 403, "not_allow_listed"),
        ("lambda-replay-sources-gone:$LATEST", 409, "function_deleted"),
        ("lambda-replay-sources-switch:gone", 409, "qualifier_not_found"),
    ],
)
def test_what_cannot_be_replayed_says_why(stack: Stack, function: str, status: int, code: str) -> None:
    execution_id = forged(stack, f"arn:aws:lambda:us-east-1:123456789012:function:{function}")
    answer = stack.call("POST", f"/executions/{execution_id}/replay")
    assert (answer.status, answer.body["error"]["code"]) == (status, code)
    assert stack.execution(execution_id)["status"] == "failed"


def test_two_replays_at_once_are_one(stack: Stack) -> None:
    execution_id = forged(stack, source_arn(stack, "Recorder") + ":$LATEST", '"once"')
    answers = [stack.call("POST", f"/executions/{execution_id}/replay") for _ in range(2)]
    assert answers[0].status == 202
    assert answers[1].status == 409
    assert answers[1].body["error"]["code"] in ("replay_in_flight", "already_recovered")
    assert len(stack.execution(execution_id, "recovered")["replays"]) == 1


def test_the_same_record_twice_is_one_execution(stack: Stack) -> None:
    request_id = str(uuid.uuid4())
    body = record_text(request_id, arn=source_arn(stack, "Switch") + ":twice", at=datetime.now(UTC))
    send(stack, body)
    send(stack, body)
    execution_id = stack.execution(request_id)["id"]
    assert execution_id == request_id
    wait_until(lambda: _waiting(stack, "FailureQueueUrl") == 0, "the queue is empty")
    listed = stack.call("GET", "/executions", query={"limit": "100"}).body["executions"]
    assert [entry["id"] for entry in listed].count(request_id) == 1


def test_what_cannot_be_understood_is_in_the_dlq_at_once_and_delays_no_one(stack: Stack) -> None:
    good = str(uuid.uuid4())
    bad = ["no json", '{"hello": "world"}', record_text("cut-off")[:-25]]
    for body in (bad[0], record_text(good, arn=source_arn(stack, "Switch"), at=datetime.now(UTC)), *bad[1:]):
        send(stack, body)
    stack.execution(good, patience=20)
    wait_until(lambda: _waiting(stack, "FailureQueueDlqUrl") == len(bad), "three messages in the DLQ")
    found = stack.client("sqs").receive_message(
        QueueUrl=stack.outputs["FailureQueueDlqUrl"], MaxNumberOfMessages=10, VisibilityTimeout=0,
        MessageAttributeNames=["All"],
    )["Messages"]  # fmt: skip
    assert {message["Body"] for message in found} <= set(bad)
    for message in found:
        given = {name: each["StringValue"] for name, each in message["MessageAttributes"].items()}
        assert given["Refused.Reason"].partition(":")[0] in ("not_json", "not_a_record", "wrapped_record")
        assert given["Refused.Queue"] == stack.outputs["FailureQueueArn"]
    refused = _log(stack, stack.outputs["TriageFunctionName"], "message refused")
    assert {line["refusal"] for line in refused} >= {"not_json", "not_a_record", "wrapped_record"}


def test_what_can_not_be_stored_waits_and_is_stored_afterwards(stack: Stack) -> None:
    """The table refuses triage for a while. Without the permission to let it come again sooner, the message
    would be away for the queue's own 21 minutes."""
    iam, triage = stack.client("iam"), stack.outputs["TriageFunctionName"]
    role = stack.client("lambda").get_function_configuration(FunctionName=triage)["Role"].rpartition("/")[2]
    refusing = {"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [refusing]})
    iam.put_role_policy(RoleName=role, PolicyName="outage", PolicyDocument=document)
    try:
        run = str(uuid.uuid4())
        failed = len(_log(stack, triage, "message failed, and will be retried"))
        send(stack, record_text(run, arn=source_arn(stack, "Switch"), at=datetime.now(UTC)))
        wait_until(
            lambda: len(_log(stack, triage, "message failed, and will be retried")) > failed, "a failure"
        )
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="outage")
    stack.execution(run, "failed", patience=90)
    assert _log(stack, triage, "messages could not be hidden for longer") == []


@pytest.mark.parametrize(
    ("method", "path", "query", "status"),
    [
        ("GET", "/executions/nobody", None, 404),
        ("GET", "/executions", {"limit": "0"}, 400),
        ("GET", "/executions", {"limit": "101"}, 400),
        ("GET", "/executions", {"cursor": "bad"}, 400),
        ("POST", "/executions/nobody/replay", None, 404),
    ],
)
def test_bad_input(stack: Stack, method: str, path: str, query: dict[str, str] | None, status: int) -> None:
    answer = stack.call(method, path, query=query)
    assert answer.status == status
    assert set(answer.body["error"]) == {"code", "message"}


def user_with(stack: Stack, *policies: str) -> Operator:
    iam = stack.client("iam")
    name = f"user-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    for policy in policies:
        iam.attach_user_policy(UserName=name, PolicyArn=stack.outputs[policy])
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Operator(key["AccessKeyId"], key["SecretAccessKey"])


def test_who_may_do_what(stack: Stack) -> None:
    execution_id = forged(stack, source_arn(stack, "Recorder") + ":$LATEST", '"secret"')
    group = stack.execution(execution_id)["failure"]["group"]
    calls: dict[str, tuple[str, str, Any]] = {
        "list": ("GET", "/executions", None),
        "look": ("GET", f"/executions/{execution_id}", None),
        "payload": ("GET", f"/executions/{execution_id}/payload", None),
        "error": ("GET", f"/executions/{execution_id}/error", None),
        "ignore": ("POST", f"/executions/{execution_id}/ignore", {"reason": "x"}),
        "own": ("POST", f"/groups/{group}/acknowledge", {"reason": "x"}),
    }
    people = {
        "nobody": (user_with(stack), set()),
        "viewer": (user_with(stack, "ViewerPolicyArn"), {"list", "look"}),
        "operator": (user_with(stack, "OperatorPolicyArn"), set(calls)),
    }
    for who, (user, may) in people.items():
        for what, (method, path, body) in calls.items():
            answer = stack.call(method, path, body=body, user=user)
            assert answer.status == (200 if what in may else 403), (who, what, answer.text)


def test_what_is_forgotten_is_gone_from_table_and_buckets(stack: Stack) -> None:
    """With the replay function's own role; a viewer may not ask for it."""
    name, run, s3 = "forgotten-secret", str(uuid.uuid4()), stack.client("s3")
    payload = json.dumps({"name": name, "fill": "x" * 40_000})
    arn = source_arn(stack, "Recorder") + ":$LATEST"
    text = record_text(run, arn=arn, payload=payload, response=payload, at=datetime.now(UTC))
    failures, payloads = stack.outputs["FailureBucketName"], stack.outputs["PayloadBucketName"]
    key = object_key("async/recorder", datetime.now(UTC))
    s3.put_object(Bucket=failures, Key=key, Body=text.encode())
    stack.execution(run)
    assert stack.call("GET", f"/executions/{run}/payload").text == payload
    assert [one["Key"] for one in _versions(stack, payloads) if run in one["Key"]]

    call = ("DELETE", f"/executions/{run}/payload")
    viewer, body = user_with(stack, "ViewerPolicyArn"), {"reason": "erasure request"}
    assert stack.call(*call, body=body, user=viewer).status == 403
    answer = stack.call(*call, body=body, user=user_with(stack, "OperatorPolicyArn"))
    assert answer.status == 200, answer.text
    assert answer.body["forgotten"]["reason"] == "erasure request"
    assert not [one for one in _versions(stack, payloads) if run in one["Key"]]
    assert not [one for one in _versions(stack, failures) if one["Key"] == key]
    refused = stack.call("POST", f"/executions/{run}/replay")
    assert (refused.status, refused.body["error"]["code"]) == (410, "payload_forgotten")
    assert stack.call("GET", f"/executions/{run}/payload").status == 410


def _versions(stack: Stack, bucket: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.client("s3").list_object_versions(Bucket=bucket).get("Versions", [])
    return found


def test_a_source_may_invoke_triage_and_can_not_pass_for_a_queue(stack: Stack) -> None:
    """What it says of the queue and of the sender would be believed of a batch."""
    lambda_ = stack.client_of(user_with(stack, "TriageSourcePolicyArn"), "lambda")
    triage, run = stack.outputs["TriageFunctionArn"], str(uuid.uuid4())
    text = record_text(run, arn=source_arn(stack, "Recorder") + ":$LATEST", at=datetime.now(UTC))
    event = queue_event(text)
    event["Records"][0]["eventSourceARN"] = stack.outputs["FailureQueueArn"]
    call = {"InvocationType": "Event", "Payload": json.dumps(event).encode()}

    for name in (f"{triage}:queues", f"{triage}:$LATEST"):
        with pytest.raises(ClientError, match="AccessDenied"):
            lambda_.invoke(FunctionName=name, **call)
    lambda_.invoke(FunctionName=triage, **call)

    assert stack.execution(run)["channel"] == "lambda"


def test_unsigned_and_badly_signed_calls_run_nothing(stack: Stack) -> None:
    before = len(_log(stack, stack.outputs["ApiFunctionName"], "request"))
    wrong = Operator(stack.operator.key_id, "not-the-secret")
    for path, method in [("/executions", "GET"), ("/executions/x/replay", "POST")]:
        assert stack.call(method, path, signed=False).status == 403
        assert stack.call(method, path, user=wrong).status == 403
    assert len(_log(stack, stack.outputs["ApiFunctionName"], "request")) == before


def test_the_scheduled_sweep_wakes_what_was_ignored_until_now(stack: Stack, snoozed: str) -> None:
    execution = stack.execution(snoozed, "failed", patience=100)
    assert [decision["by"] for decision in execution["decisions"]][1] == "lambda-replay:sweep"


def _waiting(stack: Stack, queue: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = stack.client("sqs").get_queue_attributes(QueueUrl=stack.outputs[queue], AttributeNames=names)
    return sum(int(answer["Attributes"][name]) for name in names)


def _log(stack: Stack, function: str, message: str) -> list[dict[str, Any]]:
    """The function's structured log lines with this message."""
    configuration = stack.client("lambda").get_function_configuration(FunctionName=function)
    pages = stack.client("logs").get_paginator("filter_log_events")
    texts = [
        event["message"]
        for page in pages.paginate(logGroupName=configuration["LoggingConfig"]["LogGroup"])
        for event in page["events"]
    ]
    lines = [json.loads(text) for text in texts if text.startswith("{")]
    return [line for line in lines if line.get("message") == message]
