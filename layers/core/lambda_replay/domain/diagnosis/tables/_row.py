"""Shorthand for the tables: one call is one row."""

from __future__ import annotations

from collections.abc import Mapping

from lambda_replay.domain.category import Category, Verdict

from ..model import JSON
from ..rules import Patterns, Rule

TIMEOUT, OOM, THROTTLING = Category.timeout, Category.out_of_memory, Category.throttling
TRANSIENT, PERMISSION, CONFIGURATION = (
    Category.transient_dependency,
    Category.permission,
    Category.configuration,
)
INPUT, BUG, STATE = Category.invalid_input, Category.code_bug, Category.resource_state
PLATFORM, UNKNOWN = Category.platform, Category.unknown
AS_IS, AFTER_FIX, NEVER = Verdict.as_is, Verdict.after_fix, Verdict.never


def row(
    name: str,
    category: Category,
    verdict: Verdict,
    confidence: float,
    reason: str,
    when: Patterns,
    example: Mapping[str, JSON],
    *,
    unless: Patterns | None = None,
    scope: str = "chain",
) -> Rule:
    """A rule. `example` is a payload; `@condition`, `@status`, `@payload` and `@absent` set the record."""
    return Rule(
        id=name,
        category=category,
        verdict=verdict,
        confidence=confidence,
        reason=reason,
        when=when,
        unless=unless or {},
        scope=scope,
        example=example,
    )


def boto(code: str, operation: str, message: str) -> dict[str, JSON]:
    """botocore's ClientError."""
    return error(
        "ClientError", f"An error occurred ({code}) when calling the {operation} operation: {message}"
    )


def error(kind: str | None, message: str, *trace: JSON, **more: JSON) -> dict[str, JSON]:
    """A response payload in the commonest shape."""
    example: dict[str, JSON] = {"errorMessage": message, **more}
    if kind is not None:
        example["errorType"] = kind
    if trace:
        example["stackTrace"] = list(trace)
    return example


def any_of(text: str) -> tuple[str, ...]:
    """Patterns written as one text, separated by `|`: long lists stay readable."""
    return tuple(pattern for pattern in text.split("|") if pattern)
