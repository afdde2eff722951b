"""A state machine's definition may be YAML, and its role must allow what its tasks call.

ministack reads JSON alone, and asks no role.
"""

import importlib
import json
from typing import Any

import yaml

# By what the task's resource ends with: the permission, its error's name, and the parameter that names the
# target.
_TASKS = {
    ":::lambda:invoke": ("lambda:InvokeFunction", "Lambda.AWSLambdaException", "FunctionName"),
    ":::states:startExecution": ("states:StartExecution", "StepFunctions.StepFunctionsException", None),
}


def install(_endpoint: str) -> None:
    """Complete the imported ministack."""
    sfn: Any = importlib.import_module("ministack.services.stepfunctions")
    iam: Any = importlib.import_module("ministack.core.iam_evaluator")
    provisioners: Any = importlib.import_module("ministack.services.cloudformation.provisioners")
    definition_of, execute_task = provisioners._sfn_definition, sfn._execute_task

    def definition(properties: Any) -> str:
        return json.dumps(yaml.safe_load(definition_of(properties)))

    def refusal(role: str, action: str, target: str) -> str | None:
        account, role_name = role.split(":")[4], role.rsplit("/", 1)[-1]
        principal = f"arn:aws:sts::{account}:assumed-role/{role_name}/StepFunctions"
        context = iam.EvalContext(
            principal_arn=principal, principal_type="AssumedRole", principal_account=account,
            action=action, resource_arn=target, region=target.split(":")[3],
        )  # fmt: skip
        if iam.evaluate(context, iam._gather_role_policies(role_name, account)).decision == "Allow":
            return None
        return f"User: {principal} is not authorized to perform: {action} on resource: {target}"

    def execute(state: Any, given: Any, execution: Any, context: Any) -> Any:
        for resource, (action, error, parameter) in _TASKS.items():
            if state.get("Resource", "").endswith(resource):
                machine = sfn._state_machines[execution["stateMachineArn"]]
                target = state["Parameters"][parameter] if parameter else machine["stateMachineArn"]
                if text := refusal(machine["roleArn"], action, target):
                    raise sfn._ExecutionError(error, text)
        return execute_task(state, given, execution, context)

    provisioners._sfn_definition = definition
    sfn._execute_task = execute
