"""Which rule decides: the facts of each link of the error, tried against the ordered tables."""

from __future__ import annotations

from dataclasses import dataclass

from lambda_replay.domain.category import Category, Verdict

from .aws_codes import stem
from .facts import SCANNED, Tokens, extract, missing
from .model import ErrorReport, Evidence
from .newer_facts import newer
from .provenance import (
    decoded_from,
    event_lacks,
    event_members,
    expression_members,
    library_frames,
    own_frames,
    payload_has,
    subject,
)
from .rules import Rule
from .unwrap import View, simple_type

NOTHING = Rule(
    id="none", category=Category.unknown, verdict=Verdict.after_fix, confidence=0.5,
    reason="nothing in the record says what went wrong", when={},
)  # fmt: skip

PLATFORM_OWNERS = ("Sandbox.", "Runtime.", "Function.", "Extension.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One link with its typed tokens and the values that rules compare (all lower case).

    `first_tokens` are those that version 1 of the fingerprint knows.
    """

    view: View
    tokens: Tokens
    first_tokens: Tokens
    values: dict[str, tuple[str, ...]]


def facts(view: View, report: ErrorReport, evidence: Evidence, *, outermost: bool) -> Facts:
    """Everything that rules may ask about one link."""
    first_tokens = extract(view)
    tokens = newer(view, first_tokens)
    decoded = decoded_from(view, evidence.payload)
    if decoded is not None:
        tokens = {**tokens, "decoded": decoded}
    kind = view.error_type or ""
    values: dict[str, tuple[str, ...]] = {
        "condition": (evidence.condition.lower()[:100],),
        "function": (evidence.function.lower()[:200],),
        "runtime": (report.runtime,),
        "phase": (report.phase,),
        "message": (view.message[:SCANNED].lower(),),
    }
    if evidence.status_code is not None:
        values["status"] = (str(evidence.status_code)[:10],)
    if evidence.response is None:
        values["response"] = ("absent",)
    elif evidence.response[:20].strip() == "null":
        values["response"] = ("null",)
    if kind:
        values["type"] = (kind.lower(), simple_type(kind).lower())
    for known, value in tokens.items():
        values[known] = (stem(value),) if known == "code" else (value.lower(),)
    name = missing(tokens)
    if name is not None:
        values["missing"] = tuple(f"{k}:{v}".lower() for k, v in tokens.items() if k == name[0])
        if name[0] == "key" and len(name[1]) > 3 and name[1].isupper() and "_" in name[1]:
            values["capitals"] = ("yes",)
    _add_provenance(values, view, tokens, name, evidence.payload)
    text = view.message.lstrip()
    bare = not kind or (kind in ("exitError", "Error") and text.startswith("RequestId:"))
    if outermost and (bare or kind.startswith(PLATFORM_OWNERS)) and not text.startswith("{"):
        values["ours"] = ("yes",)
    return Facts(view=view, tokens=tokens, first_tokens=first_tokens, values=values)


def _add_provenance(
    values: dict[str, tuple[str, ...]],
    view: View,
    tokens: Tokens,
    name: tuple[str, str] | None,
    payload: str | None,
) -> None:
    """Where it failed, and whether the event has what was read from it."""
    if name is not None and name[0] in ("key", "property"):
        found = payload_has(payload, name[1])
        if found is not None:
            values["payload"] = (found,)
    what = subject(view.frames, tokens.get("key"))
    own = own_frames(view.frames)
    if "key" not in tokens and ((view.error_type is not None and name is not None) or what == "event"):
        expression = tokens.get("property")
        if expression is not None and ("." in expression or "[" in expression):
            members = expression_members(expression, called="is not a function" in view.message)
            what = "event" if members else what
        else:
            members = event_members(own)
        found = event_lacks(payload, members, is_list="is not iterable" in view.message)
        if found is not None:
            values["payload"] = (found,)
    if what is not None:
        values["subject"] = (what,)
    if own:
        values["source"] = ((own[0].code or "").lower(),)
        values["frame"] = tuple(f"{frame.file or ''}:{frame.function or ''}".lower() for frame in own[:10])
        values["depth"] = ("entry",) if len(own) == 1 else ("deep",)
    library = library_frames(view.frames)[:10]
    if library:
        values["library"] = tuple(f"{frame.file or ''}:{frame.function or ''}".lower() for frame in library)


# Candidates are worked out once per table and set of known facts; more than this are not kept.
_MOST_KEPT = 256


class _Table:
    """A table of rules, by scope and by the facts that they need."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules
        self._candidates: dict[frozenset[str], tuple[list[Rule], list[Rule]]] = {}

    def candidates(self, link: Facts) -> tuple[list[Rule], list[Rule]]:
        """The rules whose facts the link has: those of the scopes own and any, and those of chain."""
        known = frozenset(link.values)
        found = self._candidates.get(known)
        if found is None:
            if len(self._candidates) >= _MOST_KEPT:
                self._candidates.clear()
            fitting = [rule for rule in self.rules if known.issuperset(rule.when)]
            found = (
                [rule for rule in fitting if rule.scope != "chain"],
                [rule for rule in fitting if rule.scope == "chain"],
            )
            self._candidates[known] = found
        return found


_TABLES: dict[int, _Table] = {}


def _table(rules: tuple[Rule, ...]) -> _Table:
    """Made once per tuple of rules (the table keeps the tuple alive: its id stays its own)."""
    known = _TABLES.get(id(rules))
    if known is None or known.rules is not rules:
        if len(_TABLES) > 16:
            _TABLES.clear()
        known = _TABLES[id(rules)] = _Table(rules)
    return known


def classify(links: tuple[Facts, ...], rules: tuple[Rule, ...]) -> tuple[Rule, Facts]:
    """The first rule that decides and the link it decided on, or `NOTHING`. Links come deepest first."""
    table = _table(rules)
    candidates = [table.candidates(link) for link in links]
    early = _first_early(links, [found[0] for found in candidates], rules)
    if early is not None:
        return early
    for link, (_, late) in zip(links, candidates, strict=True):
        for rule in late:
            if rule.matches(link.values):
                return rule, link
    return NOTHING, links[0]


def _first_early(
    links: tuple[Facts, ...], candidates: list[list[Rule]], rules: tuple[Rule, ...]
) -> tuple[Rule, Facts] | None:
    """The first rule in the order of the table, over all links; rules of scope own see the outermost one."""
    matched: dict[int, tuple[Rule, Facts]] = {}
    for link, found in zip(links, candidates, strict=True):
        outermost = link is links[-1]
        for rule in found:
            if (outermost or rule.scope == "any") and rule.matches(link.values):
                matched.setdefault(id(rule), (rule, link))
                break
    if len(matched) < 2:
        return next(iter(matched.values()), None)
    return next(matched[id(rule)] for rule in rules if id(rule) in matched)
