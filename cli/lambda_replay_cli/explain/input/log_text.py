"""What people copy out of CloudWatch: the lines of a function's log, with the errors they tell.

Lambda's own lines (START, END, REPORT), and entries that tell of no error, are passed over.
"""

import json
import re
from collections.abc import Iterator

from lambda_replay_cli.explain.input.traces import Error, error_of

_STAMP = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,\d]*(?:Z|[+-]\d\d:?\d\d)?"
# `aws logs tail` writes time and stream in front of each event.
_TAIL = re.compile(rf"^{_STAMP} \d{{4}}/\d\d/\d\d/\[[^\]\n]{{1,20}}\][0-9a-f]{{32}} ?")
# `time<TAB>request<TAB>LEVEL<TAB>text` of Node, `[LEVEL]<TAB>time<TAB>request<TAB>text` of Python.
_NODE = re.compile(
    rf"^{_STAMP}[\t ]+([0-9a-f-]{{36}}|undefined)[\t ]+(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)[\t ]+"
)
_PYTHON = re.compile(
    r"^\[(DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL)\]"
    rf"(?:[\t ]+({_STAMP}))?(?:[\t ]+([0-9a-f-]{{36}}))?[\t ]*"
)
_LAMBDA = re.compile(
    r"^(?:START RequestId: |END RequestId: |INIT_START |RESTORE_START |XRAY TraceId: "
    r"|EXTENSION\t|TELEMETRY\t|LOGS\t)"
)
_REPORT = re.compile(r"^(?:REPORT RequestId: (\S+)|INIT_REPORT )")
_STATUS = re.compile(r"\bStatus: (timeout|error|failure)\b(?:[\t ]+Error Type: ([\w.]{1,80}))?")
_TIMED_OUT = re.compile(rf"^{_STAMP} ([0-9a-f-]{{36}}) Task timed out after ")
_OWN_WORDS = re.compile(r"^RequestId: ([0-9a-f-]{36}) (?:Error: |Process exited)")
_QUIET = frozenset({"TRACE", "DEBUG", "INFO"})
_QUIET_NUMBER = 40
# A line that begins a document. Go puts words in brackets into its panics.
_JSON = re.compile(r'[{"]|\[\s*(?:[{\["\]]|$)')
# How a trace begins: with `Type: message`, with a type alone, or with the place where it happened.
_MAY_BEGIN = re.compile(r"\s{0,8}[\w/#][^\n]{0,2000}?(?::|(?:Error|Exception)\b)")
_STARTS = (_TAIL, _NODE, _PYTHON, _LAMBDA, _REPORT, _TIMED_OUT, _OWN_WORDS)


def starts_entry(line: str) -> bool:
    """The line begins an entry of a log."""
    return any(pattern.match(line) for pattern in _STARTS)


def plain(text: str) -> str:
    """As it was printed: CloudWatch keeps a traceback with other signs between and before its lines."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ")


def entry_error(text: str) -> Error | None:
    """The error that an entry of a log tells; None for one that tells none."""
    text = plain(text)
    text = _TAIL.sub("", text, count=1)
    if _LAMBDA.match(text):
        return None
    report = _REPORT.match(text)
    if report:
        return _of_status(text, report[1])
    request, level, rest = _parted(text)
    if is_quiet(level):
        return None
    error = _object(rest) or error_of(rest)
    if error is not None and request is not None:
        error.setdefault("requestId", request)
    return error


def is_quiet(level: object) -> bool:
    """Nothing went wrong at this level. Numbers are those of pino and bunyan, where 50 is an error."""
    return level <= _QUIET_NUMBER if isinstance(level, int) else str(level).upper() in _QUIET


def _parted(text: str) -> tuple[str | None, str | None, str]:
    node = _NODE.match(text)
    if node:
        return (None if node[1] == "undefined" else node[1]), node[2], text[node.end() :]
    python = _PYTHON.match(text)
    if python:
        return python[3], python[1], text[python.end() :]
    own = _TIMED_OUT.match(text) or _OWN_WORDS.match(text)
    return (own[1] if own else None), None, text


def _object(text: str) -> Error | None:
    """The error that Node prints as JSON behind some words."""
    at = text.find("{")
    if at < 0 or at > 200:
        return None
    try:
        found = json.loads(text[at:])
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and ("errorType" in found or "errorMessage" in found) else None


def _of_status(text: str, request: str | None) -> Error | None:
    """REPORT says how a run ended where nothing else does."""
    status = _STATUS.search(text)
    if status is None:
        return None
    kind = status[2] or ("Sandbox.Timedout" if status[1] == "timeout" else "Runtime.ExitError")
    words = "Task timed out" if status[1] == "timeout" else ""
    return {"errorType": kind, "errorMessage": words, "requestId": request}


class LogText:
    """The lines of one entry of a log, or of a trace, until the next one begins."""

    _MOST_LINES = 2_000

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._had_error = False
        self.first = 1

    def takes(self, line: str) -> bool:
        """The line is no JSON: it begins or continues an entry.

        Other text is not waited for: it is refused as soon as it was read.
        """
        if starts_entry(line):
            return True
        if self._lines:
            return _JSON.match(line) is None
        return _MAY_BEGIN.match(line) is not None

    def ends_before(self, line: str) -> bool:
        return bool(self._lines) and starts_entry(line)

    def add(self, line: str, number: int) -> None:
        if not self._lines:
            self.first = number
        if len(self._lines) < self._MOST_LINES:
            self._lines.append(line)

    def taken(self) -> Iterator[str | None]:
        """The error as JSON; None for lines that are no log's and no trace; nothing where there is no error.

        REPORT repeats how a run ended: it counts only where no error stood since the last START.
        """
        if not self._lines:
            return
        text = plain("".join(self._lines))
        self._lines = []
        is_entry, report = starts_entry(text), _REPORT.match(text)
        error = None if report and self._had_error else entry_error(text)
        if report or text.startswith("START "):
            self._had_error = False
        if error is not None:
            self._had_error = True
            yield json.dumps(error)
        elif not is_entry:
            yield None
