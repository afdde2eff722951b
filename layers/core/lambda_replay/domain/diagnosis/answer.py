"""One failure from its record to its diagnosis."""

from __future__ import annotations

from types import MappingProxyType

from .classify import NOTHING, Facts, classify, facts
from .fingerprint import Material, fingerprints
from .model import Diagnosis, Evidence
from .normalise import clean, title
from .parse import parse
from .rules import Rule
from .tables import DEFAULT_RULES
from .tokens import MISSING_KINDS, Tokens
from .unwrap import root, views

# Facts worth telling beside the rule's own reason, with the words to tell them.
TOLD = (
    ("code", "AWS error code {}"), ("operation", "operation {}"), ("action", "action {}"), ("errno",
    "errno {}"),
    ("http", "HTTP status {}"), ("sqlstate", "SQLSTATE {}"), ("exit", "exit status {}"), ("signal",
    "signal {}"),
)  # fmt: skip


def _merged(links: tuple[Facts, ...]) -> Tokens:
    """Typed facts of the whole chain; the deepest link that knows one wins."""
    merged: Tokens = {}
    for link in links:
        for kind, value in link.tokens.items():
            merged.setdefault(kind, value)
    return merged


# Phases without an error: the condition is all there is to tell.
SILENT = {"never_executed": "never executed", "unreported": "failed without an error in the record"}


def _reasons(rule: Rule, tokens: Tokens) -> tuple[str, ...]:
    told = [text.format(clean(tokens[kind], 80)) for kind, text in TOLD if tokens.get(kind)]
    return (rule.reason, *told)


def diagnose(evidence: Evidence, rules: tuple[Rule, ...] = DEFAULT_RULES) -> Diagnosis:
    """The diagnosis of one failure. Rules are tried in order; put your own in front of DEFAULT_RULES."""
    report = parse(evidence)
    chain = views(report)
    links = tuple(facts(view, report, evidence, outermost=view is chain[-1]) for view in chain)
    rule, link = classify(links, rules)
    tokens = _merged(links)
    top = root(chain)
    prints = fingerprints(Material(evidence=evidence, report=report, view=top, tokens=tokens))
    names = tuple(tokens[kind] for kind in MISSING_KINDS if tokens.get(kind))
    line = title(top.error_type, top.message, names)
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
