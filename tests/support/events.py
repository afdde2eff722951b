"""The sample events of `events/`, and new ones made from them."""

import copy
import json
import uuid
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tests.support.template import ROOT

# The queue that the samples come from.
FAILURE_QUEUE = "arn:aws:sqs:us-east-1:123456789012:lambda-replay-FailureQueue"


def sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text())
    return event


def samples(prefix: str) -> list[str]:
    return sorted(path.stem for path in (ROOT / "events").glob(f"{prefix}-*.json"))


def queue_event(*bodies: str) -> dict[str, Any]:
    """A batch with these message bodies."""
    message = sample("triage-python")["Records"][0]
    records = [{**copy.deepcopy(message), "messageId": str(uuid.uuid4()), "body": body} for body in bodies]
    return {"Records": records}


def api_event(
    method: str,
    path: str,
    *,
    query: dict[str, str] | None = None,
    body: str | None = None,
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    """What the gateway sends to the API's function."""
    event = sample("api-list")
    event |= {"httpMethod": method, "path": path, "body": body, "queryStringParameters": query}
    event["multiValueQueryStringParameters"] = {k: [v] for k, v in (query or {}).items()} or None
    event["headers"] |= headers or {}
    event["multiValueHeaders"] = {name: [value] for name, value in event["headers"].items()}
    return event


class Context(LambdaContext):
    """What handlers use of Lambda's context object."""

    def __init__(self, remaining_ms: int = 30_000) -> None:
        self._function_name = "function"
        self._function_version = "$LATEST"
        self._memory_limit_in_mb = 512
        self._invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:function"
        self._aws_request_id = "11111111-2222-3333-4444-555555555555"
        self._remaining_ms = remaining_ms

    def get_remaining_time_in_millis(self) -> int:  # type: ignore[override]  # typed as static
        return self._remaining_ms
