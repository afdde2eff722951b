"""The doors of the deployed template, with IAM enforced: TLS, policies by destination, forgeries by every way
in, and a stack with a key, a boundary and limits of its own."""

import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import deploy, settings
from local.async_invoke.destinations import object_key
from local.client import Stack
from local.server import ACCOUNT_ID, REGION
from local.settings import Operator
from tests.e2e.test_loop import user_with
from tests.support.template import load_template
from tests.support.world.service import record_text

KIND = "Lambda Function Invocation Result - Failure"
CLOSED = "closed"


def forged_record(stack: Stack) -> tuple[str, str]:
    """A run's id, and what Lambda would say of it."""
    run, arn = str(uuid.uuid4()), stack.description["sources_outputs"]["RecorderFunctionArn"]
    return run, record_text(run, arn=f"{arn}:$LATEST", payload='{"to":"attacker"}', at=datetime.now(UTC))


def without_tls(stack: Stack, service: str) -> Any:
    """A client whose requests come as if by plain HTTP."""
    client = stack.client_of(stack.operator, service)
    client.meta.events.register(
        "before-sign", lambda request, **_: request.headers.add_header("X-Forwarded-Proto", "http")
    )
    return client


def test_nothing_is_taken_without_tls(stack: Stack) -> None:
    outputs = stack.outputs
    calls: list[tuple[str, Callable[[Any], Any]]] = [
        ("sqs", lambda c: c.send_message(QueueUrl=outputs["FailureQueueUrl"], MessageBody="x")),
        ("sqs", lambda c: c.receive_message(QueueUrl=outputs["FailureQueueDlqUrl"])),
        ("sns", lambda c: c.publish(TopicArn=outputs["FailureTopicArn"], Message="x")),
        ("sns", lambda c: c.publish(TopicArn=outputs["AlertTopicArn"], Message="x")),
        ("s3", lambda c: c.put_object(Bucket=outputs["FailureBucketName"], Key="x", Body=b"x")),
        ("s3", lambda c: c.list_objects_v2(Bucket=outputs["PayloadBucketName"])),
    ]
    for service, call in calls:
        with pytest.raises(ClientError, match=r"AccessDenied|AuthorizationError|Forbidden"):
            call(without_tls(stack, service))


def sends(stack: Stack, user: Operator, text: str) -> dict[str, Callable[[], Any]]:
    """What each policy is for: the record of `text`, by each way in."""
    outputs = stack.outputs
    event = {"Source": "lambda", "DetailType": KIND, "Detail": text}
    key = object_key("async/orders", datetime.now(UTC))
    client = {name: stack.client_of(user, name) for name in ("sqs", "sns", "events", "s3", "lambda")}
    return {
        "Queue": lambda: client["sqs"].send_message(QueueUrl=outputs["FailureQueueUrl"], MessageBody=text),
        "Topic": lambda: client["sns"].publish(TopicArn=outputs["FailureTopicArn"], Message=text),
        "Bus": lambda: client["events"].put_events(Entries=[event]),
        "Bucket": lambda: client["s3"].put_object(
            Bucket=outputs["FailureBucketName"], Key=key, Body=text.encode()
        ),
        "Triage": lambda: client["lambda"].invoke(
            FunctionName=outputs["TriageFunctionArn"], InvocationType="Event", Payload=text.encode()
        ),
    }


@pytest.mark.parametrize("kind", ["Queue", "Topic", "Bus", "Bucket", "Triage"])
def test_a_source_may_send_on_its_own_way_and_what_it_forges_is_not_believed(stack: Stack, kind: str) -> None:
    run, text = forged_record(stack)
    ways = sends(stack, user_with(stack, f"{kind}SourcePolicyArn"), text)
    for other in ways.keys() - {kind}:
        with pytest.raises(ClientError, match=r"not authorized|AccessDenied"):
            ways[other]()
    ways[kind]()
    found = stack.execution(run)
    assert (found["origin"], found["replays"]) == ("unverified", [])


def test_a_source_puts_events_as_lambda_alone(stack: Stack) -> None:
    events = stack.client_of(user_with(stack, "BusSourcePolicyArn"), "events")
    for entries in (["shop"], ["lambda", "shop"]):
        with pytest.raises(ClientError, match="not authorized"):
            events.put_events(Entries=[{"Source": s, "DetailType": "x", "Detail": "{}"} for s in entries])


@pytest.mark.parametrize("key", ["aws/lambda/by-hand", "aws/lambda/async/orders/by-hand", "by-hand"])
def test_a_source_writes_no_object_under_a_name_of_its_choice(stack: Stack, key: str) -> None:
    s3 = stack.client_of(user_with(stack, "BucketSourcePolicyArn"), "s3")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=stack.outputs["FailureBucketName"], Key=key, Body=b"{}")


def test_an_object_that_is_written_by_hand_is_read_as_data(stack: Stack) -> None:
    """By a caller who may write anywhere in the bucket: a record is stored, and other content is refused."""
    run, text = forged_record(stack)
    bucket, s3 = stack.outputs["FailureBucketName"], stack.client("s3")
    s3.put_object(Bucket=bucket, Key="elsewhere/by-hand", Body=text.encode())
    s3.put_object(Bucket=bucket, Key="aws/lambda/by-hand", Body=text.encode())
    found = stack.execution(run)
    assert (found["origin"], found["channel"]) == ("unverified", "s3")


@pytest.fixture(scope="module")
def closed(stack: Stack, state: Path) -> Callable[[str], Stack]:
    """Deploys a stack with every door closed but for these addresses."""
    kms, iam = stack.client("kms"), stack.client("iam")
    key = kms.create_key(Policy=json.dumps(_key_policy()))["KeyMetadata"]["Arn"]
    bounds = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    boundary = iam.create_policy(PolicyName="bounds", PolicyDocument=json.dumps(bounds))["Policy"]["Arn"]
    address = replace(stack.address, state=state)

    def deployed(block: str) -> Stack:
        recorder = stack.description["sources_outputs"]["RecorderFunctionArn"]
        parameters = {
            "Architecture": settings.ARCHITECTURE,
            "ReplayableFunctions": recorder,
            "KmsKeyArn": key,
            "PermissionsBoundary": boundary,
            "AllowedSourceCidrs": block,
            "ApiAccessLog": "true",
            "Tracing": "Active",
        }
        built = deploy.build_directory(settings.STACK, address) / "template.yaml"
        deploy.deploy_built(built, CLOSED, parameters, address, stack.operator)
        outputs = deploy.outputs(CLOSED, address, stack.operator)
        url = f"{address.endpoint}/_aws/execute-api/{outputs['ApiId']}/{outputs['ApiStage']}"
        changed = {"outputs": outputs, "stack_name": CLOSED, "api_url": url, "sources": {}}
        return Stack({**stack.description, **changed})

    return deployed


def test_a_stack_with_a_key_a_boundary_and_limits(stack: Stack, closed: Callable[[str], Stack]) -> None:
    away = closed("203.0.113.0/24")
    refused = away.call("GET", "/executions")
    assert refused.status == 403
    assert "explicit deny" in refused.text

    here = closed("127.0.0.0/8,203.0.113.0/24")
    assert here.call("GET", "/executions").status == 200
    # What the policy lets in needs a policy of its own all the same.
    assert here.call("GET", "/executions", user=user_with(stack)).status == 403
    assert here.call("GET", "/executions", signed=False).status == 403

    run, text = forged_record(stack)
    source = user_with(here, "QueueSourcePolicyArn")
    here.client_of(source, "sqs").send_message(QueueUrl=here.outputs["FailureQueueUrl"], MessageBody=text)
    assert here.execution(run)["id"] == run

    _is_under_the_key(here)


def _is_under_the_key(stack: Stack) -> None:
    """As far as the embedded AWS takes it from a template: it leaves out the keys of table, topics and
    buckets, and the boundary of roles. tests/template/test_doors.py looks at those."""
    attributes = stack.client("sqs").get_queue_attributes(
        QueueUrl=stack.outputs["FailureQueueUrl"], AttributeNames=["KmsMasterKeyId"]
    )
    assert ":key/" in attributes["Attributes"]["KmsMasterKeyId"]
    groups = stack.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{CLOSED}-")[
        "logGroups"
    ]
    assert len(groups) == 3
    assert all(":key/" in group["kmsKeyId"] for group in groups)


def _key_policy() -> Any:
    """The one of docs/examples/key.yaml, in this account and region."""
    policy = load_template("docs/examples/key.yaml")["Resources"]["Key"]["Properties"]["KeyPolicy"]
    text = json.dumps(policy)
    for name, value in (("Partition", "aws"), ("Region", REGION), ("AccountId", ACCOUNT_ID)):
        text = text.replace(f"${{AWS::{name}}}", value).replace(f'{{"Ref": "AWS::{name}"}}', f'"{value}"')
    return json.loads(text, object_hook=lambda o: o["Fn::Sub"] if set(o) == {"Fn::Sub"} else o)
