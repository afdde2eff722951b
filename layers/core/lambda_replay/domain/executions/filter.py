"""Which executions a list, a plan or a job is about."""

from dataclasses import dataclass
from datetime import datetime

from lambda_replay.domain.executions.execution import Execution, ExecutionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionFilter:
    """Every given field must match, of `groups` any; `since` is included, `until` is not. Times are those of
    the original failure."""

    since: datetime
    until: datetime
    function: str | None = None
    groups: tuple[str, ...] | None = None
    category: str | None = None
    verdict: str | None = None
    status: ExecutionStatus | None = None
    error_type: str | None = None

    def accepts(self, execution: Execution) -> bool:
        """Whether the execution matches every given field."""
        failure = execution.failure
        actual = {
            "function": execution.function.name,
            "category": failure.category,
            "verdict": failure.verdict,
            "status": execution.status,
            "error_type": failure.error_type,
        }
        return (
            self.since <= execution.failed_at < self.until
            and (self.groups is None or failure.group in self.groups)
            and all(
                wanted == actual[field] for field in actual if (wanted := getattr(self, field)) is not None
            )
        )
