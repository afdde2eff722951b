"""A policy may ask what the events are that a caller puts: `events:source`, `events:detail-type`.

ministack knows neither key. Source: EventBridge User Guide, "Using IAM policy conditions".
"""

import importlib
import json
from typing import Any

_KEYS = {"events:source": "Source", "events:detail-type": "DetailType"}


def install(_endpoint: str) -> None:
    """Complete the imported ministack."""
    actions: Any = importlib.import_module("ministack.core.iam_actions")
    request_tag_context = actions.request_tag_context

    def context(service: str, action: str, body: bytes, params: Any) -> Any:
        found = request_tag_context(service, action, body, params)
        if action != "events:PutEvents":
            return found
        entries = json.loads(body or b"{}").get("Entries", [])
        return found | {key: [str(entry.get(name, "")) for entry in entries] for key, name in _KEYS.items()}

    actions.request_tag_context = context
