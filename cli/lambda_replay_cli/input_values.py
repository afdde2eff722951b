"""What a job is asked for with beside options: ids in a file or a pipe, a patch in a file or on the line."""

from typing import Any

from lambda_replay_cli.errors import NO, ExternalError, UsageError
from lambda_replay_cli.files import STANDARD_INPUT, parsed, whole_text

MOST_IDS = 500


def named(identities: list[str]) -> list[str]:
    """Each once, in this order; `-` alone stands for those on standard input. Raises as `ids_from`."""
    given = ids_from(STANDARD_INPUT) if identities == [STANDARD_INPUT] else identities
    return list(dict.fromkeys(given))


def ids_from(source: str) -> list[str]:
    """One id per line; also what `list --output jsonl`, `json` or `csv` prints. Raises `UsageError`."""
    name = "standard input" if source == STANDARD_INPUT else source
    text = whole_text(source, name, "Give one id per line, in a file or (-) in a pipe.")
    found = _ids(name, text.strip())
    if not found:
        raise ExternalError(f"{name}: no ids in it, so there is nothing to do", NO)
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
        return parsed(text, "--patch")
    name = text.removeprefix("@")
    shown = f"--patch {name}"
    return parsed(whole_text(name, shown, "Give JSON, or the name of a file with JSON."), shown)


def _ids(name: str, text: str) -> list[str]:
    if text.startswith("["):
        rows = parsed(text, name)
        return [_id(name, row, number) for number, row in enumerate(rows, start=1)]
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1)]
    if lines and lines[0][1].partition(",")[0] == "id":
        return [line.partition(",")[0].strip('"') for _, line in lines[1:] if line]
    return [
        _id(name, parsed(line, f"{name}, line {number}"), number) if line.startswith("{") else line
        for number, line in lines
        if line and not line.startswith("#")
    ]


def _id(name: str, row: Any, number: int) -> str:
    found = row.get("id") if isinstance(row, dict) else row
    if not isinstance(found, str):
        raise UsageError(f"{name}: record {number} has no id")
    return found
