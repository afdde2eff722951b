"""A rule is data: what it matches, what it concludes, why, and an example that a test runs.

`when` maps a field to patterns: every field must match, any of its patterns is enough. `unless` is the
reverse. A pattern is literal text in which `*` stands for anything; case does not matter. There are no
regular expressions: text with `*` is matched left to right, each part searched once after the part before,
so no pattern a user writes can take more than linear time. `message` and `source` match anywhere in the
text; all other fields match as a whole.

Fields: group (fingerprint, also that of an earlier algorithm), condition, status, runtime, phase, function,
type (whole name or its last part), message, code (AWS; the suffix Exception, Error or Fault is ignored),
operation, service, action, errno, http, grpc (status name), constant (`ERR_…`, `P2002` and the like), model
(what a validator checked), missing (`kind:name`), exit, signal, sqlstate, sqlcode, reasons, host, subject
(event, environ, response, other), source (innermost own source line), frame (`file:function` of own
frames), library (the same of what the innermost own frame called), payload (has or lacks the missing name),
decoded (whose text was not readable: answer, event, unclear), object (type of the object that was used
wrongly), response (absent, null), ours (yes when Lambda itself speaks: the wording is not quoted by an
error of the function).

Scopes: `own` sees only the outermost link, as Lambda wrote it; `chain` sees each link, deepest first, and
decides on the deepest that any rule of this scope knows; `any` is tried over all links before the rules of
scope `chain`.

`example` is a failure that the rule decides on (see `examples`). Its members are those of the response:

    {"errorType": "KeyError", "errorMessage": "'id'", "stackTrace": [], "@payload": {"name": 1}}

Members that begin with `@` set the rest of the record: `@function`, `@condition` (else RetriesExhausted),
`@status` (else 200), `@payload` (any JSON; else the record holds none); `@absent` set to true stands for a
record without response, `@null` for the response `null`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from lambda_replay.domain.category import Category, Verdict
from lambda_replay.domain.errors import LambdaReplayError

from .aws_codes import stem
from .model import JSON
from .normalise import clean

FIELDS = frozenset(
    [
        "group",
        "condition",
        "status",
        "runtime",
        "phase",
        "function",
        "type",
        "message",
        "code",
        "operation",
        "service",
        "action",
        "errno",
        "http",
        "grpc",
        "constant",
        "model",
        "missing",
        "exit",
        "signal",
        "sqlstate",
        "sqlcode",
        "reasons",
        "host",
        "subject",
        "source",
        "frame",
        "library",
        "payload",
        "decoded",
        "object",
        "response",
        "ours",
    ]
)
INSIDE = frozenset({"message", "source"})
SCOPES = frozenset({"own", "chain", "any"})
MAX_RULES = 200
MAX_PATTERNS = 100
MAX_PATTERN = 300

type Values = Mapping[str, tuple[str, ...]]
type Patterns = Mapping[str, Sequence[str] | frozenset[str]]


class RuleError(LambdaReplayError, ValueError):
    """A rule that a user wrote can't be used; the text names the rule, the place and the fix."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """Patterns of one field by how they are compared: the commonest kinds take one call for all of them."""

    name: str
    exact: frozenset[str]
    starts: tuple[str, ...]
    ends: tuple[str, ...]
    inside: tuple[str, ...]
    globs: tuple[tuple[str, ...], ...]

    def matches(self, values: tuple[str, ...]) -> bool:
        """Whether one of the values fits one of the patterns."""
        for value in values:
            if value in self.exact:
                return True
            if self.starts and value.startswith(self.starts):
                return True
            if self.ends and value.endswith(self.ends):
                return True
            for text in self.inside:
                if text in value:
                    return True
            for parts in self.globs:
                if contains(value, parts, whole=self.name not in INSIDE):
                    return True
        return False


def contains(value: str, parts: tuple[str, ...], *, whole: bool) -> bool:
    """The parts in this order; with `whole`, the first is a prefix and the last a suffix."""
    if not whole:
        position = 0
        for part in parts:
            found = value.find(part, position)
            if found < 0:
                return False
            position = found + len(part)
        return True
    head, *middle, tail = parts if len(parts) > 1 else (*parts, parts[0])
    if len(parts) == 1:
        return value == head
    if not value.startswith(head) or not value.endswith(tail) or len(value) < len(head) + len(tail):
        return False
    return contains(value[len(head) : len(value) - len(tail)], tuple(middle), whole=False)


def _matcher(name: str, patterns: Sequence[str] | frozenset[str]) -> Matcher:
    exact: list[str] = []
    starts: list[str] = []
    ends: list[str] = []
    inside: list[str] = []
    globs: list[tuple[str, ...]] = []
    for pattern in patterns:
        text = pattern if isinstance(patterns, frozenset) else pattern.lower()
        if name == "code" and "*" not in text:
            text = stem(pattern)
        if name in INSIDE:
            parts = tuple(part for part in text.split("*") if part)
            inside.append(parts[0]) if len(parts) == 1 else globs.append(parts)
        elif "*" not in text:
            exact.append(text)
        else:
            match text.split("*"):
                case [start, ""]:
                    starts.append(start)
                case ["", end]:
                    ends.append(end)
                case ["", middle, ""]:
                    inside.append(middle)
                case several:
                    globs.append(tuple(several))
    return Matcher(name, frozenset(exact), tuple(starts), tuple(ends), tuple(inside), tuple(globs))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of a rule table. See the module's text for `when`, `unless` and `scope`."""

    id: str
    category: Category
    verdict: Verdict
    confidence: float
    reason: str
    when: Patterns
    unless: Patterns = MappingProxyType({})
    scope: str = "chain"
    example: Mapping[str, JSON] = MappingProxyType({})
    needs: tuple[Matcher, ...] = field(init=False, repr=False, compare=False)
    refuses: tuple[Matcher, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "needs", tuple(_matcher(name, given) for name, given in self.when.items()))
        object.__setattr__(
            self, "refuses", tuple(_matcher(name, given) for name, given in self.unless.items())
        )

    def matches(self, values: Values) -> bool:
        """Whether every field that the rule needs fits, and none that it refuses."""
        for matcher in self.needs:
            found = values.get(matcher.name)
            if found is None or not matcher.matches(found):
                return False
        for matcher in self.refuses:
            found = values.get(matcher.name)
            if found is not None and matcher.matches(found):
                return False
        return True


def _patterns(label: str, key: str, value: JSON) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise RuleError(f"{label}: '{key}' must be an object of field: [patterns]")
    result: dict[str, tuple[str, ...]] = {}
    for name, given in value.items():
        if name not in FIELDS:
            known = ", ".join(sorted(FIELDS))
            raise RuleError(f"{label}: unknown field '{clean(name, 80)}'; known are {known}")
        items = [given] if isinstance(given, str) else given
        if not isinstance(items, list) or not items or len(items) > MAX_PATTERNS:
            raise RuleError(f"{label}: '{name}' needs 1 to {MAX_PATTERNS} patterns")
        texts: list[str] = []
        for item in items:
            if not isinstance(item, str) or not item.strip("* ") or len(item) > MAX_PATTERN:
                raise RuleError(
                    f"{label}: each pattern of '{name}' must be text of 1 to {MAX_PATTERN} letters, not '*'"
                )
            texts.append(item)
        result[name] = tuple(texts)
    return result


def _choice[T: (Category, Verdict)](label: str, kind: type[T], value: JSON) -> T:
    known = {item.value: item for item in kind}
    if not isinstance(value, str) or value not in known:
        given = f"'{clean(value, 80)}'" if isinstance(value, str) else "this"
        raise RuleError(f"{label}: {given} is no {kind.__name__.lower()}; known are {', '.join(known)}")
    return known[value]


def load_rules(rows: Sequence[Mapping[str, JSON]]) -> tuple[Rule, ...]:
    """Rules from plain data (JSON). Raises RuleError that names the bad rule.

    Each row: `id`, `category`, `verdict`, `when`; optional `reason`, `confidence` (0 to 1), `unless`,
    `scope`, `example`. Whether the rules decide on their examples: `check_examples`.
    """
    if not isinstance(rows, list | tuple):
        raise RuleError("rules must be a list of objects")
    if len(rows) > MAX_RULES:
        raise RuleError(f"{len(rows)} rules are too many; at most {MAX_RULES}")
    rules: list[Rule] = []
    seen: set[str] = set()
    for position, row in enumerate(rows, 1):
        if not isinstance(row, Mapping):
            raise RuleError(f"rule {position}: must be an object")
        name = row.get("id")
        label = f"rule {position} ('{clean(name, 80)}')" if isinstance(name, str) else f"rule {position}"
        if not isinstance(name, str) or not 0 < len(name) <= 100:
            raise RuleError(f"{label}: 'id' must be text of 1 to 100 characters")
        if name in seen:
            raise RuleError(f"{label}: the id is used twice")
        seen.add(name)
        unknown = set(row) - {
            "id",
            "category",
            "verdict",
            "confidence",
            "reason",
            "when",
            "unless",
            "scope",
            "example",
        }
        if unknown:
            raise RuleError(f"{label}: unknown key '{clean(sorted(map(str, unknown))[0], 80)}'")
        when = _patterns(label, "when", row.get("when", None))
        if not when:
            raise RuleError(f"{label}: 'when' is empty, so the rule would match everything")
        confidence = row.get("confidence", 0.9)
        if (
            isinstance(confidence, bool)
            or not isinstance(confidence, int | float)
            or not 0 <= confidence <= 1
        ):
            raise RuleError(f"{label}: 'confidence' must be a number from 0 to 1")
        scope, reason = row.get("scope", "any"), row.get("reason", "matched a rule of yours")
        if not isinstance(scope, str) or scope not in SCOPES:
            raise RuleError(f"{label}: 'scope' must be one of {', '.join(sorted(SCOPES))}")
        if not isinstance(reason, str) or len(reason) > 300:
            raise RuleError(f"{label}: 'reason' must be text of at most 300 characters")
        example = row.get("example", {})
        if not isinstance(example, dict):
            raise RuleError(f"{label}: 'example' must be an object")
        rules.append(
            Rule(
                id=name,
                category=_choice(label, Category, row.get("category")),
                verdict=_choice(label, Verdict, row.get("verdict")),
                confidence=float(confidence),
                reason=reason,
                when=when,
                unless=_patterns(label, "unless", row.get("unless", {})),
                scope=scope,
                example=example,
            )
        )
    return tuple(rules)
