"""One failure from its record to its diagnosis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import MappingProxyType

from lambda_replay.domain.redaction import redact

from .classify import NOTHING, Facts, classify, facts
from .facts import Tokens, extract
from .fingerprint import Fingerprints, Material, fingerprints
from .model import Diagnosis, ErrorReport, Evidence
from .normalise import clean
from .parse import parsed
from .rules import Rule
from .tables import DEFAULT_RULES
from .titles import title
from .unwrap import View, root, views

# Facts worth telling beside the rule's own reason, with the words to tell them.
REPORTED = (
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
    reported = [text.format(redact(clean(tokens[kind], 80))) for kind, text in REPORTED if tokens.get(kind)]
    return (rule.reason, *reported)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What is known of a failure before any rule is asked. Links come deepest first."""

    report: ErrorReport
    links: tuple[Facts, ...]
    root: View
    prints: Fingerprints


def examine(evidence: Evidence) -> Examined:
    """The facts of each link of the error, and the fingerprints, which no rule changes."""
    report, former = parsed(evidence)
    chain = views(report)
    links = tuple(facts(view, report, evidence, outermost=view is chain[-1]) for view in chain)
    tokens = _merged(link.tokens for link in links)
    material = Material(evidence=evidence, report=report, view=root(chain), tokens=tokens)
    prints = fingerprints({1: _as_version_1_saw_it(former, links, material), 2: material})
    links[-1].values["group"] = (prints.current, *prints.former)
    return Examined(report=report, links=links, root=material.view, prints=prints)


def diagnose(evidence: Evidence, rules: tuple[Rule, ...] = DEFAULT_RULES) -> Diagnosis:
    """The diagnosis of one failure. Rules are tried in order; put your own in front of DEFAULT_RULES."""
    found = examine(evidence)
    report, top, prints = found.report, found.root, found.prints
    rule, link = classify(found.links, rules)
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
