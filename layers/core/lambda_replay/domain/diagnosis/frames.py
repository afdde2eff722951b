"""Stack traces of every runtime into one form (shapes: docs/reference/lambda.md#error-payloads).

Plain string operations, no backtracking: a trace of any length is read in linear time, at most
`MAX_FRAMES` of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from .model import JSON, Frame
from .vendored_packages import (
    DOTNET_PACKAGES,
    FOREIGN_PREFIXES,
    FOREIGN_SEGMENTS,
    GO_HOSTS,
    GO_STDLIB,
    JAVA_PACKAGES,
    PYTHON_PACKAGES,
)

MAX_FRAMES = 96
MAX_LINE = 600
MAX_CODE = 240


def number(text: object) -> int | None:
    """A line number, or None for whatever is none (long digit runs must not become huge integers)."""
    if isinstance(text, bool):
        return None
    if isinstance(text, int):
        return text if 0 <= text < 10**9 else None
    if isinstance(text, str) and 0 < len(text) < 10 and text.isascii() and text.isdigit():
        return int(text)
    return None


def _path_in_app(path: str) -> bool:
    if path.startswith(FOREIGN_PREFIXES):
        return False
    return FOREIGN_SEGMENTS.isdisjoint(path.split("/", 40))


@lru_cache(maxsize=1024)  # the frames of one function name the same few files
def _python_in_app(path: str) -> bool:
    if not _path_in_app(path) or "/lib/python" in path:
        return False
    head = path.removeprefix("/var/task/").split("/", 1)[0]
    return head.removesuffix(".py") not in PYTHON_PACKAGES


def _code(text: object) -> str | None:
    return " ".join(text[: MAX_CODE * 2].split())[:MAX_CODE] or None if isinstance(text, str) else None


def python_frame(line: str) -> Frame | None:
    """`  File "/var/task/h.py", line 2, in handler\\n    raise X\\n` (syntax errors: `Line 3`)."""
    head, _, code = line.strip().partition("\n")
    if not head.startswith('File "'):
        return None
    path, _, rest = head[6:].partition('"')
    rest = rest.lstrip(", ")
    if rest[:5].lower() != "line ":
        return None
    digits, _, function = rest[5:].partition(", in ")
    return Frame(file=path, line=number(digits.strip()), function=function.strip() or None, code=_code(code),
                 in_app=_python_in_app(path))  # fmt: skip


def node_frame(line: str) -> Frame | None:
    """`    at async Runtime.f [as handler] (file:///var/task/i.js:5:9)`; Node 8 and older have no `at`."""
    text = line.strip()
    had_at = text.startswith("at ")
    text = text.removeprefix("at ").removeprefix("async ").removeprefix("new ")
    function: str | None = None
    where = text
    if text.endswith(")"):
        function, found, where = text[:-1].partition(" (")
        if not found:
            return None
    where = where.removeprefix("file://").removeprefix("webpack://")
    parts = where.rsplit(":", 2)
    if len(parts) == 3 and number(parts[1]) is not None and number(parts[2]) is not None:
        path, row = parts[0], number(parts[1])
        column = number(parts[2]) or 0
    elif had_at and function is not None:
        path, row, column = where, None, 0
    else:
        return None
    if not path or (function is None and " " in path):
        return None
    builtin = "/" not in path or "node_modules" in path
    # A bundler's short names change with every build; they say nothing about where it failed.
    if (
        function is not None
        and column > 200
        and "[as " not in function
        and len(function.rsplit(".", 1)[-1]) <= 3
    ):
        function = "~"
    return Frame(file=path, line=row, function=function, code=None, in_app=not builtin and _path_in_app(path))


def java_frame(line: str) -> Frame | None:
    """`example.Handler.handle(Handler.java:23)`, also `at app//x.Y.z(Y.java)` and `(Native Method)`."""
    text = line.strip().removeprefix("at ")
    name, found, rest = text.partition("(")
    place, closed, _ = rest.partition(")")
    if not found or not closed or "." not in name or " " in name:
        return None
    name = name.rsplit("/", 1)[-1] if "/" in name and "$$Lambda" not in name else name
    path, _, row = place.partition(":")
    known = path.endswith((".java", ".kt", ".scala", ".groovy", ".clj")) or path in (
        "Native Method",
        "Unknown Source",
    )
    if not known and path != "<generated>":
        return None
    return Frame(
        file=path, line=number(row), function=name, code=None, in_app=not name.startswith(JAVA_PACKAGES)
    )


def dotnet_frame(line: str) -> Frame | None:
    """`at Ns.Class.Method(String input) in /src/F.cs:line 23`."""
    text = line.strip()
    if not text.startswith("at "):
        return None
    name, found, rest = text[3:].partition("(")
    if not found or not name or ".js" in rest or "file://" in rest:
        return None
    _, _, where = rest.partition(") in ")
    path, _, row = where.partition(":line ")
    path = path.replace("\\", "/")
    return Frame(file=path or None, line=number(row.strip()), function=name.strip(), code=None,
                 in_app=not name.startswith(DOTNET_PACKAGES))  # fmt: skip


def ruby_frame(line: str) -> Frame | None:
    """`/var/task/x.rb:3:in `handler'`; Ruby 3.4 writes 'Object#handler'."""
    text = line.strip()
    path, found, rest = text.partition(":in ")
    path, colon, row = path.rpartition(":")
    if not colon or number(row) is None or not (found or path.endswith(".rb")) or path.startswith("at "):
        return None
    return Frame(
        file=path,
        line=number(row),
        function=rest.strip("`'\" ") or None,
        code=None,
        in_app=_path_in_app(path),
    )


def go_frame(path: str, line: object, label: str) -> Frame:
    """`{"path": "github.com/x/y@v1/f.go", "line": 12, "label": "main.h"}`."""
    own = _path_in_app(path) and "@v" not in path and not any(host in path for host in GO_HOSTS)
    own = own and path.split("/", 1)[0] not in GO_STDLIB and path != "_cgo_gotypes.go"
    return Frame(file=path, line=number(line), function=label or None, code=None, in_app=own)


def php_frame(line: str) -> Frame | None:
    """`#0 /var/task/src/Handler.php(24): App\\Handler->handle(Array)`."""
    mark, found, rest = line.strip().partition(" ")
    if not found or mark[:1] != "#" or not mark[1:].isdigit():
        return None
    where, found, call = rest.partition("): ")
    path, opened, row = where.rpartition("(")
    if not found or not opened or number(row) is None:
        return None
    return Frame(file=path, line=number(row), function=call.partition("(")[0] or None, code=None,
                 in_app=_path_in_app(path))  # fmt: skip


LINE_PARSERS: dict[str, Callable[[str], Frame | None]] = {
    "python": python_frame,
    "custom": php_frame,  # no runtime of Lambda's own
    "ruby": ruby_frame,
    "java": java_frame,
    "nodejs": node_frame,  # before dotnet: both write "at", only Node puts a blank before the bracket
    "dotnet": dotnet_frame,
}

# Only Python writes the innermost frame last.
OUTERMOST_FIRST = frozenset({"python"})


def _from_list(item: list[JSON]) -> Frame | None:
    """Python 2.7 to 3.6: `[file, line, function, code]`."""
    if len(item) < 3 or not isinstance(item[0], str):
        return None
    path = item[0][:MAX_LINE]
    function = item[2][:MAX_LINE] if isinstance(item[2], str) else None
    code = _code(item[3]) if len(item) > 3 else None
    return Frame(file=path, line=number(item[1]), function=function, code=code,
                 in_app=_python_in_app(path))  # fmt: skip


def _from_dict(item: dict[str, JSON]) -> Frame | None:
    path = item.get("path") or item.get("file") or item.get("fileName")
    label = item.get("label") or item.get("function") or item.get("methodName")
    if not isinstance(path, str) and not isinstance(label, str):
        return None
    line = item.get("line", item.get("lineNumber"))
    return go_frame(path[:MAX_LINE] if isinstance(path, str) else "", line,
                    label[:MAX_LINE] if isinstance(label, str) else "")  # fmt: skip


def clip(items: Sequence[JSON]) -> list[JSON]:
    """Both ends of a long trace: the innermost frames and the entry are what counts."""
    if len(items) <= MAX_FRAMES:
        return list(items)
    half = MAX_FRAMES // 2
    return [*items[:half], *items[-half:]]


def read_frames(trace: JSON) -> tuple[str | None, tuple[Frame, ...]]:
    """The runtime that wrote the trace (None when nothing was recognised) and its frames, innermost first."""
    if isinstance(trace, str):
        text = trace[: MAX_LINE * MAX_FRAMES]
        # A Python traceback in one string: a frame and its source line belong together.
        trace = [*text.replace("\n    ", "\x00").split("\n")] if '  File "' in text else [*text.split("\n")]
        trace = [line.replace("\x00", "\n") if isinstance(line, str) else line for line in trace]
    if not isinstance(trace, list):
        return None, ()
    frames: list[Frame] = []
    runtime: str | None = None
    for item in clip(trace):
        frame: Frame | None = None
        if isinstance(item, str):
            line = item[:MAX_LINE]
            for name, parser in LINE_PARSERS.items():
                if runtime is not None and name != runtime:
                    continue
                frame = parser(line)
                if frame is not None:
                    runtime = name
                    break
        elif isinstance(item, list):
            frame = _from_list(item)
            runtime = runtime or ("python" if frame else None)
        elif isinstance(item, dict):
            frame = _from_dict(item)
            runtime = runtime or ("go" if frame else None)
        if frame is not None:
            frames.append(frame)
    if runtime in OUTERMOST_FIRST:
        frames.reverse()
    return runtime, tuple(frames)
