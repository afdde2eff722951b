"""A policy as somebody wrote it, looked at as the API would, before it is tried."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lambda_replay_cli.errors import UsageError
from lambda_replay_cli.policies.from_api import policy

type _Test = Callable[[Any], bool]
# More seconds than any field takes, and few enough for a length of time.
_MOST = 10**9


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _MOST


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _truth(value: Any) -> bool:
    return isinstance(value, bool)


def _text_or_null(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _object(value: Any) -> bool:
    return isinstance(value, dict)


_RULE: dict[str, tuple[_Test, str]] = {
    "attempts": (_whole, "a whole number"),
    "base_seconds": (_whole, "a whole number"),
    "cap_seconds": (_whole, "a whole number"),
    "max_age_seconds": (_whole, "a whole number"),
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


def check(function: str, given: Mapping[str, Any]) -> None:
    """Raises `UsageError` with the first field that `policy set` would refuse."""
    for wrong in _shapes(given):
        raise UsageError(wrong)
    for wrong in policy(function, given).objections():
        raise UsageError(wrong)


def _shapes(given: Mapping[str, Any]) -> Iterator[str]:
    yield from _fields("", given, _POLICY)
    for name in ("by_category", "by_group"):
        for key, rule in given.get(name, {}).items():
            where = f"{name}.{_shown(key)}"
            if isinstance(rule, dict):
                # Of an exception, null is as for the others.
                yield from _fields(f"{where}.", {k: v for k, v in rule.items() if v is not None}, _RULE)
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
