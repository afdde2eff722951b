"""A mapping to an alias invokes the alias: the function sees so in its context's ARN.

ministack runs the alias's version, and names the function alone. Lambda's guide says of the context's
`invoked_function_arn`: it "indicates if the invoker specified a version number or alias".
"""

import importlib
from typing import Any


def install(_endpoint: str) -> None:
    """Complete the imported ministack."""
    svc: Any = importlib.import_module("ministack.services.lambda_svc")
    run_batch = svc._run_sqs_batch

    def run(mapping: Any, function: Any, *batch: Any) -> Any:
        config = {**function["config"], "FunctionArn": mapping["FunctionArn"]}
        return run_batch(mapping, {**function, "config": config}, *batch)

    svc._run_sqs_batch = run
