"""Two stacks of the service in one account, on one event bus: each sees to its own functions, and invokes no
function of either."""

import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import deploy, settings
from local.client import Stack
from local.settings import Operator
from tests.support.world.service import record_text

FUNCTIONS = "arn:aws:lambda:us-east-1:123456789012:function:"
# CloudFormation shortens it in its functions' names.
NAME = "lambda-replay-of-a-team-whose-name-is-much-longer-than-usual"
# Of the second stack: its own, and every function of both services.
REPLAYABLE = f"{FUNCTIONS}second-*,{FUNCTIONS}*Function-*,{FUNCTIONS}lambda-replay-of-*"
OWN_FUNCTIONS = ("TriageFunctionName", "ReplayFunctionName", "ApiFunctionName")


@pytest.fixture(scope="module")
def second(stack: Stack, state: Path) -> Stack:
    assert len(NAME) == 60
    address = replace(stack.address, state=state)
    built = deploy.build_directory(settings.STACK, address) / "template.yaml"
    parameters = {"Architecture": settings.ARCHITECTURE, "ReplayableFunctions": REPLAYABLE}
    deploy.deploy_built(built, NAME, parameters, address, stack.operator)
    outputs = deploy.outputs(NAME, address, stack.operator)
    url = f"{address.endpoint}/_aws/execute-api/{outputs['ApiId']}/{outputs['ApiStage']}"
    return Stack({**stack.description, "outputs": outputs, "stack_name": NAME, "api_url": url, "sources": {}})


def record(function: str) -> tuple[str, str]:
    """A run's request id, and its record."""
    run = str(uuid.uuid4())
    return run, record_text(run, arn=f"{FUNCTIONS}{function}:$LATEST", at=datetime.now(UTC))


def test_each_takes_in_its_own_from_the_bus(stack: Stack, second: Stack) -> None:
    assert stack.outputs["EventBusArn"] == second.outputs["EventBusArn"]
    runs = dict([record("lambda-replay-sources-switch"), record("second-orders"), record("third-orders")])
    kind = "Lambda Function Invocation Result - Failure"
    entries = [{"Source": "lambda", "DetailType": kind, "Detail": text} for text in runs.values()]
    assert stack.client("events").put_events(Entries=entries)["FailedEntryCount"] == 0

    of_first, of_second, _ = runs
    stack.execution(of_first)
    second.execution(of_second)
    for service, own in ((stack, of_first), (second, of_second)):
        found = {run: service.call("GET", f"/executions/{run}").status for run in runs}
        assert found == {run: 200 if run == own else 404 for run in runs}


def test_eventbridge_takes_the_rules_pattern(second: Stack) -> None:
    events = second.client("events")
    rules = [rule["EventPattern"] for rule in events.list_rules()["Rules"]]
    [pattern] = [rule for rule in rules if "second-" in rule]
    event = (
        '{"id":"1","source":"lambda","detail-type":"Lambda Function Invocation Result - Failure","time":'
        '"2026-01-31T09:00:00Z","region":"us-east-1","account":"123456789012","resources":[],"detail":%s}'
    )
    for function, passes in (("second-orders", True), ("third-orders", False)):
        text = event % record(function)[1]
        assert events.test_event_pattern(EventPattern=pattern, Event=text)["Result"] is passes


# Its own triage takes a record of its own failure for the event in it, so there is no execution to replay.
@pytest.mark.parametrize(
    ("function", "whose"),
    [(function, "the other's") for function in OWN_FUNCTIONS]
    + [(name, "its own") for name in OWN_FUNCTIONS[1:]],
)
def test_the_code_invokes_no_function_of_the_service(
    stack: Stack, second: Stack, function: str, whose: str
) -> None:
    """Although the allow-list covers it, and a forged record names it."""
    run, text = record((second if whose == "its own" else stack).outputs[function])
    second.client("sqs").send_message(QueueUrl=second.outputs["FailureQueueUrl"], MessageBody=text)
    second.execution(run)
    answer = second.call("POST", f"/executions/{run}/replay", body={"mode": "force"})
    assert (answer.status, answer.body["error"]["code"]) == (403, "own_function")


@pytest.fixture(scope="module")
def replay_role(second: Stack) -> Any:
    """Lambda, as one may use it who has what the second stack's replay role has."""
    iam, lambda_ = second.client("iam"), second.client("lambda")
    role = lambda_.get_function_configuration(FunctionName=second.outputs["ReplayFunctionName"])["Role"]
    role = role.rpartition("/")[2]
    user = f"like-{role}"[:64]
    iam.create_user(UserName=user)
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        iam.put_user_policy(UserName=user, PolicyName=name, PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return second.client_of(Operator(key["AccessKeyId"], key["SecretAccessKey"]), "lambda")


@pytest.mark.parametrize("function", OWN_FUNCTIONS)
@pytest.mark.parametrize("qualifier", ["", ":$LATEST", ":live"])
def test_iam_lets_it_invoke_no_function_of_its_stack(
    second: Stack, replay_role: Any, function: str, qualifier: str
) -> None:
    """Whatever the code does: CloudFormation shortens the stack's name in their names."""
    assert NAME not in second.outputs[function]
    with pytest.raises(ClientError, match=r"AccessDenied.*explicit deny"):
        replay_role.invoke(FunctionName=FUNCTIONS + second.outputs[function] + qualifier, Payload=b"{}")


@pytest.mark.parametrize("function", OWN_FUNCTIONS)
def test_iam_lets_it_invoke_no_function_of_another_stack(
    stack: Stack, replay_role: Any, function: str
) -> None:
    """By the tag that all of them have."""
    with pytest.raises(ClientError, match=r"AccessDenied.*explicit deny"):
        replay_role.invoke(FunctionName=FUNCTIONS + stack.outputs[function], Payload=b"{}")


def test_iam_lets_it_invoke_what_is_replayable(replay_role: Any) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        replay_role.invoke(FunctionName=f"{FUNCTIONS}second-orders", Payload=b"{}")
