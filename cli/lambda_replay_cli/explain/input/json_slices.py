"""JSON values as slices of their text, as `domain.intake.raw_json` takes the members of an object."""

import json
import re
from collections.abc import Iterator

from lambda_replay.domain.gc_pause import uncollected
from lambda_replay.domain.intake.fields import NotARecordError
from lambda_replay_cli.errors import CommandError

_SPACE = re.compile(r"[ \t\n\r]*")


class NotAJsonValueError(CommandError, ValueError):
    """No complete JSON value; the text quotes nothing of it. `at` is where it goes wrong."""

    def __init__(self, why: str, at: int) -> None:
        super().__init__(why)
        self.at = at


def _ignore(_: str) -> None:
    # Numbers are only stepped over: int() would refuse more than 4300 digits.
    return None


_SCANNER = json.JSONDecoder(parse_int=_ignore, parse_float=_ignore, parse_constant=_ignore)


def value_end(text: str, at: int) -> int:
    """Where the value that begins at `at` ends. Raises `NotAJsonValueError`."""
    try:
        with uncollected():  # the scanner builds what it steps over, and drops it at once
            return _SCANNER.raw_decode(text, at)[1]
    except json.JSONDecodeError as error:
        raise NotAJsonValueError(f"not complete JSON: {error.msg}", error.pos) from None
    except RecursionError:
        raise NotAJsonValueError("nested too deeply", at) from None


def elements(text: str) -> Iterator[str]:
    """The elements of a list. Raises `NotARecordError` where it is no complete one, after those before."""
    at, separator = _value_start(text, 1), ","
    if text[at : at + 1] == "]":
        return
    while separator == ",":
        try:
            end = value_end(text, at)
        except NotAJsonValueError as error:
            raise NotARecordError(f"{error} at character {error.at}") from None
        yield text[at:end]
        behind = _value_start(text, end)
        separator, at = text[behind : behind + 1], _value_start(text, behind + 1)
    if separator != "]":
        raise NotARecordError(f"not complete JSON: expected ',' or ']' at character {behind}")


def _value_start(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
