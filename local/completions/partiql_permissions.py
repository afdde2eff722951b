"""PartiQL statements are authorised by what each of them does, on its own table.

ministack asks for `dynamodb:BatchExecuteStatement`, which is no action of IAM's. Source: Service
Authorization Reference, DynamoDB; Developer Guide, "IAM security policies with PartiQL for DynamoDB".
"""

import importlib
import json
import re
from typing import Any

_CALLS = ("dynamodb:BatchExecuteStatement", "dynamodb:ExecuteStatement")
_STATEMENT = re.compile(
    r'\s*(\w+)(?:\s+INTO|\s+FROM|.*?\sFROM)?\s+"?([A-Za-z0-9_.-]+)"?', re.IGNORECASE | re.DOTALL
)
_ACTIONS = {
    "SELECT": "dynamodb:PartiQLSelect",
    "INSERT": "dynamodb:PartiQLInsert",
    "UPDATE": "dynamodb:PartiQLUpdate",
    "DELETE": "dynamodb:PartiQLDelete",
}


def install(_endpoint: str) -> None:
    """Complete the imported ministack."""
    actions: Any = importlib.import_module("ministack.core.iam_actions")
    transaction_checks = actions.dynamodb_transaction_checks

    def checks(action: str, body: bytes, region: str, account: str) -> Any:
        if action not in _CALLS:
            return transaction_checks(action, body, region, account)
        request = json.loads(body or b"{}")
        statements = [request, *request.get("Statements", [])]
        texts = [statement["Statement"] for statement in statements if "Statement" in statement]
        return [
            (_ACTIONS[match[1].upper()], actions._dynamodb_table_arn(match[2], region, account))
            for match in map(_STATEMENT.match, texts)
            if match is not None and match[1].upper() in _ACTIONS
        ]

    actions.dynamodb_transaction_checks = checks
