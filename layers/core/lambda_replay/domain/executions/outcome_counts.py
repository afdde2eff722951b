"""What the replays of a job, or of a function's policy, came to, as numbers that are always true.

The numbers are changed in the same transaction as the execution that they are about, by what the change makes
of them: `increments` is the difference between the execution's score before and after. Whatever is repeated,
late or out of order, their sum equals a recount.
"""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from lambda_replay.domain.executions.execution import Execution
from lambda_replay.domain.executions.replay import Replay, ReplayStatus, Trigger


class Outcome(StrEnum):
    """How a replay ended. `failed_same`: with the error that the execution had before; `failed_new`: with
    another one."""

    SUCCEEDED = "succeeded"
    FAILED_SAME = "failed_same"
    FAILED_NEW = "failed_new"
    UNCONFIRMED = "unconfirmed"
    UNCERTAIN = "uncertain"
    REJECTED = "rejected"


_OF_STATUS: dict[ReplayStatus, Outcome] = {
    ReplayStatus.SUCCEEDED: Outcome.SUCCEEDED,
    ReplayStatus.UNCONFIRMED: Outcome.UNCONFIRMED,
    ReplayStatus.UNCERTAIN: Outcome.UNCERTAIN,
    ReplayStatus.REJECTED: Outcome.REJECTED,
}


@dataclass(frozen=True, slots=True)
class Increment:
    """`name` is an outcome; for a rejection, its reason behind a colon."""

    scope: str
    name: str
    by: int


def job_scope(job_id: str) -> str:
    """The scope under which a job's numbers are counted."""
    return f"job:{job_id}"


def automatic_scope(function: str) -> str:
    """`function` is its ARN without qualifier; earlier versions counted by its name."""
    return f"automatic:{function}"


def scope_of(execution: Execution, attempt: Replay) -> str | None:
    """Whose numbers the attempt counts in, if anybody's."""
    if attempt.job is not None:
        return job_scope(attempt.job)
    return automatic_scope(execution.function.unqualified) if attempt.trigger is Trigger.AUTOMATIC else None


def score(execution: Execution) -> Counter[tuple[str, str]]:
    """The outcomes of its replays, by scope and name."""
    counted: Counter[tuple[str, str]] = Counter()
    group = execution.first_failure.group
    for attempt in execution.replays:
        scope, name = scope_of(execution, attempt), _name(attempt, group)
        if scope is not None and name is not None:
            counted[scope, name] += 1
        if attempt.failure is not None:
            group = attempt.failure.group
    return counted


def increments(before: Execution, after: Execution) -> tuple[Increment, ...]:
    """What the change from one to the other means for the numbers."""
    changed = score(after)
    changed.subtract(score(before))
    return tuple(Increment(scope, name, by) for (scope, name), by in sorted(changed.items()) if by)


def _name(attempt: Replay, group: str) -> str | None:
    if attempt.failure is not None:
        return Outcome.FAILED_SAME if attempt.failure.group == group else Outcome.FAILED_NEW
    outcome = _OF_STATUS.get(attempt.status)
    if outcome is Outcome.REJECTED:
        return f"{outcome}:{attempt.rejection}"
    return outcome
