"""The raw response payload of any runtime into one `ErrorReport` (docs/reference/lambda.md#error-payloads).

Never raises: broken JSON, deep nesting, huge numbers and unexpected types all end as text.
"""

from __future__ import annotations

import re
from functools import cache

from .bounded_json import load_json
from .frames import read_frames
from .model import JSON, Cause, ErrorReport, Evidence, Frame
from .normalise import MAX_MESSAGE, clean
from .shapes import CAUSE_KEYS, MAX_CAUSES, MESSAGE_KEYS, TRACE_KEYS, TYPE_KEYS, as_text, first_text, usual

MAX_TYPE = 300

# Type names that only one runtime writes.
TYPE_MARKS: tuple[tuple[str, str], ...] = (
    ("Function<", "ruby"), ("Init<", "ruby"), ("Runtime<", "ruby"), ("Aws::", "ruby"), ("Errno::", "ruby"),
    ("Runtime.UnhandledPromiseRejection", "nodejs"), ("Runtime.NodeJsExit", "nodejs"), ("Runtime.Nodejs",
    "nodejs"),
    ("Runtime.MalformedStreamingHandler", "nodejs"), ("&alloc::", "rust"), ("alloc::", "rust"), ("&", "rust"),
    ("java.", "java"), ("javax.", "java"), ("com.", "java"), ("org.", "java"), ("software.", "java"),
    ("io.", "java"),
    ("System.", "dotnet"), ("Microsoft.", "dotnet"), ("Amazon.", "dotnet"), ("Newtonsoft.", "dotnet"),
)  # fmt: skip
TYPE_NAMES: dict[str, str] = {
    **dict.fromkeys(
        ("errorString", "PathError", "OpError", "wrapError", "wrapErrors", "UnmarshalTypeError",
        "requestError",
         "OperationError", "SyntaxError*", "fundamental", "withStack", "joinError", "DNSError",
         "deadlineExceededError",
         "InvalidUnmarshalError", "NumError", "PgError", "exitError", "ExitError"), "go"),
    **dict.fromkeys(
        ("LambdaException", "AggregateException", "TargetInvocationException", "NullReferenceException",
         "ArgumentNullException", "ArgumentException", "InvalidOperationException", "FileNotFoundException",
         "HttpRequestException", "TaskCanceledException", "JsonSerializerException",
         "TypeInitializationException",
         "KeyNotFoundException", "InvalidCastException", "LambdaSerializationException"), "dotnet"),
    **dict.fromkeys(("ReferenceError", "RangeError", "AxiosError", "LambdaRuntimeError", "FetchError"),
    "nodejs"),
    **dict.fromkeys(
        ("KeyError", "AttributeError", "IndexError", "ValueError", "ClientError", "NameError", "ImportError",
         "ModuleNotFoundError", "JSONDecodeError", "ParamValidationError", "UnboundLocalError",
         "RecursionError",
         "EndpointConnectionError", "OSError", "FileNotFoundError", "ZeroDivisionError", "HTTPError"),
         "python"),
}  # fmt: skip

INIT_TYPES = (
    "Runtime.ImportModuleError", "Runtime.HandlerNotFound", "Runtime.UserCodeSyntaxError",
    "Runtime.InvalidEntrypoint",
    "Runtime.InvalidWorkingDir", "Runtime.MalformedHandlerName", "Runtime.BuiltInModuleConflict",
    "Runtime.MalformedStreamingHandler", "Runtime.InitError", "Runtime.NoSuchHandler", "Init<", "Extension.",
    "java.lang.ClassNotFoundException", "Runtime.BeforeSnapshotError", "Runtime.AfterRestoreError",
)  # fmt: skip
PLATFORM_TYPES = ("Sandbox.", "Runtime.ExitError", "Function.", "Runtime.OutOfMemory", "Runtime.Unknown",
                  "Runtime.Unavailable", "Runtime.TruncatedResponse", "EFS", "KMS", "ENI", "EC2")  # fmt: skip
INIT_WORDS = ("unable to import module", "cannot find module", "couldn't find valid bootstrap", "fork/exec ",
              "invalid lambda function handler", "class not found: ", "error loading class",
              "error loading method",
              "handler '", "constructing the serializer", "was invoked. check inner exception",
              "unable to load type", "is undefined or not exported", "syntax error in module",
              "could not find handler", "bad handler", "could not load file or assembly",
              "cannot load such file")  # fmt: skip
PLATFORM_WORDS = ("task timed out after", "runtime exited", "process exited before completing request",
                  "signal: killed", "exit status ")  # fmt: skip


def _nested(document: dict[str, JSON]) -> dict[str, JSON]:
    """`{"error": {...}}` and `{"errors": [{...}]}`: the object inside is the error."""
    for key in ("error", "errors", "Error"):
        inner = document.get(key)
        if isinstance(inner, list) and inner:
            inner = inner[0]
        if isinstance(inner, dict) and first_text(inner, MESSAGE_KEYS) is not None:
            return inner
    return document


def _link(document: dict[str, JSON]) -> tuple[str | None, str, str | None, tuple[Frame, ...]]:
    error_type = first_text(document, TYPE_KEYS)
    message = first_text(document, MESSAGE_KEYS)
    trace = next((document[key] for key in TRACE_KEYS if document.get(key)), None)
    runtime, frames = read_frames(trace)
    if runtime is None and "trace" in document:
        runtime = "nodejs"
    clean_type = clean(error_type.strip(), MAX_TYPE) if error_type else None
    return clean_type or None, clean(message or ""), runtime, frames


def _inner(document: dict[str, JSON]) -> list[dict[str, JSON]]:
    for key in CAUSE_KEYS:
        inner = document.get(key)
        if isinstance(inner, dict):
            return [inner]
    several = document.get("causes") or document.get("InnerExceptions") or document.get("errors")
    return (
        [item for item in several[:MAX_CAUSES] if isinstance(item, dict)] if isinstance(several, list) else []
    )


def _causes(document: dict[str, JSON]) -> tuple[Cause, ...]:
    """The chain of `cause`, followed down the first branch; other branches of `causes` are left alone."""
    chain: list[Cause] = []
    inner = _inner(document)
    while inner and len(chain) < MAX_CAUSES:
        error_type, message, _, frames = _link(inner[0])
        chain.append(Cause(error_type=error_type, message=message, frames=frames))
        inner = _inner(inner[0])
    return tuple(chain)


def dotnet_text_chain(trace: JSON) -> tuple[Cause, ...]:
    """.NET's structured log writes the whole `ToString()`: inner errors are lines `---> Type: message`."""
    if not isinstance(trace, list):
        return ()
    chain: list[Cause] = []
    for item in trace[:200]:
        if isinstance(item, str) and item.lstrip()[:5] == "---> ":
            kind, found, message = item.strip()[5:MAX_MESSAGE].partition(": ")
            if found and " " not in kind and len(chain) < MAX_CAUSES:
                chain.append(Cause(error_type=clean(kind, MAX_TYPE), message=clean(message), frames=()))
    return tuple(chain)


def head_code(document: dict[str, JSON]) -> str | None:
    """The code in the head of a Node trace: `AggregateError [ECONNREFUSED]: `. The message may lack it."""
    trace = next((document[key] for key in TRACE_KEYS if document.get(key)), None)
    head = trace[0] if isinstance(trace, list) else trace
    if not isinstance(head, str):
        return None
    match = _head_code().search(head[:200])
    return match[1] if match else None


@cache
def _head_code() -> re.Pattern[str]:
    return re.compile(r"\w \[([A-Z][A-Z0-9_]{2,59})\](?::|$)")


def guess_runtime(error_type: str | None, document: dict[str, JSON]) -> str | None:
    """The language that an error of this type comes from; None where it can't be said."""
    if error_type:
        if error_type in TYPE_NAMES:
            return TYPE_NAMES[error_type]
        for start, runtime in TYPE_MARKS:
            if error_type.startswith(start):
                return runtime
        if "::" in error_type:
            return "rust"
    if "requestId" in document:
        return "python"
    if "cause" in document or "causes" in document:
        return "java" if error_type and error_type.count(".") > 1 else "dotnet"
    return None


def guess_phase(error_type: str | None, message: str, frames: tuple[Frame, ...]) -> str:
    """When it failed: `init`, `platform` or `invoke`."""
    lowered = message[:400].lower()
    if error_type and error_type.startswith(INIT_TYPES):
        return "init"
    if any(word in lowered for word in INIT_WORDS):
        return "init"
    if error_type and error_type.startswith(PLATFORM_TYPES):
        return "platform"
    if any(word in lowered for word in PLATFORM_WORDS) and (not error_type or error_type == "exitError"):
        return "platform"
    if any((frame.function or "") == "_loadUserApp" for frame in frames):
        return "init"
    return "invoke"


def parse(evidence: Evidence) -> ErrorReport:
    """One form for every payload. An absent payload is a report without type, message and frames."""
    return parsed(evidence)[0]


def parsed(evidence: Evidence) -> tuple[ErrorReport, ErrorReport]:
    """The report, and the one that version 1 of the fingerprint made: mostly the same object."""
    if evidence.response is None:
        # Such records carry no response even after a run (docs/reference/lambda.md#event-source-mappings).
        return _twice(
            _report(None, "", phase="unreported" if evidence.status_code == 200 else "never_executed")
        )
    ok, value = load_json(evidence.response)
    if not ok:
        value = evidence.response[: MAX_MESSAGE * 2]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        value = value[0]
    if not isinstance(value, dict):
        text = clean(as_text(value) or "")
        return _twice(_report(None, text, phase=guess_phase(None, text, ())))
    document = usual(value)
    former = _read(value)
    return (former if document is value else _read(document)), former


def _twice(report: ErrorReport) -> tuple[ErrorReport, ErrorReport]:
    return report, report


def _report(error_type: str | None, message: str, *, phase: str) -> ErrorReport:
    return ErrorReport(
        error_type=error_type, message=message, frames=(), causes=(), runtime="unknown", phase=phase
    )


def _read(document: dict[str, JSON]) -> ErrorReport:
    if first_text(document, ("errorMessage", "errorType")) is None:
        document = _nested(document)
    error_type, message, runtime, frames = _link(document)
    causes = _causes(document) or dotnet_text_chain(document.get("stackTrace"))
    runtime = runtime or guess_runtime(error_type, document)
    if runtime is None:
        runtime = "unknown" if "errorMessage" in document or "errorType" in document else "custom"
    phase = guess_phase(error_type, message, frames)
    return ErrorReport(
        error_type=error_type,
        message=message,
        frames=frames,
        causes=causes,
        runtime=runtime,
        phase=phase,
        code=head_code(document),
    )
