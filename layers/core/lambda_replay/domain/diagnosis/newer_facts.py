# ruff: noqa: E501 - a pattern reads better in one line
"""Typed facts that version 1 of the fingerprint does not know: more spellings of a status, the code in the head
of a trace, the type of the object that was used wrongly, fields that Swift's and Kotlin's decoders miss.

Kept apart from `tokens`, for these must not change what version 1 gives.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import islice

from .facts import SCANNED, Tokens
from .os_errors import ERRNO_NAMES
from .unwrap import View

# The words that servers and libraries write for a status.
PHRASES = {
    "400": "bad request", "401": "unauthorized", "403": "forbidden", "404": "not found",
    "405": "method not allowed", "406": "not acceptable", "408": "request timeout", "409": "conflict",
    "410": "gone", "411": "length required", "412": "precondition failed",
    "413": "(?:payload|content|request entity) too large", "415": "unsupported media type",
    "422": "unprocessable", "423": "locked", "424": "failed dependency", "425": "too early",
    "429": "too many requests", "500": "internal server error", "501": "not implemented", "502": "bad gateway",
    "503": "service (?:temporarily )?unavailable", "504": "gateway time-?out", "507": "insufficient storage",
    "520": "web server returned", "521": "web server is down", "522": "connection timed out", "524": "a timeout",
}  # fmt: skip
_NUMBER = r"\b[45]\d\d\b"
# Between a status and its words stand so few signs, and no letter.
_BETWEEN = r"[^\w.]{1,5}"
_NEAR = 48
_MOST_NUMBERS = 8

# kind, gates (any of them, lower case), pattern for the lower-case message; the first group that matched counts.
PATTERNS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    # 402 asks for a payment: neither that the input is wrong nor that anything is broken.
    ("http", ("(4", "(5"), r"^\(([45]\d\d),\s(?!b['\"])"),
    ("http", ("status", "code", "http", "error"),
     r"(?:status|code|http|error)[ _-]?(?:code)?['\"]?\s{0,2}[:=(\[]{1,2}\s{0,2}['\"]?((?!402)[45]\d\d)\b(?!\.\d| ?(?:ms|bytes|items|records|rows|seconds)\b)"),
    ("http", ("return", "respon", "answer", "got ", "received ", "failed with", "replied"),
     r"\b(?:return(?:ed|s)?|respon(?:ded|ds|se)(?: was| of)?|answer(?:ed|s)?|got|received|failed|replied)(?: an?| with| status| code| http| error){0,3}[ :]{1,2}([45]\d\d)\b(?! ?(?:ms|bytes|items|records|rows|seconds|of\b|results))"),
    ("http", ("[4", "[5"), r"(?:<response |^|http |status )\[([45]\d\d)\]"),
    ("http", ("http",), r"\bhttp[ /-]?([45]\d\d)\b"),
    ("object", ("' object ",), r"'([\w.]{1,80})' object (?:has no|is not|does not|cannot|can't)"),
    ("field", ("stringvalue: \"",), r"stringvalue: \"([\w.-]{1,100})\""),
    ("field", ("is required for type with serial name",), r"fields? \[?'?([\w., -]{1,100}?)'?\]? (?:is|are) required for type"),
    ("field", ("unknown key",), r"unknown key '([^'\n]{1,100})'"),
    ("exit", ("exit", "status", "code"), r"\bexit(?:ed)?(?: with)?(?: a)?(?: non-?zero)?(?: error)? ?(?:status|code)[ :=]{1,3}(\d{1,5})\b"),
)  # fmt: skip


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def newer(view: View, known: Tokens) -> Tokens:
    """The facts of `known`, which `tokens` gave, and what it did not see."""
    message = view.message[:SCANNED]
    lowered = message.lower()
    found: Tokens = {}
    for kind, gates, pattern in PATTERNS:
        if kind in known or kind in found:
            continue
        for gate in gates:
            if gate in lowered:
                break
        else:
            continue
        match = _pattern(pattern).search(lowered)
        if match:
            found[kind] = message[match.start(1) : match.end(1)] if len(lowered) == len(message) else match[1]
    if "http" not in known and "http" not in found:
        status = _status_with_words(lowered)
        if status is not None:
            found["http"] = status
    if view.code is not None and "code" not in known:
        kind = "errno" if view.code in ERRNO_NAMES else "constant"
        if kind not in known:
            found[kind] = view.code
    return {**known, **found} if found else known


def _status_with_words(lowered: str) -> str | None:
    """A status beside the words that mean it: `404 Not Found`, `Not Found (404)`."""
    for match in islice(_pattern(_NUMBER).finditer(lowered), _MOST_NUMBERS):
        words = PHRASES.get(match.group())
        if words is None:
            continue
        near = lowered[max(0, match.start() - _NEAR) : match.end() + _NEAR]
        status = match.group()
        if _pattern(rf"\b{status}{_BETWEEN}{words}|{words}{_BETWEEN}{status}\b").search(near):
            return status
    return None
