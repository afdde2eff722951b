"""Why a failure has its diagnosis: the evidence that decided, and what would have changed it.

Made on request only: nothing that triages loads this module.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lambda_replay.domain.category import Category, Verdict

from .classify import NOTHING, Facts, classify
from .diagnose import examine
from .model import Evidence
from .normalise import clean
from .rules import FIELDS, INSIDE, Matcher, Rule
from .tables import DEFAULT_RULES

MOST_ALTERNATIVES = 5
# What kind of record it is can't have been otherwise.
ABOUT_THE_RECORD = frozenset({"group", "response", "status", "condition", "ours", "function", "runtime"})
_LONGEST = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """One field of a rule, and what the failure has there.

    Of a text it is the pattern that was found in it, for the text may hold anything.
    """

    field: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """A rule that would have decided, had `field` been one of `wanted` (or none of them: `unless`)."""

    rule: str
    category: Category
    verdict: Verdict
    field: str
    wanted: tuple[str, ...]
    unless: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """`link` counts the errors of the chain from the outermost, which is 1. `otherwise` is the rule that
    decides where this one is left out."""

    rule: Rule
    link: int
    links: int
    evidence: tuple[Met, ...]
    alternatives: tuple[Alternative, ...]
    otherwise: Rule


def why(evidence: Evidence, rules: tuple[Rule, ...] = DEFAULT_RULES) -> Explanation:
    """The same decision as `diagnose` makes, with its grounds."""
    links = examine(evidence).links
    rule, link = classify(links, rules)
    others = tuple(other for other in rules if other is not rule)
    return Explanation(
        rule=rule,
        link=len(links) - next(n for n, one in enumerate(links) if one is link),
        links=len(links),
        evidence=tuple(_met(rule, link)),
        alternatives=tuple(_alternatives(rule, link, others)),
        otherwise=classify(links, others)[0] if rule is not NOTHING else NOTHING,
    )


def _met(rule: Rule, link: Facts) -> Iterator[Met]:
    for matcher in rule.needs:
        values = link.values[matcher.name]
        shown = next((value for value in values if matcher.matches((value,))), "")
        if matcher.name in INSIDE:
            shown = next((text for text in _patterns(matcher) if _is_in(matcher, text, shown)), "")
        yield Met(field=matcher.name, value=clean(shown, _LONGEST))


def _patterns(matcher: Matcher) -> Iterator[str]:
    yield from matcher.inside
    yield from ("*".join(parts) for parts in matcher.globs)


def _is_in(matcher: Matcher, pattern: str, value: str) -> bool:
    if pattern in matcher.inside:
        return pattern in value
    only = Matcher(matcher.name, frozenset(), (), (), (), (tuple(pattern.split("*")),))
    return only.matches((value,))


def _alternatives(decided: Rule, link: Facts, others: tuple[Rule, ...]) -> Iterator[Alternative]:
    """Rules with another answer that one field keeps from deciding, while something else speaks for them."""
    count, values = 0, link.values
    for rule in others:
        if (rule.category, rule.verdict) == (decided.category, decided.verdict) or count >= MOST_ALTERNATIVES:
            continue
        missing = [matcher for matcher in rule.needs if not _matches(matcher, values)]
        in_the_way = [matcher for matcher in rule.refuses if _matches(matcher, values)]
        if len(missing) + len(in_the_way) != 1 or len(rule.needs) - len(missing) < 1:
            continue
        (one,) = missing or in_the_way
        if one.name in ABOUT_THE_RECORD or one.name not in FIELDS:
            continue
        wanted = (rule.when if missing else rule.unless)[one.name]
        count += 1
        yield Alternative(
            rule=rule.id, category=rule.category, verdict=rule.verdict, field=one.name,
            wanted=tuple(sorted(wanted)[:3]), unless=not missing,
        )  # fmt: skip


def _matches(matcher: Matcher, values: Mapping[str, tuple[str, ...]]) -> bool:
    found = values.get(matcher.name)
    return found is not None and matcher.matches(found)
