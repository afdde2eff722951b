"""From the error as it was reported down to its root: causes, wrappers, `Type: message` texts, JSON or a
stack trace in a message.

A `View` is one link of the chain. Views are ordered deepest first, because the deepest cause that says
anything typed decides (labels page, "Order used when several fit").
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from .aws_codes import AMBIGUOUS, KNOWN, stem
from .bounded_json import load_json
from .frames import read_frames
from .model import ErrorReport, Frame
from .normalise import strip_prefix, trace_start
from .shapes import MESSAGE_KEYS, TRACE_KEYS, TYPE_KEYS, first_text

MAX_VIEWS = 16
MAX_SPLITS = 4
# Where one text holds the next error of its chain; the last one is the deepest.
INNER_MARKS = ("nested exception is ", "Caused by: ", " ---> ", "caused by: ")

# Types that say nothing themselves: the error inside does.
GENERIC = frozenset(
    [
        "error",
        "exception",
        "runtimeexception",
        "throwable",
        "aggregateexception",
        "targetinvocationexception",
        "executionexception",
        "completionexception",
        "unhandledpromiserejection",
        "lambdaexception",
        "invocationtargetexception",
        "undeclaredthrowableexception",
        "uncheckedioexception",
        "typeinitializationexception",
        "exceptionininitializererror",
        "wrapperror",
        "wraperrors",
        "joinerror",
        "errorstring",
        "withstack",
        "fundamental",
        "object",
        "string",
        "handled",
        "systemerror",
        "applicationexception",
        "servletexception",
        "nestedservletexception",
        "beancreationexception",
        "uncheckedexecutionexception",
        "standarderror",
        "runtimeerror",
        "unhandledexception",
        "runtime.unknown",
        "unknown",
        "box<dyn~error>",
        "any",
    ]
)
ENDINGS = ("Error", "Exception", "Fault", "Timeout", "Rejection", "Denied", "Failure", "Throwable")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One link of the chain: what it calls itself, what it says, where it was raised."""

    error_type: str | None
    message: str
    frames: tuple[Frame, ...]
    code: str | None = None


@lru_cache(maxsize=512)
def simple_type(name: str | None) -> str:
    """`Function<Aws::S3::Errors::X>`, `com.x.Y$Z`, `System.X`, `Runtime.Y` to the last name."""
    if not name:
        return ""
    text = name.strip()
    if text.startswith("&") or "alloc::" in text or "dyn " in text:
        return ""
    for start in ("Function<", "Init<", "Runtime<"):
        if text.startswith(start) and text.endswith(">"):
            text = text[len(start) : -1]
    text = text.split("<", 1)[0].split("`", 1)[0]
    for mark in ("\\", "::", ".", "$", "#"):
        text = text.rsplit(mark, 1)[-1]
    return text


def is_generic(name: str | None) -> bool:
    """Whether the type says nothing: `Error`, `Exception`, none."""
    simple = simple_type(name)
    return not simple or simple.lower() in GENERIC


def looks_like_type(word: str) -> bool:
    """Whether the word is the name of an error type."""
    if not 2 < len(word) <= 200 or not (word[0].isalpha() or word[0] == "_"):
        return False
    if not all(c.isalnum() or c in "._$:\\" for c in word):
        return False
    last = simple_type(word)
    return last.endswith(ENDINGS) or (
        stem(last) in KNOWN and last.lower() not in AMBIGUOUS and last[:1].isupper()
    )


def split_type(message: str) -> tuple[str, str] | None:
    """`AccessDeniedException: User: …` → its two halves, when the first word is the name of an error."""
    head, found, rest = message[:220].partition(": ")
    if not found:
        head, found, rest = message[:220].partition(":\n")
    word = head.removeprefix("Uncaught ").removeprefix("Caused by ").strip()
    if not found or not rest or not looks_like_type(word):
        return None
    return word, message[len(head) + 2 :]


def _inside(message: str) -> tuple[str, str] | None:
    """Type and message of an error that the text tells behind a mark, or in the lines of a trace."""
    starts = [at + len(mark) for mark in INNER_MARKS if (at := message.rfind(mark)) >= 0]
    if starts:
        found = split_type(message[max(starts) :])
        if found is not None:
            return found[0], found[1].split("\n", 1)[0]
    at = message.find("Traceback (most recent call last)")
    if at >= 0:  # Python writes the error itself behind the frames
        lines = [line for line in message[at:].split("\n")[1:] if line and not line[0].isspace()]
        return split_type(lines[-1]) if lines else None
    at = trace_start(message)
    if at > 0:
        return split_type(message[message.rfind("\n", 0, at) + 1 : at])
    return None


def _from_json(message: str) -> View | None:
    text = message.strip()
    if text[:1] not in ("{", '"'):
        return None
    ok, value = load_json(text)
    if ok and isinstance(value, str):
        ok, value = load_json(value)
    if not ok or not isinstance(value, dict):
        return None
    error_type, inner = first_text(value, TYPE_KEYS), first_text(value, MESSAGE_KEYS)
    if inner is None and error_type is None:
        return None
    trace = next((value[key] for key in TRACE_KEYS if value.get(key)), None)
    _, frames = read_frames(trace)
    return View(error_type=error_type, message=inner or "", frames=frames)


def _expand(view: View) -> list[View]:
    """The view and what is wrapped in its message, outermost first."""
    chain = [view]
    for _ in range(MAX_SPLITS):
        last = chain[-1]
        message = strip_prefix(last.message)
        inner = _from_json(message)
        if inner is None:
            halves = _inside(message) or split_type(message)
            if halves is None:
                break
            kind, rest = halves
            keeps = is_generic(kind) and not is_generic(last.error_type)
            inner = View(error_type=last.error_type if keeps else kind, message=rest, frames=last.frames)
        chain.append(inner)
    return chain


def views(report: ErrorReport) -> tuple[View, ...]:
    """All links, deepest first; never empty."""
    outer = View(error_type=report.error_type, message=report.message, frames=report.frames, code=report.code)
    chain = _expand(outer)
    for cause in report.causes:
        chain.extend(_expand(View(error_type=cause.error_type, message=cause.message, frames=cause.frames)))
    if len(chain) > MAX_VIEWS:
        chain = [*chain[: MAX_VIEWS // 2], *chain[-MAX_VIEWS // 2 :]]
    chain.reverse()
    return tuple(chain)


def _says_nothing(view: View) -> bool:
    """.NET's words for an exception without a message."""
    return view.message.startswith("Exception of type '") and view.message.endswith("' was thrown.")


def root(chain: tuple[View, ...]) -> View:
    """The deepest link that is more than a wrapper; its frames come from the deepest link with own code."""
    telling = [view for view in chain if not _says_nothing(view)] or chain
    chosen = next((view for view in telling if not is_generic(view.error_type)), chain[0])
    deepest = chain[0]
    message = chosen.message or deepest.message
    frames = next(
        (view.frames for view in chain if any(frame.in_app for frame in view.frames)), chosen.frames
    )
    code = next((view.code for view in chain if view.code is not None), None)
    return View(error_type=chosen.error_type or deepest.error_type, message=message, frames=frames, code=code)
