"""A trace as a runtime prints it into its log, as the error payload that the same runtime would report."""

import re
from itertools import islice, pairwise
from typing import Any

from lambda_replay.domain.diagnosis.unwrap import split_type

Error = dict[str, Any]

MAX_TEXT = 200_000
MAX_FRAMES = 400
_TRACEBACK = "Traceback (most recent call last)"
# CloudWatch's console copies the lines of a traceback as one.
_PYTHON_FRAME = re.compile(
    r'File "([^"\n]{1,400})", line (\d{1,9}), in (\S{1,200})[ \t]{0,40}\n?'
    r'([^\n]{0,600}?)(?=\s{1,20}File "|\n|$)'
)
_AT = re.compile(r"^[ \t]{1,40}at \S", re.MULTILINE)
_NODE_PLACE = re.compile(r":\d+:\d+\)?$|node:|<anonymous>")
_CAUSE = re.compile(r"^(?:Caused by: | ---> )", re.MULTILINE)
_GO_FRAME = re.compile(r"^(\S{1,300}?)\([^\n]{0,400}\)\n\t(\S{1,400}):(\d{1,9})", re.MULTILINE)
_RUBY_HEAD = re.compile(
    r"^(\S{1,400}\.rb:\d{1,9}:in [^\n]{1,200}?): ([^\n]{0,1000}?) \(([A-Z][\w:]{1,100})\)$", re.MULTILINE
)
_RUBY_FRAME = re.compile(
    r"^[ \t]{1,40}(?:from |\d{1,9}: from )(\S{1,400}:\d{1,9}:in [^\n]{1,400})$", re.MULTILINE
)
# A type alone in its line, as Lambda writes it behind what it says about the runtime.
_TYPE_LINE = re.compile(r"^((?:Runtime|Function|Sandbox|Extension)\.\w{1,60})$", re.MULTILINE)
_LAMBDAS_OWN = re.compile(
    r"^(?:RequestId: \S+ (?:Error: |Process exited)|\S+ \S+ Task timed out after )", re.MULTILINE
)


def error_of(text: str) -> Error | None:
    """The error that the text tells: a trace of any runtime, Lambda's own words, or `Type: message`.

    None where it tells none.
    """
    text = text[:MAX_TEXT].strip("\n")
    for read in (_lambdas_own, _python, _go, _ruby, _with_at, _head):
        found = read(text)
        if found is not None:
            return found
    return None


def _lambdas_own(text: str) -> Error | None:
    match = _LAMBDAS_OWN.search(text)
    if match is None:
        return None
    message = text[match.start() :].split("\n", 1)[0]
    kind = _TYPE_LINE.search(text, match.end())
    timed_out = "Task timed out after" in message
    return _error(kind[1] if kind else "Sandbox.Timedout" if timed_out else "Runtime.ExitError", message)


def _python(text: str) -> Error | None:
    """The last traceback is the error that left the handler; Lambda writes type and message before it."""
    at = text.rfind(_TRACEBACK)
    found = islice(_PYTHON_FRAME.finditer(text, max(at, 0)), MAX_FRAMES)
    frames = [
        f'  File "{frame[1]}", line {frame[2]}, in {frame[3]}\n    {frame[4].strip()}\n' for frame in found
    ]
    if at < 0 or not frames:
        return None
    last = text[at:].rstrip().rsplit("\n", 1)[-1]
    head = last if not last.startswith((" ", "\t", _TRACEBACK)) else text[:at].strip().rsplit("\n", 1)[-1]
    kind, _, message = head.partition(":")
    return {**_error(kind.strip().rsplit(".", 1)[-1], message.strip()), "stackTrace": frames}


def _go(text: str) -> Error | None:
    at = text.find("panic: ")
    if at < 0 or "goroutine " not in text:
        return None
    frames = [
        {"path": path, "line": int(line), "label": label}
        for label, path, line in _GO_FRAME.findall(text, at)
        if not label.startswith("panic")
    ]
    message = text[at + len("panic: ") :].split("\n", 1)[0]
    return {**_error("errorString", message), "stackTrace": frames}


def _ruby(text: str) -> Error | None:
    head = _RUBY_HEAD.search(text)
    if head is None:
        return None
    frames = [head[1], *_RUBY_FRAME.findall(text, head.end())]
    return {**_error(f"Function<{head[3]}>", head[2]), "stackTrace": frames}


def _with_at(text: str) -> Error | None:
    """Node, Java and .NET write `at` in front of each frame, the latter two causes behind the frames."""
    if _AT.search(text) is None:
        return None
    starts = [0, *(match.start() for match in _CAUSE.finditer(text)), len(text)]
    links = [_link(text[start:end]) for start, end in pairwise(starts)]
    error: Error | None = None
    for link in reversed(links):
        error = link if error is None else {**link, "cause": error}
    return error


def _link(text: str) -> Error:
    first = _AT.search(text)
    head = _CAUSE.sub("", text[: first.start() if first else len(text)], count=1).strip()
    frames = [line.strip() for line in text[len(head) :].split("\n") if _AT.match(line)]
    head = head.removeprefix("Uncaught ").rsplit("\n\n", 1)[-1]
    head = re.sub(r'^(?:Exception in thread "[^"\n]*"|Unhandled exception\.) ', "", head)
    halves = split_type(head) or _bare_type(head)
    kind, message = halves if halves is not None else ("Error", head)
    if frames and _NODE_PLACE.search(frames[0]):
        return {**_error(kind, message), "trace": [head, *(f"    {frame}" for frame in frames)]}
    return {**_error(kind, message), "stackTrace": frames}


def _bare_type(head: str) -> tuple[str, str] | None:
    last = head.rsplit("\n", 1)[-1]
    named = re.fullmatch(r"([\w.$]{3,200}(?:Exception|Error|Throwable))(?: \[\w+\])?:?(.*)", last)
    return (named[1], named[2].strip()) if named else None


def _head(text: str) -> Error | None:
    """`Type: message` alone."""
    halves = split_type(text) or _bare_type(text)
    return None if halves is None else _error(halves[0], halves[1].strip())


def _error(kind: str, message: str) -> Error:
    return {"errorType": kind, "errorMessage": message}
