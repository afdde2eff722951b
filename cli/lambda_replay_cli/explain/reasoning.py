"""`explain --why`: which evidence decided about each record, and what would have changed it.

Fields are named as in rules, so what is seen here can be written into one.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from lambda_replay.domain.diagnosis import JSON, Evidence, Rule
from lambda_replay.domain.diagnosis.reasoning import Alternative, Explanation, why


def as_json(evidence: Evidence, rules: tuple[Rule, ...]) -> dict[str, JSON]:
    """What is printed of it, as the value of `why`."""
    found = why(evidence, rules)
    return {
        "evidence": {met.field: met.value for met in found.evidence},
        "link": found.link,
        "links": found.links,
        "would_change": [_alternative(one) for one in found.alternatives],
        "without_this_rule": _answer(found),
    }


def _alternative(one: Alternative) -> JSON:
    condition: JSON = list(one.wanted)
    return {
        "field": one.field,
        "unless" if one.unless else "is": condition,
        "rule": one.rule,
        "category": one.category.value,
        "verdict": one.verdict.value,
    }


def _answer(found: Explanation) -> JSON:
    rule = found.otherwise
    return {"rule": rule.id, "category": rule.category.value, "verdict": rule.verdict.value}


def lines(row: Mapping[str, Any]) -> Iterator[str]:
    """For a person: one block for each record."""
    yield f"{row['id']}  {row['category'] or 'succeeded'}  {row['verdict'] or ''}".rstrip()
    if row.get("title"):
        yield f"  {row['title']}"
    grounds = row.get("why")
    if not isinstance(grounds, Mapping):
        return
    yield f"  decided by {row['rule']} (confidence {row['confidence']}): {row['reasons'][0]}"
    if grounds["links"] > 1:
        yield f"  at error {grounds['link']} of a chain of {grounds['links']}, counted from the outermost"
    yield from (f"    {name} = {value}" for name, value in grounds["evidence"].items())
    yield from map(_would_be, grounds["would_change"])
    yield f"  without this rule: {_words(grounds['without_this_rule'])}"
    yield f"  group {row['fingerprint'][:8]}: {_parts(row['fingerprint_parts'])}"


def _would_be(one: Mapping[str, Any]) -> str:
    sign, wanted = ("=", one["is"]) if "is" in one else ("other than", one["unless"])
    return f"  with {one['field']} {sign} {' or '.join(wanted)}: {_words(one)}"


def _words(answer: Mapping[str, Any]) -> str:
    return f"{answer['category']}, {answer['verdict']} ({answer['rule']})"


def _parts(parts: Mapping[str, Any]) -> str:
    shown: dict[str, Any] = {
        name: value for name, value in parts.items() if name not in ("algorithm", "function")
    }
    shown |= shown.pop("discriminators", {})
    frames = shown.pop("frames", None)
    text = ", ".join(f"{name} {value}" for name, value in shown.items())
    return f"{text}, at {' < '.join(frames)}" if frames else text
