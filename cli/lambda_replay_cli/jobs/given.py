"""What a job is asked for with beside options: ids in a file or a pipe, a patch in a file or on the line."""

import json
import sys
from pathlib import Path
from typing import Any

from lambda_replay_cli.ending import NO, Trouble, UsageError

STANDARD_INPUT = "-"
MOST_IDS = 500


def ids_from(source: str) -> list[str]:
    """One id per line; also what `list --output jsonl`, `json` or `csv` prints. Raises `UsageError`."""
    name = "standard input" if source == STANDARD_INPUT else source
    try:
        text = sys.stdin.read() if source == STANDARD_INPUT else Path(source).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: not valid UTF-8 at byte {error.start}. Give one id per line.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"{name}: {reason}. Name a file with one id per line, or - for a pipe.") from None
    found = _ids(name, text.strip())
    if not found:
        raise Trouble(f"{name}: no ids in it, so there is nothing to do", NO)
    return found


def checked(ids: list[str]) -> list[str]:
    """Each once, in this order. Raises `UsageError` where they are too many."""
    each = list(dict.fromkeys(ids))
    if len(each) > MOST_IDS:
        raise UsageError(
            f"{len(each)} ids: one job takes {MOST_IDS} at most. Use filters, like --function and --from, "
            "or several jobs."
        )
    return each


def patch(text: str) -> Any:
    """A list (JSON Patch) or an object (JSON Merge Patch), as JSON or as the name of a file that holds it.
    Raises `UsageError`."""
    if text.lstrip().startswith(("[", "{")):
        return _json("--patch", text)
    name = text.removeprefix("@")
    try:
        return _json(f"--patch {name}", Path(name).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not valid UTF-8"
        raise UsageError(f"--patch {name}: {reason}. Give JSON, or the name of a file with JSON.") from None


def _ids(name: str, text: str) -> list[str]:
    if text.startswith("["):
        rows = _json(name, text)
        return [_id(name, row, number) for number, row in enumerate(rows, start=1)]
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1)]
    if lines and lines[0][1].partition(",")[0] == "id":
        return [line.partition(",")[0].strip('"') for _, line in lines[1:] if line]
    return [
        _id(name, _json(f"{name}, line {number}", line), number) if line.startswith("{") else line
        for number, line in lines
        if line and not line.startswith("#")
    ]


def _id(name: str, row: Any, number: int) -> str:
    found = row.get("id") if isinstance(row, dict) else row
    if not isinstance(found, str):
        raise UsageError(f"{name}: record {number} has no id")
    return found


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UsageError(f"{name}: not valid JSON: {error.msg} ({place})") from None
    except (ValueError, RecursionError):
        raise UsageError(f"{name}: not valid JSON: nested too deeply, or a number is too long") from None
