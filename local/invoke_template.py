"""A template for `sam local invoke`: the built one, with what the deployed functions really have around them.

`sam local invoke` resolves no reference to a deployed resource and hands no endpoint to the container, so
every variable is written out here: the deployed configuration, this endpoint, and the operator's keys.
"""

import json
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_parse

from local.server import ACCOUNT_ID, REGION
from local.settings import ARCHITECTURE, Address, Operator

NAME = "invoke.json"
# `sam local invoke` names no alias, and the sample batches come from a queue of this name.
_SAMPLES = {
    "QUEUE_ALIAS": "",
    "FAILURE_QUEUE": f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:lambda-replay-FailureQueue",
}


def write(build: Path, outputs: dict[str, str], address: Address, operator: Operator, endpoint: str) -> Path:
    """Write it beside the built template, whose code paths are relative; returns where."""
    template = yaml_parse((build / "template.yaml").read_text())
    template["Parameters"]["Architecture"]["Default"] = ARCHITECTURE
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            function = outputs[f"{logical_id}Name"]
            variables = _deployed(function, address, operator) | _SAMPLES
            variables |= _endpoint(address, operator, endpoint)
            resource["Properties"]["Environment"] = {"Variables": variables}
    path = build / NAME
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(json.dumps(template, indent=2) + "\n")
    return path


def _deployed(function: str, address: Address, operator: Operator) -> dict[str, str]:
    configuration: Any = operator.client("lambda", address).get_function_configuration(FunctionName=function)
    variables: dict[str, str] = configuration["Environment"]["Variables"]
    return variables


def _endpoint(address: Address, operator: Operator, endpoint: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": address.region,
        "AWS_DEFAULT_REGION": address.region,
        "AWS_ACCESS_KEY_ID": operator.key_id,
        "AWS_SECRET_ACCESS_KEY": operator.secret,
        "AWS_SESSION_TOKEN": "",
    }
