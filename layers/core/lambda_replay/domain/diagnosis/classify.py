"""Which rule decides: the facts of each link of the error, tried against the ordered tables."""

from __future__ import annotations

from dataclasses import dataclass

from lambda_replay.domain.category import Category, Verdict

from .aws_codes import stem
from .model import ErrorReport, Evidence, Frame
from .rules import Rule
from .tokens import SCANNED, Tokens, extract, missing
from .unwrap import View, simple_type

NOTHING = Rule(
    id="none", category=Category.unknown, verdict=Verdict.after_fix, confidence=0.2,
    reason="nothing in the record says what went wrong", when={},
)  # fmt: skip

# Names that code gives to what came in, and to what came back. Whole words only.
EVENT_NAMES = frozenset(
    [
        "event",
        "evt",
        "e",
        "ev",
        "events",
        "record",
        "records",
        "rec",
        "body",
        "message",
        "messages",
        "msg",
        "detail",
        "details",
        "payload",
        "request",
        "req",
        "params",
        "query",
        "input",
        "data",
        "item",
        "entry",
        "sns",
        "sqs",
        "s3",
        "job",
        "json_body",
        "event_body",
        "event_data",
        "request_body",
        "body_json",
        "properties",
        "resource_properties",
        "props",
        "attributes",
        "notification",
        "headers",
        "path_parameters",
        "query_parameters",
        "lambda_event",
        "input_event",
        "raw_event",
        "api_event",
        "querystring",
        "form",
        "args",
        "arguments",
        "row",
        "obj",
        "alarm",
        "eventbody",
        "eventdata",
        "detailtype",
    ]
)
RESPONSE_NAMES = frozenset(
    [
        "response",
        "resp",
        "res",
        "result",
        "results",
        "r",
        "reply",
        "answer",
        "ret",
        "output",
        "out",
        "rsp",
        "api_response",
        "http_response",
        "json_response",
        "response_json",
        "response_data",
        "response_body",
        "table_item",
        "items",
        "secret",
        "secrets",
    ]
)
ENVIRON = ("os.environ", "environ[", "getenv(", "process.env")
PLATFORM_OWNERS = ("Sandbox.", "Runtime.", "Function.", "Extension.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One link with its typed tokens and the values that rules compare (all lower case)."""

    view: View
    tokens: Tokens
    values: dict[str, tuple[str, ...]]


def _own_frames(frames: tuple[Frame, ...]) -> list[Frame]:
    return [frame for frame in frames if frame.in_app]


def _root_name(code: str, position: int) -> str:
    """The variable at the start of `a.b['c'].get(…)` that ends at `position`; read backwards in one line."""
    depth, index = 0, position - 1
    while index >= 0:
        char = code[index]
        if char in ")]":
            depth += 1
        elif char in "([":
            if depth == 0:
                break
            depth -= 1
        elif depth == 0 and not (char.isalnum() or char in "_.'\""):
            break
        index -= 1
    return code[index + 1 : position].split("[")[0].split("(")[0].split(".")[0].lower()


def subject(frames: tuple[Frame, ...], key: str | None) -> str | None:
    """What the failing line was reading: event, environ, response or other; None without a source line."""
    own = _own_frames(frames)
    code = own[0].code if own else None
    # os.environ['X'] is a method of the library: its own lookup is the innermost frame.
    if any(
        frame.file and frame.file.endswith("/os.py") and "environ" not in (frame.code or "")
        for frame in frames[:1]
    ):
        return "environ"
    if not code:
        return None
    if any(word in code for word in ENVIRON):
        return "environ"
    position = -1
    if key is not None:
        position = max(code.find(f"['{key}']"), code.find(f'["{key}"]'))
    if position < 0:
        position = code.find("[")
    if position < 0 and ".loads(" in code:
        position = code.find(")", code.find(".loads("))  # what was to be decoded
    name = _root_name(code, position) if position > 0 else ""
    if name in EVENT_NAMES or name.startswith("event") or name.endswith("event"):
        return "event"
    if name in RESPONSE_NAMES or name.startswith("resp") or name.endswith("response"):
        return "response"
    if key is None and ("event[" in code or "event." in code):
        return "event"
    return "other"


def payload_has(payload: str | None, name: str) -> str | None:
    """has, lacks, or None where nobody can tell.

    A search for the quoted name: a large payload is never parsed.
    """
    if payload is None or not name or len(name) > 100:
        return None
    if '"awslogs"' in payload or '"kinesis"' in payload or not name.isascii():
        return None  # packed or escaped: the text may hide the name
    return "has" if f'"{name}"' in payload or f'\\"{name}\\"' in payload else "lacks"


def facts(view: View, report: ErrorReport, evidence: Evidence, *, outermost: bool) -> Facts:
    """Everything that rules may ask about one link."""
    tokens = extract(view)
    name = missing(tokens)
    own = _own_frames(view.frames)
    kind = view.error_type or ""
    message = view.message[:SCANNED].lower()
    values: dict[str, tuple[str, ...]] = {
        "condition": (evidence.condition.lower()[:100],),
        "function": (evidence.function.lower()[:200],),
        "runtime": (report.runtime,),
        "phase": (report.phase,),
        "message": (message,),
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
    if name is not None:
        values["missing"] = tuple(f"{k}:{v}".lower() for k, v in tokens.items() if k == name[0])
        found = payload_has(evidence.payload, name[1])
        if found is not None and name[0] in ("key", "property"):
            values["payload"] = (found,)
        if name[0] == "key" and len(name[1]) > 3 and name[1].isupper() and "_" in name[1]:
            values["capitals"] = ("yes",)
    what = subject(view.frames, tokens.get("key"))
    if what is not None:
        values["subject"] = (what,)
    if own:
        values["source"] = ((own[0].code or "").lower(),)
        values["frame"] = tuple(f"{frame.file or ''}:{frame.function or ''}".lower() for frame in own[:10])
        values["depth"] = ("entry",) if len(own) == 1 else ("deep",)
    text = view.message.lstrip()
    bare = not kind or (kind in ("exitError", "Error") and text.startswith("RequestId:"))
    if outermost and (bare or kind.startswith(PLATFORM_OWNERS)) and not text.startswith("{"):
        values["ours"] = ("yes",)
    return Facts(view=view, tokens=tokens, values=values)


def _split(rules: tuple[Rule, ...]) -> tuple[list[Rule], list[Rule]]:
    return [r for r in rules if r.scope != "chain"], [r for r in rules if r.scope == "chain"]


_CACHE: dict[int, tuple[tuple[Rule, ...], list[Rule], list[Rule]]] = {}


def _scopes(rules: tuple[Rule, ...]) -> tuple[list[Rule], list[Rule]]:
    """Rules by scope, worked out once per table (the entry keeps the table alive: its id stays its own)."""
    known = _CACHE.get(id(rules))
    if known is None or known[0] is not rules:
        if len(_CACHE) > 16:
            _CACHE.clear()
        known = (rules, *_split(rules))
        _CACHE[id(rules)] = known
    return known[1], known[2]


def classify(links: tuple[Facts, ...], rules: tuple[Rule, ...]) -> tuple[Rule, Facts]:
    """The first rule that decides and the link it decided on, or `NOTHING`. Links come deepest first."""
    early, late = _scopes(rules)
    for rule in early:
        for link in links[-1:] if rule.scope == "own" else links:
            if rule.matches(link.values):
                return rule, link
    for link in links:
        for rule in late:
            if rule.matches(link.values):
                return rule, link
    return NOTHING, links[0]
