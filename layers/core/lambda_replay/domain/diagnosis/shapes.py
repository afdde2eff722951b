"""Errors in unusual shapes rewritten into the usual one, which `parse` reads.

Custom runtimes, loggers, Step Functions and hand-made answers write the same facts under other names and in
other places: capital keys, an object or a list as message, `Error` and `Cause`, a chain of thirty causes.
Version 1 of the fingerprint did not read these, so a record in which anything is rewritten is read as it
stood as well: groups of that version are found by it.
"""

from __future__ import annotations

from .bounded_json import load_json
from .model import JSON

MAX_CAUSES = 12
# How far a chain is followed to its end; of what lies between, nothing is kept.
MAX_FOLLOWED = 400
MAX_KEYS = 64
MAX_ITEMS = 3
MAX_WRAPPED = 4

# The first key that holds text wins. The first of each row is what Lambda's own runtimes write.
MESSAGE_KEYS = (
    "errorMessage", "message", "Message", "error_message", "msg", "detail", "Error", "error", "reason",
)  # fmt: skip
TYPE_KEYS = ("errorType", "type", "name", "__type", "exception", "code", "Code")
TRACE_KEYS = ("stackTrace", "trace", "stack", "errorStack", "stack_trace", "StackTrace", "traceback")
CAUSE_KEYS = ("cause", "innerException", "InnerException")

# The same and others without case and separators, in the order in which they are looked for.
FOLDED_MESSAGES = (
    "errormessage", "message", "msg", "errormsg", "exceptionmessage", "detail", "error", "reason",
    "description", "details", "localizeddescription", "debugdescription",
)  # fmt: skip
FOLDED_TYPES = (
    "errortype", "exceptiontype", "exceptionclass", "exceptionname", "type", "classname", "errorname", "name",
    "errorcode", "code", "class", "kind",
)  # fmt: skip
FOLDED_TRACES = ("stacktrace", "trace", "stack", "backtrace", "errorstack", "traceback", "stacktracestring")
FOLDED_CAUSES = ("cause", "innerexception", "innererror", "causedby", "underlyingerror", "rootcause")
# Objects that are the error, inside one that says nothing.
FOLDED_ERRORS = ("error", "exception", "err", "failure", "fault", "errors")

type Document = dict[str, JSON]


def as_text(value: JSON) -> str | None:
    """The text of a value that may stand for a message or a type: text, or a number of readable length."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return str(value) if isinstance(value, float) or -(10**18) < value < 10**18 else "number"
    return None


def first_text(document: Document, keys: tuple[str, ...]) -> str | None:
    """The first of these members that is a text; None without one."""
    for key in keys:
        text = as_text(document.get(key))
        if text is not None:
            return text
    return None


def usual(document: Document, wrapped: int = MAX_WRAPPED) -> Document:
    """The same error in the shape that runtimes write; the document itself where it has that already."""
    if wrapped:
        document = _step_functions(document, wrapped - 1)
        document = _named(document, wrapped - 1)
        document = _spoken(document, wrapped - 1)
    return _shortened(document)


def _step_functions(document: Document, wrapped: int) -> Document:
    """`{"Error": type, "Cause": text}`: the cause is the function's error, or the message."""
    kind, cause = document.get("Error"), document.get("Cause")
    if not isinstance(kind, str) or not cause or "errorMessage" in document:
        return document
    inner: JSON = cause
    if isinstance(cause, str) and cause.lstrip()[:1] == "{":
        _, inner = load_json(cause)
    return usual(inner, wrapped) if isinstance(inner, dict) else {"errorType": kind, "errorMessage": cause}


def _named(document: Document, wrapped: int) -> Document:
    """What stands under names that runtimes don't write, under those they write."""
    message, kind = first_text(document, MESSAGE_KEYS), first_text(document, TYPE_KEYS)
    if (message is not None and kind is not None) or len(document) > MAX_KEYS:
        return document
    folded = {_folded(key): value for key, value in reversed(document.items())}
    if message is None:
        for name in FOLDED_ERRORS:
            inner = folded.get(name)
            inner = inner[0] if isinstance(inner, list) and inner else inner
            if isinstance(inner, dict) and inner:
                return usual(inner, wrapped)
    found: Document = {}
    if message is None:
        found |= _member(folded, "errorMessage", FOLDED_MESSAGES)
    if kind is None:
        found |= _member(folded, "errorType", FOLDED_TYPES)
    if found and not any(document.get(key) for key in TRACE_KEYS):
        found |= _member(folded, "stackTrace", FOLDED_TRACES)
    if found and not any(document.get(key) for key in CAUSE_KEYS):
        found |= _member(folded, "cause", FOLDED_CAUSES)
    return {**document, **found} if found else document


def _folded(key: str) -> str:
    return key[:40].lower().replace("_", "").replace("-", "").replace(".", "").replace(" ", "")


def _member(folded: Document, name: str, names: tuple[str, ...]) -> Document:
    value = next((folded[known] for known in names if folded.get(known)), None)
    return {} if value is None else {name: value}


def _spoken(document: Document, wrapped: int) -> Document:
    """A message that is an object or a list: its text is the message, and it is a cause of its own type."""
    value = document.get("errorMessage", document.get("message"))
    if isinstance(value, list):
        value = _first(value)
    if isinstance(value, dict):
        inner = usual(value, wrapped)
        text = first_text(inner, MESSAGE_KEYS)
        if text is None:
            return document
        cause = {**inner, "cause": document["cause"]} if document.get("cause") else inner
        return {**document, "errorMessage": text, "cause": cause}
    if isinstance(value, str) and value is not document.get("errorMessage", document.get("message")):
        return {**document, "errorMessage": value}
    return document


def _first(items: list[JSON]) -> JSON:
    """The first object, or the first texts as one."""
    for item in items[:MAX_ITEMS]:
        if isinstance(item, dict) and item:
            return item
    return "; ".join(item for item in items[:MAX_ITEMS] if isinstance(item, str)) or None


def _shortened(document: Document) -> Document:
    """A cause that is a text as an object; a chain of more causes than are read with both of its ends.

    The deepest cause is what happened.
    """
    if isinstance(document.get("cause"), str) and document["cause"]:
        return {**document, "cause": {"errorMessage": document["cause"]}}
    chain: list[Document] = []
    link = _cause(document)
    while link is not None and len(chain) < MAX_FOLLOWED:
        chain.append(link)
        link = _cause(link)
    if len(chain) <= MAX_CAUSES:
        return document
    half = MAX_CAUSES // 2
    inner: Document | None = None
    for link in reversed(chain[:half] + chain[-half:]):
        inner = {**link, "cause": inner}
    return {**document, "cause": inner}


def _cause(document: Document) -> Document | None:
    for key in CAUSE_KEYS:
        inner = document.get(key)
        if isinstance(inner, dict):
            return inner
    return None
