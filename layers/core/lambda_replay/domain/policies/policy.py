"""When a function's executions are replayed automatically."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lambda_replay.domain.category import Category
from lambda_replay.domain.executions.failure import Failure
from lambda_replay.domain.executions.retry_rule import RetryRule
from lambda_replay.domain.executions.tenant import ASKED as TENANT

DEFAULT_RULE = RetryRule(
    attempts=3, base=timedelta(minutes=1), cap=timedelta(hours=1), oldest=timedelta(days=1)
)
DEFAULT_RATE = 10.0

# The least and the most that each may be.
ATTEMPTS = (1, 20)
BASE = (timedelta(seconds=1), timedelta(days=1))
CAP = (timedelta(seconds=1), timedelta(days=7))
# None goes out in the first two minutes (`Execution.retry_at`).
OLDEST = (timedelta(minutes=5), timedelta(days=30))
RATE = (0.001, 1000.0)  # replays per second
# A policy is one item of the table, and read by every triage.
MOST_EXCEPTIONS = 100

# A name, or an ARN without qualifier.
FUNCTION = r"^(arn:aws[a-z-]*:lambda:[a-z0-9-]{1,30}:[0-9]{12}:function:)?[A-Za-z0-9_-]{1,140}$"
FINGERPRINT = r"^[0-9a-f]{8,64}$"
QUALIFIER = r"^(\$LATEST|[A-Za-z0-9_-]{1,128})$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`function` is its ARN without qualifier; a policy that an earlier version stored under the name alone
    is in effect for every function of that name that has none of its own.

    `rule` is for failures of these `categories`; `by_category` and `by_group` say otherwise for some of them
    (None: never), a group before its category. `rate` bounds the automatic replays of this function per
    second.

    A policy that was taken back stays as `removed`: the stack's own policy is in effect again. `at`, `by` and
    `reason` tell of the last change.
    """

    function: str
    enabled: bool = True
    categories: tuple[str, ...] = ()
    rule: RetryRule = DEFAULT_RULE
    by_category: Mapping[str, RetryRule | None] = field(default_factory=dict)
    by_group: Mapping[str, RetryRule | None] = field(default_factory=dict)
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

    @property
    def rules(self) -> tuple[RetryRule, ...]:
        """Those that may apply."""
        exceptions = (*self.by_category.values(), *self.by_group.values())
        every = (self.rule if self.categories else None, *exceptions)
        return tuple(rule for rule in every if rule is not None) if self.enabled else ()

    @property
    def qualifiers(self) -> tuple[str, ...]:
        """The aliases and versions that it replays through, apart from the record's own."""
        exceptions = (*self.by_category.values(), *self.by_group.values())
        rules = [rule for rule in (self.rule, *exceptions) if rule is not None]
        return tuple(dict.fromkeys(rule.qualifier for rule in rules if rule.qualifier))

    def objections(self) -> Iterator[str]:
        """What is wrong with it, each named by its field."""
        if not re.fullmatch(FUNCTION, self.function):
            yield "function: neither a function's name nor its ARN without qualifier"
        known = set(Category)
        for name, given in (("categories", self.categories), ("by_category", self.by_category)):
            yield from (f"{name}: no category {one[:40]!r}" for one in given if one not in known)
        groups = (one for one in self.by_group if not re.fullmatch(FINGERPRINT, one))
        yield from (f"by_group: {one[:64]!r} is no fingerprint" for one in groups)
        if len(self.by_category) + len(self.by_group) > MOST_EXCEPTIONS:
            yield f"by_group: more than {MOST_EXCEPTIONS} exceptions"
        if not RATE[0] <= self.rate <= RATE[1]:
            yield f"rate: must be from {RATE[0]} to {RATE[1]:g} replays per second"
        yield from _rule_objections("", self.rule)
        for name, rules in (("by_category", self.by_category), ("by_group", self.by_group)):
            for key, rule in rules.items():
                if rule is not None:
                    yield from _rule_objections(f"{name}.{key[:64]}.", rule)


def stack_policy(function: str, categories: tuple[str, ...]) -> Policy:
    """For a function without a policy of its own: the stack's `AutomaticReplayCategories`."""
    return Policy(function=function, enabled=bool(categories), categories=categories)


def _rule_objections(where: str, rule: RetryRule) -> Iterator[str]:
    if not ATTEMPTS[0] <= rule.attempts <= ATTEMPTS[1]:
        yield f"{where}attempts: must be from {ATTEMPTS[0]} to {ATTEMPTS[1]}"
    spans = (
        ("base_seconds", rule.base, BASE),
        ("cap_seconds", rule.cap, CAP),
        ("max_age_seconds", rule.oldest, OLDEST),
    )
    for name, span, (least, most) in spans:
        if not least <= span <= most:
            yield f"{where}{name}: must be from {least.total_seconds():g} to {most.total_seconds():g}"
    if rule.cap < rule.base:
        yield f"{where}cap_seconds: must not be less than base_seconds"
    if rule.qualifier is not None and not re.fullmatch(QUALIFIER, rule.qualifier):
        yield f"{where}qualifier: no alias or version"
    if rule.tenant is not None and not re.fullmatch(TENANT, rule.tenant):
        yield f"{where}tenant: neither a tenant's id nor jmespath: and a path into the payload"
