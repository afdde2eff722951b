"""Log entries that are JSON objects: of Lambda, Powertools and other loggers, and what `aws logs` prints."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lambda_replay.domain.intake.fields import Members
from lambda_replay_cli.explain.input.log_text import entry_error, is_quiet, plain
from lambda_replay_cli.explain.input.traces import Error, error_of

# What loggers call an error that they were given, and the parts of a log entry that tell it is one.
_ERRORS = (
    "error",
    "err",
    "exception",
    "exc_info",
    "stack_trace",
    "stackTrace",
    "stack",
    "thrown",
    "throwable",
)
_LEVELS = ("level", "log_level", "levelname", "severity", "loglevel", "levelName")


# A record or an error has one of these, and is none of a logger's.
_NO_LOG = (
    "requestContext",
    "responsePayload",
    "requestPayload",
    "errorMessage",
    "errorType",
    "detail-type",
    "s3",
    "Sns",
)


def log_errors(text: str, found: Mapping[str, object] | Members) -> list[str] | None:
    """The errors, as JSON, that a log entry or a list of them tells; None for what is neither."""
    is_list = "events" in found or "results" in found
    if any(name in found for name in _NO_LOG) or not (is_list or "type" in found or _has_level(found)):
        return None
    try:
        entry = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if is_list and (lines := list(_messages(entry))):
        errors = [_line_error(line) for line in lines]
    elif _is_log_object(entry):
        errors = [_object_error(entry)]
    else:
        return None
    return [json.dumps(error) for error in errors if error is not None]


def _has_level(found: Mapping[str, object] | Members) -> bool:
    return any(name in found for name in _LEVELS)


def _line_error(line: str) -> Error | None:
    """A message of a list is a line of text, or a JSON entry."""
    if line.lstrip().startswith("{"):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            return None
        return _object_error(entry) if isinstance(entry, dict) else None
    return entry_error(line)


def _is_log_object(found: Mapping[str, Any]) -> bool:
    """A JSON object that a logger or Lambda wrote into a log."""
    platform = isinstance(found.get("type"), str) and str(found["type"]).startswith("platform.")
    return platform or any(name in found for name in _LEVELS)


def _object_error(found: Mapping[str, Any]) -> Error | None:
    """The error that a JSON log entry tells; None for one that tells none."""
    if isinstance(found.get("record"), dict):
        return _of_platform(found["record"])
    message = found.get("message", found.get("msg"))
    if isinstance(message, dict) and ("errorType" in message or "errorMessage" in message):
        return {**message, "requestId": found.get("requestId")}
    if "errorType" in found or "errorMessage" in found:
        return dict(found)
    words = message if isinstance(message, str) else ""
    error = next(filter(None, (_member_error(found, name, words) for name in _ERRORS)), None)
    if error is None and words and not is_quiet(_level(found)):
        error = entry_error(words)
    if error is not None:
        request = found.get("function_request_id") or found.get("requestId") or found.get("AWSRequestId")
        error.setdefault("requestId", request)
        error.setdefault("function", found.get("function_name"))
    return error


def _level(found: Mapping[str, Any]) -> object:
    return next((found[name] for name in _LEVELS if name in found), None)


def _member_error(found: Mapping[str, Any], name: str, words: str) -> Error | None:
    given = found.get(name)
    if isinstance(given, str) and given.strip():
        named = next((found[key] for key in ("exception_name", "exception_class") if key in found), None)
        error = error_of(plain(given))
        if error is None and isinstance(named, str):
            error = {"errorType": named, "errorMessage": given}
        return error
    if isinstance(given, dict) and given:
        kind = next(
            (given[key] for key in ("errorType", "name", "type", "exception_class", "class") if key in given),
            None,
        )
        text = next(
            (given[key] for key in ("errorMessage", "message", "exception_message", "msg") if key in given),
            words,
        )
        trace = next(
            (
                given[key]
                for key in ("stack", "stacktrace", "stackTrace", "stack_trace", "trace")
                if key in given
            ),
            None,
        )
        error = {"errorType": kind, "errorMessage": text}
        traced = error_of(plain(trace)) if isinstance(trace, str) else None
        if traced is not None:
            return {**traced, **{key: value for key, value in error.items() if value}}
        return {**error, "stackTrace": trace} if trace else error
    return None


def _of_platform(record: Mapping[str, Any]) -> Error | None:
    """Lambda's own events: `platform.report`, `platform.runtimeDone`, `platform.initReport`."""
    status = record.get("status")
    if status not in ("timeout", "error", "failure"):
        return None
    kind = record.get("errorType") or ("Sandbox.Timedout" if status == "timeout" else "Runtime.ExitError")
    words = "Task timed out" if status == "timeout" else ""
    return {"errorType": kind, "errorMessage": words, "requestId": record.get("requestId")}


def _messages(found: Mapping[str, Any]) -> Iterator[str]:
    """The log messages in the answers of `aws logs filter-log-events`, `get-log-events` and a query."""
    events = found.get("events")
    for event in events if isinstance(events, list) else []:
        if isinstance(event, dict) and isinstance(event.get("message"), str):
            yield event["message"]
    results = found.get("results")
    for fields in results if isinstance(results, list) else []:
        for field in fields if isinstance(fields, list) else []:
            if isinstance(field, dict) and field.get("field") == "@message":
                yield str(field.get("value"))
