"""Step Functions: a definition in YAML, and the role that its tasks need."""

import json
import time
from typing import Any

import pytest

from tests.contract.destinations.test_channels import status
from tests.contract.embedded import Embedded, statement, wait_until

ANSWERS = (
    "def handler(event, context):\n    return {'done': event['turns'] > 1, 'turns': event['turns'] + 1}\n"
)
DEFINITION = """
StartAt: Turn
States:
  Turn:
    Type: Task
    Resource: arn:aws:states:::lambda:invoke
    Parameters: {FunctionName: "%s", Payload: {turns.$: $.turns}}
    OutputPath: $.Payload
    Next: Look
  Look:
    Type: Choice
    Choices: [{Variable: $.done, BooleanEquals: true, Next: Done}]
    Default: Turn
  Done: {Type: Succeed}
"""


def machine(aws: Embedded, stack: str, *statements: dict[str, Any]) -> str:
    """Its ARN; made from a template that names a YAML definition in a bucket, as `sam deploy` leaves it."""
    name = aws.function(ANSWERS)
    function = aws.client("lambda").get_function_configuration(FunctionName=name)["FunctionArn"]
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=f"definitions-{stack}")
    s3.put_object(Bucket=f"definitions-{stack}", Key="m.yaml", Body=(DEFINITION % function).encode())
    properties = {
        "StateMachineName": stack,
        "RoleArn": aws.role(*statements),
        "DefinitionS3Location": {"Bucket": f"definitions-{stack}", "Key": "m.yaml"},
    }
    template = {"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}}}
    aws.client("cloudformation").create_stack(StackName=stack, TemplateBody=json.dumps(template))
    wait_until(lambda: status(aws, stack) == "CREATE_COMPLETE")
    return f"arn:aws:states:us-east-1:123456789012:stateMachine:{stack}"


def run(aws: Embedded, arn: str) -> dict[str, Any]:
    client = aws.client("stepfunctions")
    execution = client.start_execution(stateMachineArn=arn, input='{"turns": 0}')["executionArn"]
    found: dict[str, Any] = {}
    for _ in range(100):
        found = client.describe_execution(executionArn=execution)
        if found["status"] != "RUNNING":
            break
        time.sleep(0.1)
    return found


def test_a_definition_in_yaml_runs(aws: Embedded) -> None:
    ended = run(aws, machine(aws, "turning", statement("lambda:InvokeFunction")))
    assert (ended["status"], json.loads(ended["output"])["turns"]) == ("SUCCEEDED", 3)


@pytest.mark.parametrize("allowed", ["sqs:SendMessage", "lambda:GetFunction"])
def test_the_role_must_allow_the_call(aws: Embedded, allowed: str) -> None:
    ended = run(aws, machine(aws, f"refused-{allowed.split(':')[0]}", statement(allowed)))
    assert (ended["status"], ended["error"]) == ("FAILED", "Lambda.AWSLambdaException")
    assert "not authorized to perform: lambda:InvokeFunction" in ended["cause"]
