"""A policy as fields of a form: the options of `policy set`, by their names."""

from collections.abc import Mapping
from typing import Any

from lambda_replay_cli.console.backend.form import Fields
from lambda_replay_cli.console.client import PolicyOptions, UsageError

FIELDS = (
    "on", "category", "attempts", "base", "cap", "max_age", "rate", "idempotent", "qualifier",
    "tenant", "except_category", "except_group",
)  # fmt: skip
_SPANS = {"base_seconds": "base", "cap_seconds": "cap", "max_age_seconds": "max_age"}


def fields_of(policy: Mapping[str, Any]) -> dict[str, str]:
    """What the form shows of the policy in effect."""
    return {
        # Who fills it in where there is none wants one.
        "on": "off" if policy["origin"] == "own" and not policy["enabled"] else "on",
        "category": " ".join(policy["categories"]),
        "attempts": str(policy["attempts"]),
        **{name: _span(policy[field]) for field, name in _SPANS.items()},
        "rate": f"{policy['rate']:g}",
        "idempotent": "on" if policy["idempotent"] else "",
        "qualifier": policy["qualifier"] or "",
        "tenant": policy.get("tenant") or "",
        "except_category": _exceptions(policy["by_category"], policy),
        "except_group": _exceptions(policy["by_group"], policy),
    }


def options(given: Fields) -> PolicyOptions:
    """Raises `UsageError` for what can't be understood."""
    return PolicyOptions(
        category=given.all("category") or None,
        attempts=_whole("attempts", given),
        base=given.get("base"),
        cap=given.get("cap"),
        max_age=given.get("max_age"),
        rate=_rate(given),
        idempotent="idempotent" in given,
        qualifier=given.get("qualifier"),
        tenant=given.get("tenant"),
        except_category=_lines(given, "except_category"),
        except_group=_lines(given, "except_group"),
        enabled=given.get("on") != "off",
    )


def _whole(name: str, given: Fields) -> int | None:
    text = given.get(name, "").strip()
    if text and not text.isdecimal():
        raise UsageError(f"{name}: {text[:20]!r} is no whole number")
    return int(text) if text else None


def _rate(given: Fields) -> float | None:
    text = given.get("rate", "").strip()
    try:
        return float(text) if text else None
    except ValueError:
        raise UsageError(f"rate: {text[:20]!r} is no number") from None


def _lines(given: Fields, name: str) -> list[str] | None:
    return given.get(name, "").split() or None


def _span(seconds: float) -> str:
    """In the largest unit that says it exactly, as options take it."""
    whole = round(seconds)
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if whole and whole % size == 0:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def _exceptions(given: Mapping[str, Any], policy: Mapping[str, Any]) -> str:
    """One a line: `timeout:never`, or what is otherwise there than in the policy."""
    return "\n".join(
        f"{key}:{'never' if rule is None else _rule(rule, policy)}" for key, rule in given.items()
    )


def _rule(rule: Mapping[str, Any], policy: Mapping[str, Any]) -> str:
    said = [f"attempts={rule['attempts']}"]
    said += [f"{name}={_span(rule[field])}" for field, name in _SPANS.items() if rule[field] != policy[field]]
    if rule["idempotent"] != policy["idempotent"]:
        said.append(f"idempotent={'yes' if rule['idempotent'] else 'no'}")
    if rule["qualifier"] and rule["qualifier"] != policy["qualifier"]:
        said.append(f"qualifier={rule['qualifier']}")
    if rule.get("tenant") and rule["tenant"] != policy.get("tenant"):
        said.append(f"tenant={rule['tenant']}")
    return ",".join(said)
