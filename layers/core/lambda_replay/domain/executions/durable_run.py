"""Runs of durable functions: named before they are sent, and looked at instead of waited for.

Lambda keeps one execution for a name, so what may have been sent can be sent again under its name, and no
record tells how it ended (docs/reference/lambda.md#durable-functions).
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

# Lambda keeps an execution's name for a day at least after its end; less, for clocks and late sweeps.
REPEATABLE = timedelta(hours=23)
_FIRST_LOOK, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
_ID_KEPT, _CLAIM_KEPT = 40, 12


class RunStatus(StrEnum):
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    STOPPED = "STOPPED"


@dataclass(frozen=True, slots=True, kw_only=True)
class DurableRun:
    """What Lambda says of a durable execution. Of the error there may be nothing but the status."""

    status: RunStatus
    ended_at: datetime | None = None
    version: str | None = None
    error_type: str | None = None
    error_message: str | None = None
    stack_trace: tuple[str, ...] = ()

    def record(self, request_id: str, function: str) -> str:
        """The execution record that Lambda sends of other functions, without the payload: it is about the run
        with this request id."""
        failed = self.status is not RunStatus.SUCCEEDED
        ended = (self.ended_at or datetime.now(UTC)).astimezone(UTC)
        error = {
            "errorType": self.error_type or f"DurableExecution.{self.status}",
            "errorMessage": self.error_message or f"The durable execution ended as {self.status}",
            "stackTrace": list(self.stack_trace),
        }
        about = {"statusCode": 200, "executedVersion": self.version}
        known = {name: value for name, value in about.items() if value is not None}
        document = {
            "version": "1.0",
            "timestamp": ended.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "requestContext": {
                "requestId": request_id,
                "functionArn": function,
                "condition": "RetriesExhausted" if failed else "Success",
                "approximateInvokeCount": 1,
            },
            "responseContext": known | ({"functionError": "Unhandled"} if failed else {}),
            "responsePayload": error if failed else None,
        }
        return json.dumps(document, separators=(",", ":"))


def name_of(execution_id: str, number: int, claim_id: str) -> str:
    """The name of replay `number`, of at most 64 letters, digits, `-` and `_`. The claim is part of it, for a
    claim that was taken back leaves its number to the next one, and other stacks have numbers too."""
    parts = (execution_id[:_ID_KEPT], str(number), claim_id[:_CLAIM_KEPT])
    return "-".join(re.sub(r"[^A-Za-z0-9_-]", "_", part) for part in parts)


def next_look(accepted_at: datetime, now: datetime) -> datetime:
    """When to look again: after as long as it has run already, within a minute and an hour."""
    return now + min(max(now - accepted_at, _FIRST_LOOK), _LONGEST_WAIT)
