"""A policy as it is asked for: a mapping in the API's names, checked whole before it becomes a `Policy`."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from lambda_replay.domain.errors import LambdaReplayError
from lambda_replay.domain.executions.retry_rule import RetryRule
from lambda_replay.domain.policies.policy import DEFAULT_RATE, DEFAULT_RULE, Policy

type _Test = Callable[[Any], bool]
# More seconds than any field takes, and few enough for a length of time.
_MOST = 10**9
_SPANS = {"base_seconds": "base", "cap_seconds": "cap", "max_age_seconds": "oldest"}
_PLAIN = ("attempts", "idempotent", "unverified_origin", "tenant")


class InvalidPolicyError(LambdaReplayError, ValueError):
    """What was asked for is no policy; `objections` name each field with what is expected of it."""

    def __init__(self, objections: tuple[str, ...]) -> None:
        super().__init__("; ".join(objections))
        self.objections = objections


def policy_from_mapping(function: str, given: Mapping[str, Any]) -> Policy:
    """What is not given is as by default; of an exception, as for the policy's other failures, and so is
    null, but for the qualifier, whose null is the record's own. Raises `InvalidPolicyError`."""
    if wrong := tuple(_shapes(given)):
        raise InvalidPolicyError(wrong)
    rule, rate = _rule(given, DEFAULT_RULE), given.get("rate", DEFAULT_RATE)
    policy = Policy(
        function=function,
        enabled=given.get("enabled", True),
        categories=tuple(given.get("categories", ())),
        rule=rule,
        by_category=_exceptions(given.get("by_category", {}), rule),
        by_group=_exceptions(given.get("by_group", {}), rule),
        rate=float(rate) if abs(rate) <= _MOST else rate,
    )
    if wrong := tuple(policy.objections()):
        raise InvalidPolicyError(wrong)
    return policy


def _exceptions(given: Mapping[str, Any], rule: RetryRule) -> dict[str, RetryRule | None]:
    return {key: None if one is None else _rule(one, rule) for key, one in given.items()}


def _rule(given: Mapping[str, Any], default: RetryRule) -> RetryRule:
    fields: dict[str, Any] = {name: given[name] for name in _PLAIN if given.get(name) is not None}
    spans = {_SPANS[name]: given[name] for name in _SPANS if given.get(name) is not None}
    fields |= {name: timedelta(seconds=seconds) for name, seconds in spans.items()}
    return replace(default, **fields, qualifier=given.get("qualifier", default.qualifier))


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _MOST


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _truth(value: Any) -> bool:
    return isinstance(value, bool)


def _text_or_null(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)


def _object(value: Any) -> bool:
    return isinstance(value, Mapping)


_RULE: dict[str, tuple[_Test, str]] = {
    "attempts": (_whole, "a whole number"),
    **dict.fromkeys(_SPANS, (_whole, "a whole number")),
    "idempotent": (_truth, "true or false"),
    "unverified_origin": (_truth, "true or false"),
    "qualifier": (_text_or_null, "a text"),
    "tenant": (_text_or_null, "a text"),
}
_POLICY: dict[str, tuple[_Test, str]] = _RULE | {
    "enabled": (_truth, "true or false"),
    "categories": (_texts, "a list of texts"),
    "rate": (_number, "a number"),
    "by_category": (_object, "an object"),
    "by_group": (_object, "an object"),
    "reason": (_text_or_null, "a text"),
}


def _shapes(given: Mapping[str, Any]) -> Iterator[str]:
    yield from _fields("", given, _POLICY)
    for name in ("by_category", "by_group"):
        exceptions = given.get(name)
        for key, rule in exceptions.items() if isinstance(exceptions, Mapping) else ():
            where = f"{name}.{_shown(key)}"
            if isinstance(rule, Mapping):
                said = {field: value for field, value in rule.items() if value is not None}
                yield from _fields(f"{where}.", said, _RULE)
            elif rule is not None:
                yield f"{where}: must be an object, or null for never"


def _shown(name: str) -> str:
    """A terminal obeys control characters, anyone who wrote them."""
    return "".join(letter if letter.isprintable() else "?" for letter in name[:64])


def _fields(where: str, given: Mapping[str, Any], known: Mapping[str, tuple[_Test, str]]) -> Iterator[str]:
    for name, value in given.items():
        if name not in known:
            yield f"{where}{_shown(name)}: no such field; there are {', '.join(known)}"
            continue
        fits, expected = known[name]
        if not fits(value):
            yield f"{where}{name}: must be {expected}"
