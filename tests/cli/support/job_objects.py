"""Jobs, plans and policies as the API shows them: through its own models, so that a field that has another
name there fails here."""

from typing import Any

from api.functions.models import FunctionView
from api.jobs.models import JobView, PlanView
from tests.cli.support.objects import ARN, FINGERPRINT, ID

JOB = "20260131-090000-a1b2c3"
COUNTS: dict[str, Any] = {
    "selected": 0, "issued": 0, "succeeded": 0, "failed_again": 0, "failed_same": 0, "failed_new": 0,
    "unconfirmed": 0, "uncertain": 0, "pending": 0, "rejected": {}, "skipped": {}, "remaining": 0,
}  # fmt: skip


def job(status: str = "running", **changes: Any) -> dict[str, Any]:
    """`counts` are completed; everything else as given."""
    given = {
        "id": JOB,
        "name": "first bug",
        "status": status,
        "reason": "fixed in v8",
        "by": "arn:aws:iam::123456789012:user/ann",
        "created_at": "2026-01-31T09:00:00Z",
        "started_at": "2026-01-31T09:00:02Z",
        "ended_at": None,
        "filter": {
            "function": "orders", "groups": [FINGERPRINT], "category": None, "verdict": None, "status": None,
            "error_type": None, "since": "2026-01-30T09:00:00Z", "until": "2026-01-31T09:00:00Z",
        },
        "ids": None,
        "mode": "if_not_replayed",
        "rate": 100,
        "ramp": [1, 5, 20],
        "guard": {"failed_share": 0.2, "minimum": 3, "new_group": True},
        "qualifier": "replay",
        "tenant": None,
        "function": None,
        "patch": False,
        "skip_never": False,
        "summary": "",
        "message": None,
        "rate_now": 12.1,
        "seconds_left": 41,
        "selecting": False,
        "starting": False,
        "stalled": False,
        "stalled_since": None,
        "decisions": [],
        **changes,
        "counts": COUNTS | {"selected": 520, "remaining": 520} | changes.get("counts", {}),
    }  # fmt: skip
    return JobView.model_validate(given).model_dump(mode="json", by_alias=True)


def halted() -> dict[str, Any]:
    counts = {
        "issued": 26,
        "succeeded": 23,
        "failed_again": 3,
        "failed_same": 2,
        "failed_new": 1,
        "remaining": 494,
    }
    decision = {
        "verb": "halt",
        "at": "2026-01-31T09:05:00Z",
        "by": "lambda-replay",
        "reason": "3 failed again",
    }
    return job(
        "halted",
        counts=counts,
        message="3 failed again",
        ended_at="2026-01-31T09:05:00Z",
        decisions=[decision],
    )


def completed() -> dict[str, Any]:
    counts = {
        "issued": 515, "succeeded": 500, "failed_again": 10, "failed_same": 10, "uncertain": 5,
        "rejected": {"throttled": 1}, "skipped": {"stream_batch": 4}, "remaining": 0,
    }  # fmt: skip
    return job("completed", counts=counts, ended_at="2026-01-31T09:05:00Z", seconds_left=None)


def plan(**changes: Any) -> dict[str, Any]:
    sample = {
        "id": ID, "function": "orders", "failed_at": "2026-01-31T09:00:00Z", "group": FINGERPRINT,
        "title": "KeyError: 'TABLE_NAME'", "refusal": None, "changes": None,
    }  # fmt: skip
    given = {
        "matched": 520,
        "eligible": 518,
        "ineligible": {"stream_batch": 2},
        "functions": {"orders": 518},
        "groups": {FINGERPRINT: 518},
        "verdicts": {"after_fix": 518},
        "oldest": "2026-01-30T09:00:00Z",
        "newest": "2026-01-31T09:00:00Z",
        "payloads": 500,
        "repeated": 18,
        "code": [
            {
                "target": f"{ARN}:$LATEST", "changed": False, "failed_version": "7", "version": "7",
                "modified_at": None, "unreported": None,
            }
        ],
        "absent": [],
        "duration_seconds": 52,
        "usd": 0.0123,
        "sample": [sample],
        "complete": True,
        "looked_back_to": None,
        "warnings": [
            "2 of 520 can't be replayed: stream_batch 2",
            f"nothing was deployed to {ARN} since these executions failed",
        ],
        **changes,
    }  # fmt: skip
    return PlanView.model_validate(given).model_dump(mode="json", by_alias=True)


def standing(function: str = "orders", **policy: Any) -> dict[str, Any]:
    """A function's; the last words are of its policy."""
    given = {
        "function": function,
        "function_arn": f"arn:aws:lambda:eu-west-1:123456789012:function:{function}",
        "last_failed_at": "2026-01-31T09:00:00Z",
        "policy": {
            "origin": "own", "enabled": True, "categories": ["throttling"], "rate": 10, "by_category": {},
            "by_group": {}, "version": 3, "at": "2026-01-31T09:00:00Z", "by": "ann", "reason": "slow partner",
            "attempts": 3, "base_seconds": 60, "cap_seconds": 3600, "max_age_seconds": 86400,
            "idempotent": False, "unverified_origin": False, "qualifier": None,
            "tenant": None, **policy,
        },
        "breaker": {"state": "closed", "since": None, "reason": None, "retry_at": None, "trial": None},
        "automatic": {
            "succeeded": 7, "failed_same": 1, "failed_new": 0, "unconfirmed": 0, "uncertain": 0,
            "rejected": {"throttled": 2},
        },
    }  # fmt: skip
    return FunctionView.model_validate(given).model_dump(mode="json", by_alias=True)
