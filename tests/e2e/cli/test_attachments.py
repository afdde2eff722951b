"""`lambda-replay` as it is installed: a function is found, attached, heard, confirmed, and detached without a
trace; what triage refused is listed, explained and redriven."""

import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from local.client import Stack, wait_until
from tests.support.shell import Shell
from tests.support.world.service import record_text

# Of those that ReplayableFunctions names; nobody has told it of the service.
NAME, ROLE = "lambda-replay-sources-unwired", "lambda-replay-unwired"
CODE = """
import os

def handler(event, context):
    if not os.environ.get("FIXED"):
        raise KeyError("FIXED")
"""
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


@pytest.fixture
def function(stack: Stack) -> Iterator[str]:
    iam, lambda_ = stack.client("iam"), stack.client("lambda")
    trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    role = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", CODE)
    lambda_.create_function(
        FunctionName=NAME,
        Runtime="python3.13",
        Handler="app.handler",
        Role=role,
        Code={"ZipFile": code.getvalue()},
        Environment={"Variables": {"STAGE": "test"}},
    )
    lambda_.add_permission(
        FunctionName=NAME,
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    )
    yield NAME
    lambda_.delete_function(FunctionName=NAME)
    for attached in iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=ROLE, PolicyArn=attached["PolicyArn"])
    iam.delete_role(RoleName=ROLE)


def fail(stack: Stack) -> str:
    answer = stack.client("lambda").invoke(FunctionName=NAME, InvocationType="Event", Payload=b'{"n": 1.10}')
    identity: str = answer["ResponseMetadata"]["RequestId"]
    return identity


def found(shell: Shell, check: str) -> dict[str, Any] | None:
    rows = shell.run("doctor", "--function", NAME, "--output", "jsonl").rows
    return next((row for row in rows if (row["check"], row["subject"]) == (check, NAME)), None)


def test_from_unwired_to_recovered_and_back(stack: Stack, shell: Shell, function: str) -> None:
    missing = found(shell, "no-destination")
    assert missing is not None
    assert (missing["severity"], missing["fix"]) == ("error", f"lambda-replay attach {NAME}")
    assert shell.run("doctor", "--function", NAME).code == 1

    before = stack.client("lambda").get_function(FunctionName=NAME)
    assert shell.run("attach", NAME).code == 2  # nobody is there to be asked
    planned = shell.run("attach", NAME, "--confirm-success", "--dry-run")
    assert [row["qualifier"] for row in planned.rows] == ["$LATEST", "replay"]
    attached = shell.run("attach", NAME, "--confirm-success", "--yes")
    assert (attached.code, [row["policy"] for row in attached.rows]) == (0, ["given", "given"]), attached.err
    assert found(shell, "no-destination") is None
    assert found(shell, "no-permission") is None

    execution = stack.execution(identity := fail(stack), "failed")
    assert execution["function"] == NAME
    stack.client("lambda").update_function_configuration(
        FunctionName=NAME, Environment={"Variables": {"FIXED": "yes"}}
    )
    body = {"qualifier": "replay"}
    assert stack.call("POST", f"/executions/{identity}/replay", body=body).status == 202
    stack.execution(identity, "recovered")

    detached = shell.run("detach", NAME, "--timeout", "0s", "--yes")
    assert detached.code == 0, detached.err
    lambda_ = stack.client("lambda")
    assert lambda_.list_function_event_invoke_configs(FunctionName=NAME)["FunctionEventInvokeConfigs"] == []
    assert lambda_.list_aliases(FunctionName=NAME)["Aliases"] == []
    assert lambda_.get_function(FunctionName=NAME).get("Tags", {}) == before.get("Tags", {})
    assert stack.client("iam").list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"] == []


def test_a_role_that_lost_its_permission_is_found_and_fixed(
    stack: Stack, shell: Shell, function: str
) -> None:
    assert shell.run("attach", NAME, "--yes").code == 0
    policy = stack.outputs["QueueSourcePolicyArn"]
    stack.client("iam").detach_role_policy(RoleName=ROLE, PolicyArn=policy)
    lost = found(shell, "no-permission")
    assert lost is not None
    assert shell.run(*lost["fix"].split()[1:], "--yes").code == 0
    assert found(shell, "no-permission") is None
    assert shell.run("detach", NAME, "--timeout", "0s", "--yes").code == 0


def test_the_whole_account_is_audited(shell: Shell) -> None:
    audited = shell.run("doctor", "--output", "json")
    checks = {each["check"] for each in json.loads(audited.raw)}
    assert "triage-stopped" not in checks
    assert all(each["fix"] for each in json.loads(audited.raw))
    table = shell.run("doctor", "--output", "table").raw.decode()
    assert "and the stack looked at" in table


def test_what_triage_refused_is_explained_and_redriven(stack: Stack, shell: Shell) -> None:
    sqs, url = stack.client("sqs"), stack.outputs["FailureQueueDlqUrl"]
    sqs.purge_queue(QueueUrl=url)
    assert shell.run("dlq", "list").code == 1
    run, arn = str(uuid.uuid4()), stack.description["sources_outputs"]["SwitchFunctionArn"] + ":$LATEST"
    bad = sqs.send_message(QueueUrl=url, MessageBody="no record")["MessageId"]
    good = sqs.send_message(
        QueueUrl=url, MessageBody=record_text(run, arn=arn, payload="1.10", at=datetime.now(UTC))
    )["MessageId"]

    reasons = {bad: "not_json", good: "not_stored"}
    looked = shell.run("dlq", "list")
    assert {row["id"]: row["reason"] for row in looked.rows} == reasons
    why = {row["id"]: row for row in shell.run("dlq", "explain").rows}
    assert "not a complete JSON object" in why[bad]["why"]
    assert why[good]["request_ids"] == [run]
    assert len(shell.run("dlq", "list").rows) == 2  # looking took nothing out

    assert shell.run("dlq", "redrive", "--id", good, "--yes").code == 0
    stack.execution(run, "failed")
    assert [row["id"] for row in shell.run("dlq", "list").rows] == [bad]
    assert shell.run("dlq", "explain", "--id", good).code == 1
    sqs.purge_queue(QueueUrl=url)


def test_all_of_them_are_redriven(stack: Stack, shell: Shell) -> None:
    sqs, url = stack.client("sqs"), stack.outputs["FailureQueueDlqUrl"]
    sqs.purge_queue(QueueUrl=url)
    arn = stack.description["sources_outputs"]["SwitchFunctionArn"] + ":$LATEST"
    runs = [str(uuid.uuid4()) for _ in range(12)]
    for run in runs:
        sqs.send_message(QueueUrl=url, MessageBody=record_text(run, arn=arn, at=datetime.now(UTC)))
    moved = shell.run("dlq", "redrive", "--yes")
    assert (moved.code, "12 messages are on the way to triage again" in moved.err) == (0, True), moved.err
    for run in runs:
        stack.execution(run)
    wait_until(lambda: shell.run("dlq", "redrive", "--dry-run").code == 1, "an empty DLQ")
