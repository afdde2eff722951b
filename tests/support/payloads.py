"""Response payloads as the runtimes write them."""

from typing import Any

EVENT_HANDLER = "Runtime.handler (file:///var/task/index.mjs:3:9)"
OWN = ("/var/task/app.py", "handler", "result = call(event)")
PY_JSON = ("/var/lang/lib/python3.12/json/__init__.py", "loads", "return _default_decoder.decode(s)")

type PythonFrame = tuple[str, str, str]


def python(kind: str, message: str, *frames: PythonFrame) -> dict[str, Any]:
    """`frames` are file, function and source line, the outermost first."""
    lines = [
        f'  File "{path}", line {number}, in {function}\n    {code}\n'
        for number, (path, function, code) in enumerate(frames, start=3)
    ]
    return {"errorType": kind, "errorMessage": message, "stackTrace": lines}


def node(kind: str, message: str, *places: str, head: str | None = None) -> dict[str, Any]:
    """`places` are what stands behind `at`, the innermost first; `head` is the trace's first line."""
    trace = [f"{kind}: {message}" if head is None else head, *(f"    at {place}" for place in places)]
    return {"errorType": kind, "errorMessage": message, "trace": trace}


def java(kind: str, message: str, *frames: str, cause: dict[str, Any] | None = None) -> dict[str, Any]:
    error: dict[str, Any] = {"errorType": kind, "errorMessage": message, "stackTrace": list(frames)}
    return error if cause is None else {**error, "cause": cause}


def bare(kind: str, message: Any) -> dict[str, Any]:
    return {"errorType": kind, "errorMessage": message}


def exited(status: int | str) -> dict[str, Any]:
    request = "RequestId: 0638bcc9-5472-4a56-b723-3c63f09893e2"
    return bare("Runtime.ExitError", f"{request} Error: Runtime exited with error: exit status {status}")
