"""Policies and functions as items, and back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from lambda_replay.adapters.dynamodb.executions.replay_mapping import retry_map, to_retry
from lambda_replay.adapters.dynamodb.policies.items import (
    FUNCTION,
    LISTED,
    POLICY,
    FunctionItem,
    PolicyItem,
    function_key,
)
from lambda_replay.adapters.dynamodb.shared.values import epoch, from_text, position, seen, text
from lambda_replay.domain.executions.retry_rule import RetryRule
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.policies.policy import DEFAULT_RULE, Policy
from lambda_replay.ports.policies import SeenFunction

# As long as a group: longer than any execution is kept.
_KEPT = timedelta(days=400)


def policy_item(policy: Policy) -> PolicyItem:
    item = PolicyItem(
        id=function_key(policy.function),
        part=POLICY,
        enabled=policy.enabled,
        categories=list(policy.categories),
        rule=retry_map(policy.rule),
        by_category=_exceptions(policy.by_category),
        by_group=_exceptions(policy.by_group),
        rate=policy.rate,
        at=maybe_text(policy.at),
        by=policy.by,
        why=policy.reason,
        removed=policy.removed or None,
    )
    if policy.version:
        item.version = policy.version
    return item


def to_policy(item: PolicyItem) -> Policy:
    return Policy(
        function=function_of(item.id),
        enabled=bool(item.enabled),
        categories=tuple(item.categories),
        rule=to_retry(item.rule),
        by_category=_to_exceptions(item.by_category),
        by_group=_to_exceptions(item.by_group),
        rate=float(item.rate),
        at=maybe(item.at),
        by=item.by,
        reason=item.why,
        removed=bool(item.removed),
        version=int(item.version or 0),
    )


def policy_fields(policy: Policy) -> dict[str, Any]:
    """What the policy says, as JSON."""
    return {
        "enabled": policy.enabled,
        "categories": list(policy.categories),
        "rule": _plain(policy.rule),
        "by_category": _exceptions(policy.by_category),
        "by_group": _exceptions(policy.by_group),
        "rate": policy.rate,
    }


def to_policy_fields(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of `Policy`, of what `policy_fields` gave."""
    return {
        "enabled": bool(stored["enabled"]),
        "categories": tuple(stored["categories"]),
        "rule": _rule(**_known(stored["rule"])),
        "by_category": _to_exceptions(stored["by_category"]),
        "by_group": _to_exceptions(stored["by_group"]),
        "rate": float(stored["rate"]),
    }


def function_item(function: FunctionArn, at: datetime) -> FunctionItem:
    return FunctionItem(
        id=function_key(function.unqualified),
        part=FUNCTION,
        expires_at=epoch(at + _KEPT),
        listed=LISTED,
        active=seen(at, function.unqualified),
        arn=function.unqualified,
    )


def to_function(item: FunctionItem) -> SeenFunction:
    return SeenFunction(FunctionArn.parse(item.arn), position(item.active).at)


def _exceptions(rules: Mapping[str, RetryRule | None]) -> dict[str, Any]:
    return {key: None if rule is None else _plain(rule) for key, rule in rules.items()}


def _plain(rule: RetryRule) -> dict[str, Any]:
    """Times in seconds."""
    return {
        "attempts": rule.attempts,
        "base": rule.base.total_seconds(),
        "cap": rule.cap.total_seconds(),
        "oldest": rule.oldest.total_seconds(),
        "idempotent": rule.idempotent,
        **({"unverified_origin": True} if rule.unverified_origin else {}),
        "qualifier": rule.qualifier,
        **({"tenant": rule.tenant} if rule.tenant is not None else {}),
    }


_NAMES = (*_plain(DEFAULT_RULE), "unverified_origin", "tenant")


def _to_exceptions(rules: Mapping[str, Any]) -> dict[str, RetryRule | None]:
    return {key: None if rule is None else _rule(**_known(rule)) for key, rule in rules.items()}


def _known(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Without what a newer version may have added."""
    return {name: rule[name] for name in _NAMES if name in rule}


def _rule(
    attempts: int,
    base: float,
    cap: float,
    oldest: float,
    idempotent: bool,
    qualifier: str | None,
    unverified_origin: bool = False,
    tenant: str | None = None,
) -> RetryRule:
    return RetryRule(
        attempts=attempts,
        base=timedelta(seconds=base),
        cap=timedelta(seconds=cap),
        oldest=timedelta(seconds=oldest),
        idempotent=idempotent,
        unverified_origin=unverified_origin,
        qualifier=qualifier,
        tenant=tenant,
    )


def function_of(key: str) -> str:
    return key.removeprefix(function_key(""))


def maybe(value: str | None) -> datetime | None:
    return None if value is None else from_text(value)


def maybe_text(at: datetime | None) -> str | None:
    return None if at is None else text(at)
