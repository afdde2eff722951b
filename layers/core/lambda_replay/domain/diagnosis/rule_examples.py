"""Whether rules decide on their own examples: what a table of rules is tested by (shape: `rules`)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from .diagnose import diagnose
from .model import JSON, Evidence
from .normalise import clean
from .rules import Rule, RuleError
from .tables import DEFAULT_RULES

FUNCTION, CONDITION, STATUS = "orders", "RetriesExhausted", 200
# What an example may set beside the response payload, and of which type.
SETTINGS: Mapping[str, type | tuple[type, ...]] = {
    "@function": str,
    "@condition": str,
    "@status": int,
    "@payload": object,
    "@absent": bool,
    "@null": bool,
}


def check_examples(rules: tuple[Rule, ...]) -> None:
    """Each example must be decided by its own rule, with the other rules and the product's in place.

    Rules without an example are left alone. Raises `RuleError`, which names the rule and the one
    that decided.
    """
    in_order = (*rules, *DEFAULT_RULES)
    for rule in rules:
        if not rule.example:
            continue
        decided_by = diagnose(evidence(rule), in_order).rule
        if decided_by != rule.id:
            raise RuleError(
                f"rule '{clean(rule.id, 80)}': its example is decided by the rule '{clean(decided_by, 80)}'; "
                "change 'when' or the example, or move the rule in front"
            )


def evidence(rule: Rule) -> Evidence:
    """The record that the example stands for. Raises `RuleError` for one that stands for nothing."""
    label = f"rule '{clean(rule.id, 80)}'"
    settings = {name: value for name, value in rule.example.items() if name.startswith("@")}
    response = {name: value for name, value in rule.example.items() if not name.startswith("@")}
    for name, value in settings.items():
        _check(label, name, value)
    absent, null = bool(settings.get("@absent")), bool(settings.get("@null"))
    if (absent or null) and (response or absent == null):
        raise RuleError(f"{label}: its example has more than one response")
    status = settings.get("@status", None if absent else STATUS)
    return Evidence(
        function=str(settings.get("@function", FUNCTION)),
        condition=str(settings.get("@condition", CONDITION)),
        status_code=status if isinstance(status, int) else None,
        response=None if absent else _text(label, None if null else response),
        payload=_text(label, settings["@payload"]) if "@payload" in settings else None,
    )


def _check(label: str, name: str, value: JSON) -> None:
    wanted = SETTINGS.get(name)
    if wanted is None:
        raise RuleError(f"{label}: its example sets '{clean(name, 80)}'; known are {', '.join(SETTINGS)}")
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise RuleError(f"{label}: '{name}' of its example has the wrong type")


def _text(label: str, value: JSON) -> str:
    try:
        return json.dumps(value)
    except (ValueError, TypeError, RecursionError):
        raise RuleError(f"{label}: its example can't be written as JSON") from None
