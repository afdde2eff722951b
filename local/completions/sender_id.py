"""SQS names the sender of a message: for a role its id and the session's name. ministack names the account.

Source: SQS API reference, ReceiveMessage, attribute `SenderId`.
"""

import importlib
from typing import Any


def install(_endpoint: str) -> None:
    """Complete the imported ministack."""
    sqs: Any = importlib.import_module("ministack.services.sqs")
    iam: Any = importlib.import_module("ministack.services.iam")
    svc: Any = importlib.import_module("ministack.services.lambda_svc")
    evaluator: Any = importlib.import_module("ministack.core.iam_evaluator")
    attributes_of, run_batch = sqs._build_send_sys_attrs, svc._run_sqs_batch

    def sender() -> str | None:
        """The id of the role or user that calls; None for the account itself, and for services."""
        parts = evaluator.caller_arn().split(":")
        account, (kind, _, name) = parts[4], parts[5].partition("/")
        if kind == "assumed-role":
            role, _, session = name.rpartition("/")
            found = iam._roles.get_scoped(account, None, role.rpartition("/")[2])
            return None if found is None else f"{found['RoleId']}:{session}"
        if kind == "user":
            found = iam._users.get_scoped(account, None, name.rpartition("/")[2])
            return None if found is None else found["UserId"]
        return None

    def attributes(now: float, given: Any) -> Any:
        made = attributes_of(now, given)
        return made | ({"SenderId": found} if (found := sender()) is not None else {})

    def run(esm: Any, function: Any, event: Any, batch: Any, *rest: Any) -> Any:
        senders = {message["id"]: message["sys"].get("SenderId") for message in batch if "sys" in message}
        for one in event["Records"]:
            known = senders.get(one["messageId"])
            if known is not None:
                one["attributes"]["SenderId"] = known
        return run_batch(esm, function, event, batch, *rest)

    sqs._build_send_sys_attrs, svc._run_sqs_batch = attributes, run
