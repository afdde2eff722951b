"""Which executions a list shows."""

from dataclasses import dataclass
from datetime import datetime

from lambda_replay.domain.execution import Execution, ExecutionStatus


@dataclass(frozen=True, slots=True)
class Position:
    """Where a list goes on: behind the execution with this failure time and id, newest first."""

    failed_at: datetime
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionFilter:
    """Every given field must match; `since` is included, `until` is not. Times are those of the original
    failure."""

    since: datetime
    until: datetime
    function: str | None = None
    group: str | None = None
    category: str | None = None
    verdict: str | None = None
    status: ExecutionStatus | None = None
    error_type: str | None = None

    def accepts(self, execution: Execution) -> bool:
        failure = execution.failure
        actual = {
            "function": execution.function.name,
            "group": failure.group,
            "category": failure.category,
            "verdict": failure.verdict,
            "status": execution.status,
            "error_type": failure.error_type,
        }
        return self.since <= execution.failed_at < self.until and all(
            wanted == actual[field] for field in actual if (wanted := getattr(self, field)) is not None
        )
