"""SQS's batch calls are authorised by the action of a single one.

ministack asks for `sqs:ChangeMessageVisibilityBatch`, which is no action of IAM's. Source: Service
Authorization Reference, Amazon SQS, which lists `ChangeMessageVisibility` alone.
"""

import importlib
from typing import Any


def install(_endpoint: str) -> None:
    """Complete the imported ministack."""
    actions: Any = importlib.import_module("ministack.core.iam_actions")
    extract = actions.extract_iam_action

    def action(service: str, *request: Any) -> Any:
        found = extract(service, *request)
        return found.removesuffix("Batch") if found is not None and service == "sqs" else found

    actions.extract_iam_action = action
