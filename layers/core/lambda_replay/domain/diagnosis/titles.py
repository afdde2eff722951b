"""One line for logs and alerts: what happened, in the words of the error, with the values masked in place.

What stands in quotes stays where the words around it say that it is a name of code: a type, a module, an
attribute, a parameter. Everything else in quotes may be a value of a customer. Statuses and exit codes stay,
for they say what happened. Secrets are masked first, by the redactor.
"""

from __future__ import annotations

import re
from functools import cache

from lambda_replay.domain.redaction import redact

from .normalise import MASKS, MAX_TITLE, clean, mask, printable, strip_prefix, without_trace
from .unwrap import simple_type

_LONGEST = 500
_TYPE = 120

# A name of code in quotes: letters, few digits, parts of a path or of a qualified name; `@scope/package`.
_NAME = r"(?:\.{1,2}/){0,4}[@A-Za-z_$](?:[A-Za-z_$]|\d{1,3}(?!\d)|[./:\\-](?=[A-Za-z_$@])){0,80}"
_QUOTED = rf"(?:'{_NAME}'|\"{_NAME}\"|`{_NAME}[`'])"
# Words in front of a name, and words behind one.
_BEFORE = (
    "module", "modules", "package", "attribute", "property", "properties", "export", "named", "argument",
    "arguments", "parameter", "param", "method", "function", "constructor", "class", "type", "object",
    "variable", "gem", "symbol", "import name", "column", "relation", "table", "field", "reading", "setting",
    "handler", "assembly", "library", "struct", "trait", "member", "operator", "import", "global name",
    "local variable", "and", "or", "evaluating", "interface", "annotation", "bean", "directive", "extension",
    "index",
)  # fmt: skip
_BEHIND = (
    "object ", "objects ", "has no ", "is not a function", "is not a constructor", "is not defined",
    "is a required property", "missing on module", "is not iterable", "is not callable", "is undefined",
    "field required", "from '", "is required for type", "in input", "(pos", "does not provide",
    "is not subscriptable", "because \"",
)  # fmt: skip
# How the words of a status begin, as servers write them.
_STATUS_WORDS = "Bad|Unauthorized|Forbidden|Not|Conflict|Gone|Too|Internal|Service|Gateway|Unprocessable"
_KEPT = rf"""
(?P<code>
  \b(?:{"|".join(word.replace(" ", r"\ ") for word in _BEFORE)})(?:\(s\))?:?\ (?:for\ \S{{1,4}}\ )?{_QUOTED}
  |{_QUOTED}(?=\ (?:{"|".join(re.escape(word) for word in _BEHIND)}))
  |(?<='\ from\ ){_QUOTED}
  |[<]class\ '{_NAME}'[>]
)
|(?P<number>\b(?:exit(?:ed)?(?:\ with)?\ (?:status|code)|status(?:[\ _]?code)?|HTTP(?:\ Error)?|
   response\ code|errno)[\ :=]{{1,3}}\d{{1,5}}\b
   |\b[45]\d\d(?=\ (?:Client|Server)\ Error\b|[:,]?\ ['"]?(?:{_STATUS_WORDS})\b))
|(?P<query>\?[\w.%~-]{{1,60}}=[^\s'\"<>)\]]{{0,400}})
"""


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile(f"{_KEPT}|{MASKS.strip()}", re.VERBOSE)


def _shown(match: re.Match[str]) -> str:
    text = match.group()
    if match["code"] or match["number"]:
        return text
    if match["query"]:
        return "?…"
    return mask(match, keep_identifiers=False)


def _masked(text: str) -> str:
    return _pattern().sub(_shown, redact(text))


def title(error_type: str | None, message: str, *, code: str | None = None) -> str:
    """`Type: message`, at most 160 characters. `code` is what the head of a trace adds to the type.

    The message of a `KeyError` and its like is the name itself, which stays when it looks like one.
    """
    text = clean(without_trace(strip_prefix(message)), _LONGEST)
    if len(text) == _LONGEST:
        text = text.rsplit(" ", 1)[0]  # a half-cut id would not be recognised
    is_key = simple_type(error_type) == "KeyError" and _is_name(text)
    body = redact(text) if is_key else _masked(text)
    head = _masked(clean(error_type or "", _TYPE))
    if code is not None and code not in text:
        head = f"{head} [{code}]"
    line = f"{head}: {body}" if head and body and head != body else head or body
    line = " ".join(printable(line).split()) or "no error text"
    return line if len(line) <= MAX_TITLE else line[: MAX_TITLE - 1] + "…"


def _is_name(text: str) -> bool:
    return re.fullmatch(_QUOTED, text) is not None
