"""What the tests of jobs through the API have in common."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from lambda_replay.adapters.clock import now
from tests.integration.conftest import SOURCE, Stack
from tests.support.world.service import record_text

CALLER = "arn:aws:iam::123456789012:user/on-call"
NAME = SOURCE.rpartition(":")[2]
OTHER = SOURCE.replace("switch", "other")
BOOM = '{"errorType":"ValueError","errorMessage":"boom"}'
KEY_ERROR = '{"errorType":"KeyError","errorMessage":"\'id\'"}'
ALL = {"filter": {"function": NAME}}
QUICK = {**ALL, "rate": 1000}


def fail(stack: Stack, count: int, *, first: int = 0, **how: Any) -> list[str]:
    """So many executions failed just now, one a millisecond."""
    names = [f"event-{number:03}" for number in range(first, first + count)]
    began = now() - timedelta(minutes=1)
    for place in range(0, count, 10):
        texts = [
            record_text(name, **{"arn": SOURCE, "at": began + timedelta(milliseconds=place + n), **how})
            for n, name in enumerate(names[place : place + 10])
        ]
        assert stack.triage(*texts) == []
    return names


def outcomes(stack: Stack, response: Callable[[int], str | None] = lambda _: None) -> Callable[[], None]:
    """Lets every run that was accepted end: with this error, by its number, or with success."""
    reported: set[int] = set()

    def commit() -> None:
        for number in range(1, len(stack.aws.sent) + 1):
            if number in reported:
                continue
            reported.add(number)
            error = response(number)
            condition = "Success" if error is None else "RetriesExhausted"
            text = record_text(
                f"run-{number}",
                arn=stack.aws.sent[number - 1]["FunctionName"],
                payload=stack.aws.sent[number - 1]["Payload"].decode(),
                condition=condition,
                response=error or "null",
                at=now(),
            )
            assert stack.triage(text) == []

    return commit


def start(stack: Stack, **options: Any) -> dict[str, Any]:
    status, body = stack.call("POST", "/jobs", json={**QUICK, **options})
    assert status == 202, body
    assert isinstance(body, dict)
    return body


def plan(stack: Stack, **options: Any) -> dict[str, Any]:
    status, body = stack.call("POST", "/jobs/plan", json={**ALL, **options})
    assert status == 200, body
    assert isinstance(body, dict)
    return body


def adds_up(job: dict[str, Any]) -> None:
    counts = job["counts"]
    rejected, skipped = sum(counts["rejected"].values()), sum(counts["skipped"].values())
    assert counts["selected"] == counts["issued"] + rejected + skipped + counts["remaining"]
    ends = ("succeeded", "failed_again", "unconfirmed", "uncertain", "pending")
    assert counts["issued"] == sum(counts[name] for name in ends)
    assert counts["failed_again"] == counts["failed_same"] + counts["failed_new"]
    assert min(value for value in counts.values() if isinstance(value, int)) >= 0
