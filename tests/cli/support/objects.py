"""Executions, groups and jobs as the API shows them."""

from typing import Any

ID = "8f9c1c0e-5a4b-4a55-9d5c-1f6c7f6f2f10"
FINGERPRINT = "4f1c9a02b7d81e634f1c9a02b7d81e63"
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:orders"


def failure(**changes: Any) -> dict[str, Any]:
    return {
        "at": "2026-01-31T09:00:00Z",
        "condition": "RetriesExhausted",
        "invoke_count": 3,
        "executed_version": "$LATEST",
        "error_type": "KeyError",
        "title": "KeyError: 'TABLE_NAME'",
        "category": "configuration",
        "verdict": "after_fix",
        "rule": "python-missing-env",
        "confidence": 0.9,
        "group": FINGERPRINT,
        "rules": None,
        **changes,
    }


def execution(identity: str = ID, **changes: Any) -> dict[str, Any]:
    return {
        "id": identity,
        "status": "failed",
        "function": "orders",
        "function_arn": ARN,
        "failed_at": "2026-01-31T09:00:00Z",
        "stored_at": "2026-01-31T09:00:02Z",
        "expires_at": "2026-03-02T09:00:00Z",
        "failure": failure(),
        "payload": {"size": 31, "sha256": "0" * 64},
        "unreplayable": None,
        "channel": "queue",
        "origin": "verified",
        "contested": [],
        "probable_run_of": None,
        "replay_count": 0,
        "decisions": [],
        "poisoned": False,
        "retry_at": None,
        "replay_target": None,
        **changes,
    }


def frame(file: str, line: int, function: str, code: str | None, *, own: bool) -> dict[str, Any]:
    return {"file": file, "line": line, "function": function, "code": code, "in_app": own}


def detail(identity: str = ID, **changes: Any) -> dict[str, Any]:
    error = {
        "error_type": "KeyError",
        "message": "'TABLE_NAME'",
        "runtime": "python",
        "phase": "handler",
        "frames": [
            frame("/var/task/orders.py", 12, "handler", '    table = os.environ["TABLE_NAME"]', own=True),
            frame("/var/lang/lib/python3.13/os.py", 714, "__getitem__", "raise KeyError(key)", own=False),
        ],
        "reasons": ["the environment variable TABLE_NAME is missing"],
        "fingerprint_parts": {"type": "KeyError"},
    }
    return {**execution(identity), "first_failure": failure(), "replays": [], "error": error, **changes}


def replay(status: str = "accepted", number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "number": number,
        "status": status,
        "mode": "if_not_replayed",
        "target": ARN,
        "by": "arn:aws:iam::123456789012:user/ann",
        "reason": "fixed in v8",
        "claimed_at": "2026-01-31T10:00:00Z",
        "accepted_at": "2026-01-31T10:00:01Z",
        "request_id": "run-1",
        "outcome_due_at": "2026-01-31T16:20:00Z",
        "ended_at": None,
        "rejection": None,
        "failure": None,
        "trigger": "manual",
        "job": None,
        "patched": False,
        "durable_execution": None,
        **changes,
    }


def group(fingerprint: str = FINGERPRINT, **changes: Any) -> dict[str, Any]:
    return {
        "fingerprint": fingerprint,
        "function": "orders",
        "title": "KeyError: 'TABLE_NAME'",
        "count": 12,
        "first_seen": "2026-01-30T09:00:00Z",
        "last_seen": "2026-01-31T09:00:00Z",
        "status": "open",
        "category": "configuration",
        "verdict": "after_fix",
        "functions": ["orders"],
        "algorithm": 2,
        "decision": None,
        "ownership": ownership(),
        "alert": None,
        "merged_into": None,
        "members": [],
        **changes,
    }


def ownership(**changes: Any) -> dict[str, Any]:
    return {
        "owner": None, "acknowledged_by": None, "acknowledged_at": None, "assignee": None, "ticket": None,
        **changes,
    }  # fmt: skip


def group_detail(**changes: Any) -> dict[str, Any]:
    why = {
        "parts": {"type": "KeyError", "frames": ["orders.py handler"]},
        "algorithm": 2,
        "rule": "python-missing-env",
        "reasons": ["the environment variable TABLE_NAME is missing"],
        "example": ID,
    }
    decision = {
        "verb": "noted", "at": "2026-01-31T09:00:00Z", "by": "arn:aws:iam::123456789012:user/ann",
        "reason": "see the ticket", "until": None, "until_count": None, "other": None,
    }  # fmt: skip
    return {
        **group(),
        "why": why,
        "classified_by_team": False,
        "hours": [{"hour": "2026-01-31T09:00:00Z", "count": 12}],
        "history": [decision],
        **changes,
    }
