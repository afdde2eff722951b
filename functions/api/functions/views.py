"""Functions and policies as the API shows them."""

from collections.abc import Mapping

from api.functions.models import (
    AutomaticView,
    BreakerView,
    FunctionView,
    PolicyVersionView,
    PolicyView,
    RuleView,
    StandingView,
)
from lambda_replay.domain.executions.outcome_counts import Outcome
from lambda_replay.domain.executions.retry_rule import RetryRule
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.policies.circuit_breaker import Breaker
from lambda_replay.domain.policies.policy import Policy
from lambda_replay.ports.policies import SeenFunction

_REJECTED = f"{Outcome.REJECTED}:"


def policy_view(own: Policy | None, effective: Policy) -> PolicyView:
    """`own` is what is stored, even if it was taken back."""
    other = "stack" if effective.enabled else "none"
    origin = other if own is None or own.removed else "own"
    return PolicyView.model_validate(
        {
            **_rule(effective.rule),
            "origin": origin,
            "enabled": effective.enabled,
            "categories": list(effective.categories),
            "rate": effective.rate,
            "by_category": _rules(effective.by_category),
            "by_group": _rules(effective.by_group),
            "version": 0 if own is None else own.version,
            "at": None if own is None else own.at,
            "by": None if own is None else own.by,
            "reason": None if own is None else own.reason,
        }
    )


def version_view(policy: Policy) -> PolicyVersionView:
    return PolicyVersionView.model_validate(
        {
            **_rule(policy.rule),
            "version": policy.version,
            "removed": policy.removed,
            "enabled": policy.enabled,
            "categories": list(policy.categories),
            "rate": policy.rate,
            "by_category": _rules(policy.by_category),
            "by_group": _rules(policy.by_group),
            "at": policy.at,
            "by": policy.by,
            "reason": policy.reason,
        }
    )


def standing_view(
    function: FunctionArn, policy: PolicyView, breaker: Breaker, counts: Mapping[str, int]
) -> StandingView:
    return StandingView(
        function=function.name,
        function_arn=function.unqualified,
        policy=policy,
        breaker=BreakerView.model_validate(breaker),
        automatic=AutomaticView(
            succeeded=counts.get(Outcome.SUCCEEDED, 0),
            failed_same=counts.get(Outcome.FAILED_SAME, 0),
            failed_new=counts.get(Outcome.FAILED_NEW, 0),
            unconfirmed=counts.get(Outcome.UNCONFIRMED, 0),
            uncertain=counts.get(Outcome.UNCERTAIN, 0),
            rejected={
                name.removeprefix(_REJECTED): n
                for name, n in counts.items()
                if name.startswith(_REJECTED) and n
            },
        ),
    )


def function_view(seen: SeenFunction, standing: StandingView) -> FunctionView:
    return FunctionView(**dict(standing), last_failed_at=seen.at)


def _rules(rules: Mapping[str, RetryRule | None]) -> dict[str, RuleView | None]:
    return {
        key: None if rule is None else RuleView.model_validate(_rule(rule)) for key, rule in rules.items()
    }


def _rule(rule: RetryRule) -> dict[str, object]:
    return {
        "attempts": rule.attempts,
        "base_seconds": rule.base.total_seconds(),
        "cap_seconds": rule.cap.total_seconds(),
        "max_age_seconds": rule.oldest.total_seconds(),
        "idempotent": rule.idempotent,
        "unverified_origin": rule.unverified_origin,
        "qualifier": rule.qualifier,
        "tenant": rule.tenant,
    }
