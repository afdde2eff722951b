"""A stack of its own to be fuzzed, with a function that fails and what it left."""

import io
import json
import uuid
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from urllib3.exceptions import ReadTimeoutError

from local import deploy, settings
from local.client import Stack, wait_until
from local.server import ACCOUNT_ID, REGION
from tests.support.world.service import record_text

NAME = "fuzzed"
FUNCTION = "fuzzed-orders"
_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{FUNCTION}"
_TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
_ERRORS = ("TimeoutError", "ValueError", "ThrottlingException")
_FAILS = "def handler(event, context):\n    raise ValueError('no such order')\n"


def prepare(stack: Stack, state: Path) -> Stack:
    """Deployed beside `stack`, whose data stay as they are; six failures are stored."""
    address = replace(stack.address, state=state)
    built = deploy.build_directory(settings.STACK, address) / "template.yaml"
    parameters = {"Architecture": settings.ARCHITECTURE, "ReplayableFunctions": _ARN.replace("orders", "*")}
    deploy.deploy_built(built, NAME, parameters, address, stack.operator)
    outputs = deploy.outputs(NAME, address, stack.operator)
    url = f"{address.endpoint}/_aws/execute-api/{outputs['ApiId']}/{outputs['ApiStage']}"
    fuzzed = Stack(
        {**stack.description, "outputs": outputs, "stack_name": NAME, "api_url": url, "sources": {}}
    )
    _make_function(fuzzed)
    _fail(fuzzed)
    return fuzzed


def _make_function(stack: Stack) -> None:
    """It reports to the stack."""
    iam = stack.client("iam")
    trust = json.dumps({"Version": "2012-10-17", "Statement": [_TRUST]})
    role = iam.create_role(RoleName=FUNCTION, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.attach_role_policy(RoleName=FUNCTION, PolicyArn=stack.outputs["QueueSourcePolicyArn"])
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", _FAILS)
    lambda_ = stack.client("lambda")
    lambda_.create_function(
        FunctionName=FUNCTION,
        Runtime="python3.13",
        Handler="app.handler",
        Role=role,
        Code={"ZipFile": code.getvalue()},
    )
    lambda_.put_function_event_invoke_config(
        FunctionName=FUNCTION,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": stack.outputs["FailureQueueArn"]}},
    )


def _fail(stack: Stack) -> None:
    sqs, url = stack.client("sqs"), stack.outputs["FailureQueueUrl"]
    for error in _ERRORS:
        for number in range(2):
            response = json.dumps({"errorType": error, "errorMessage": f"order {number} failed"})
            text = record_text(
                str(uuid.uuid4()), arn=f"{_ARN}:$LATEST", response=response, at=datetime.now(UTC)
            )
            sqs.send_message(QueueUrl=url, MessageBody=text)

    def stored() -> bool:
        try:
            found = stack.call("GET", "/executions")
        except ReadTimeoutError:  # on a machine with much else to do, while three functions start
            return False
        return found.status == 200 and len(found.body["executions"]) == 2 * len(_ERRORS)

    wait_until(stored, "the failures stored", patience=120)
