"""One failure from its record to its diagnosis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType

from .classify import NOTHING, Facts, classify, facts
from .fingerprint import Material, fingerprints
from .model import Diagnosis, ErrorReport, Evidence
from .normalise import clean
from .parse import parsed
from .rules import Rule
from .tables import DEFAULT_RULES
from .titles import title
from .tokens import Tokens, extract
from .unwrap import root, views

# Facts worth telling beside the rule's own reason, with the words to tell them.
TOLD = (
    ("code", "AWS error code {}"), ("operation", "operation {}"), ("action", "action {}"), ("errno",
    "errno {}"),
    ("http", "HTTP status {}"), ("sqlstate", "SQLSTATE {}"), ("exit", "exit status {}"), ("signal",
    "signal {}"),
)  # fmt: skip


def _merged(links: Iterable[Tokens]) -> Tokens:
    """Typed facts of the whole chain; the deepest link that knows one wins."""
    merged: Tokens = {}
    for tokens in links:
        for kind, value in tokens.items():
            merged.setdefault(kind, value)
    return merged


def _as_version_1_saw_it(former: ErrorReport, links: tuple[Facts, ...], material: Material) -> Material:
    """Mostly the same: only a record in an unusual shape is read a second time."""
    if former is material.report:
        if all(link.tokens is link.first_tokens for link in links):
            return material
        return replace(material, tokens=_merged(link.first_tokens for link in links))
    chain = views(former)
    tokens = _merged(extract(view) for view in chain)
    return Material(evidence=material.evidence, report=former, view=root(chain), tokens=tokens)


# Phases without an error: the condition is all there is to tell.
SILENT = {"never_executed": "never executed", "unreported": "failed without an error in the record"}


def _reasons(rule: Rule, tokens: Tokens) -> tuple[str, ...]:
    told = [text.format(clean(tokens[kind], 80)) for kind, text in TOLD if tokens.get(kind)]
    return (rule.reason, *told)


def diagnose(evidence: Evidence, rules: tuple[Rule, ...] = DEFAULT_RULES) -> Diagnosis:
    """The diagnosis of one failure. Rules are tried in order; put your own in front of DEFAULT_RULES."""
    report, former = parsed(evidence)
    chain = views(report)
    links = tuple(facts(view, report, evidence, outermost=view is chain[-1]) for view in chain)
    rule, link = classify(links, rules)
    tokens = _merged(link.tokens for link in links)
    top = root(chain)
    material = Material(evidence=evidence, report=report, view=top, tokens=tokens)
    prints = fingerprints({1: _as_version_1_saw_it(former, links, material), 2: material})
    line = title(top.error_type, top.message, code=top.code)
    if report.phase in SILENT:
        line = title(None, f"{SILENT[report.phase]}: {evidence.condition}")
    return Diagnosis(
        category=rule.category,
        verdict=rule.verdict,
        rule=rule.id,
        confidence=rule.confidence,
        reasons=_reasons(rule, link.tokens if rule is not NOTHING else {}),
        fingerprint=prints.current,
        fingerprint_parts=MappingProxyType(prints.parts),
        algorithm=prints.algorithm,
        title=line,
        error=report,
        former=prints.former,
    )
