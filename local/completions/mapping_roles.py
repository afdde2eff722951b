"""An event source mapping needs a function whose role may read the source; ministack asks for none."""

import importlib
from typing import Any

_READS = {
    "sqs": ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"),
    "kinesis": ("GetRecords", "GetShardIterator", "DescribeStream", "ListShards"),
}


def install(_endpoint: str) -> None:
    """Complete the imported ministack."""
    svc: Any = importlib.import_module("ministack.services.lambda_svc")
    iam: Any = importlib.import_module("ministack.core.iam_evaluator")
    provisioners: Any = importlib.import_module("ministack.services.cloudformation.provisioners")
    create_by_api = svc._create_esm
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::EventSourceMapping"]
    create_by_template = handlers["create"]

    def refusal(function: str, source: str) -> str | None:
        name, _qualifier = svc._resolve_name_and_qualifier(function)
        found = svc._functions.get(name)
        service = next((name for name in _READS if source.startswith(f"arn:aws:{name}:")), None)
        if found is None or service is None:
            return None
        role = found["config"]["Role"]
        account, role_name = role.split(":")[4], role.rsplit("/", 1)[-1]
        policies = iam._gather_role_policies(role_name, account)
        for action in _READS[service]:
            context = iam.EvalContext(
                principal_arn=f"arn:aws:sts::{account}:assumed-role/{role_name}/{name}",
                principal_type="AssumedRole", principal_account=account,
                action=f"{service}:{action}", resource_arn=source, region=source.split(":")[3],
            )  # fmt: skip
            if iam.evaluate(context, policies).decision != "Allow":
                shown = {"sqs": "SQS", "kinesis": "Kinesis"}[service]
                return f"The function execution role does not have permissions to call {action} on {shown}"
        return None

    def create(data: Any) -> Any:
        if text := refusal(data.get("FunctionName", ""), data.get("EventSourceArn", "")):
            return svc.error_response_json("InvalidParameterValueException", text, 400)
        return create_by_api(data)

    def create_from_template(logical_id: str, properties: Any, stack: str) -> Any:
        if text := refusal(properties.get("FunctionName", ""), properties.get("EventSourceArn", "")):
            raise ValueError(text)
        return create_by_template(logical_id, properties, stack)

    svc._create_esm = create
    handlers["create"] = create_from_template
