"""When a function's executions are replayed automatically."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lambda_replay.domain.failure import Failure
from lambda_replay.domain.retry import RetryRule

DEFAULT_RULE = RetryRule(
    attempts=3, base=timedelta(minutes=1), cap=timedelta(hours=1), oldest=timedelta(days=1)
)
DEFAULT_RATE = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`rule` is for failures of these `categories`; `by_category` and `by_group` say otherwise for some of
    them (None: never), a group before its category. `rate` bounds the automatic replays of this function per
    second.

    A policy that was taken back stays as `removed`: the stack's own policy is in force again.
    """

    function: str
    enabled: bool = True
    categories: tuple[str, ...] = ()
    rule: RetryRule = DEFAULT_RULE
    by_category: dict[str, RetryRule | None] = field(default_factory=dict)
    by_group: dict[str, RetryRule | None] = field(default_factory=dict)
    rate: float = DEFAULT_RATE
    at: datetime | None = None
    by: str | None = None
    reason: str | None = None
    removed: bool = False
    version: int = 0

    def rule_for(self, failure: Failure) -> RetryRule | None:
        """What applies to this failure; None: no automatic replay."""
        if not self.enabled:
            return None
        if failure.group in self.by_group:
            return self.by_group[failure.group]
        if failure.category in self.by_category:
            return self.by_category[failure.category]
        return self.rule if failure.category in self.categories else None


def stack_policy(function: str, categories: tuple[str, ...]) -> Policy:
    """For a function without a policy of its own: the stack's `AutomaticReplayCategories`."""
    return Policy(function=function, enabled=bool(categories), categories=categories)
