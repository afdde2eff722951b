"""Files and standard input that are read whole: text, and JSON. For records see `reading`."""

import json
import sys
from typing import Any

from lambda_replay_cli.errors import UsageError

STANDARD_INPUT = "-"
MIB = 1024 * 1024
MOST = 64 * MIB
"""Bytes that are read of one, at most."""


def whole_text(name: str, shown: str, fix: str, most: int | None = None) -> str:
    """The text of a file, or for `-` of standard input. `shown` is what messages call it. Raises `UsageError`
    with the fix: also where it is longer than `most` bytes (`MOST`), before the rest is read."""
    most = MOST if most is None else most
    try:
        if name == STANDARD_INPUT and sys.stdin is None:
            raise UsageError(f"{shown} is closed. {fix}")
        if name == STANDARD_INPUT:
            data = sys.stdin.buffer.read(most + 1)
        else:
            with open(name, "rb") as file:
                data = file.read(most + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"{shown}: {reason}. {fix}") from None
    if len(data) > most:
        raise UsageError(f"{shown}: longer than {most // MIB} MiB, which is the limit. {fix}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{shown}: not valid UTF-8 at byte {error.start}. {fix}") from None


def parsed(text: str, shown: str) -> Any:
    """The value of a JSON text. Raises `UsageError` with the place where it goes wrong."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UsageError(f"{shown}: not valid JSON: {error.msg} ({place})") from None
    except (ValueError, RecursionError):
        raise UsageError(f"{shown}: not valid JSON: nested too deeply, or a number is too long") from None
