"""Error payloads that Lambda itself words (docs/reference/lambda.md#platform-errors)."""

import json
import re
import signal
from typing import Any

_TIMEOUT = re.compile(r"Task timed out after [\d.]+ seconds")
_NO_BOOTSTRAP = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"
_EXIT_DURING_INIT = re.compile(r"exited during init with code (-?\d+)")


def timed_out(request_id: str, seconds: float) -> dict[str, str]:
    return _sandbox("Sandbox.Timedout", request_id, f"Task timed out after {seconds:.2f} seconds")


def exited(request_id: str, status: int | None) -> dict[str, str]:
    """The process ended by itself; a negative status is the signal that ended it."""
    if not status:
        text = "Runtime exited without providing a reason"
    elif status < 0:
        name = signal.strsignal(-status) or f"signal {-status}"
        text = f"Runtime exited with error: signal: {name.lower()}"
    else:
        text = f"Runtime exited with error: exit status {status}"
    return _sandbox("Runtime.ExitError", request_id, text)


def worded(
    report: dict[str, Any], request_id: str, timeout: float, exit_status: int | None
) -> dict[str, Any]:
    """What Lambda says where ministack reports a failure in words of its own."""
    message = str(report.get("errorMessage", ""))
    error_type = report.get("errorType")
    if error_type == "Sandbox.Timedout" or _TIMEOUT.fullmatch(message):
        return timed_out(request_id, timeout)
    if error_type == "Runtime.InvalidEntrypoint":
        return _sandbox("Runtime.InvalidEntrypoint", request_id, _NO_BOOTSTRAP)
    if during_init := _EXIT_DURING_INIT.search(message):
        return exited(request_id, int(during_init.group(1)))
    if error_type == "Runtime.ExitError" or message.startswith("Worker process "):
        return exited(request_id, exit_status)
    return report


def as_json(value: object) -> bytes:
    """As the Python runtime writes it: raw UTF-8, and escapes only where UTF-8 has no bytes."""
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()


def _sandbox(error_type: str, request_id: str, text: str) -> dict[str, str]:
    return {"errorType": error_type, "errorMessage": f"RequestId: {request_id} Error: {text}"}
