"""Values in JSON texts as the bytes that were sent, never parsed and printed again.

A record holds the payload's own text (docs/reference/lambda.md#exact-bytes). Printing a parsed payload
again would turn `1.10` into `1.1`, `1e400` into an invalid `Infinity`, and drop duplicate keys.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from lambda_replay.domain.errors import LambdaReplayError
from lambda_replay.domain.gc_pause import uncollected

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*+"')


class NotJsonError(LambdaReplayError, ValueError):
    """The text is not the JSON that is expected: `why`, at the character `at`. The message quotes nothing of
    it: payloads stay out of logs."""

    def __init__(self, why: str, at: int) -> None:
        super().__init__(f"{why} at character {at}")
        self.why, self.at = why, at


@dataclass(frozen=True, slots=True)
class Member:
    """One value of the object, verbatim, with the white space on either side of it."""

    before: str
    text: str
    after: str
    last: bool


# Arrays in nothing but each other, eight or more deep, where a value may stand; perhaps a number inside.
_NEST = re.compile(r"(?<=[,:\s])(\[{8,}+)((?:0|[1-9]\d{0,18}+)?+)(\]{8,}+)(?=[,}\]\s]|$)")
_EIGHT_DEEP, _FEW = "[" * 8, 1_000
# Deeper ones are left to the scanner, which refuses them.
_DEEPEST_NEST = 9_000

# Numbers are only stepped over, at the price of the cheapest call there is: int() would refuse more than 4300
# digits. NaN and Infinity are no JSON, but no reason to lose a record either: whether Lambda takes them as a
# payload is Lambda's to say.
_SCANNER = json.JSONDecoder(parse_int=len, parse_float=len, parse_constant=len)


def members(text: str) -> dict[str, Member]:
    """The object's members by name; of duplicate names the last one counts, as in every JSON parser.

    Raises `NotJsonError` with the position of the first fault.
    """
    with uncollected():  # the scanner builds what it steps over, and drops it at once
        return _members(text)


def value_end(text: str, at: int) -> int:
    """Where the value that begins at `at` ends. Raises `NotJsonError`."""
    with uncollected():
        return _value_end(text, at)


def elements(text: str) -> Iterator[str]:
    """The elements of a list. Raises `NotJsonError` where it is no complete one, after those before."""
    at, mark = _skip_space(text, 1), ","
    if text[at : at + 1] == "]":
        return
    while mark == ",":
        end = value_end(text, at)
        yield text[at:end]
        behind = _skip_space(text, end)
        mark, at = text[behind : behind + 1], _skip_space(text, behind + 1)
    if mark != "]":
        raise NotJsonError("not complete JSON: expected ',' or ']'", behind)


def _flattened(text: str) -> str:
    """The text, as long as it is, with a number for each nest of arrays.

    To find where a value ends, the scanner makes an object of every array: a megabyte of brackets is half a
    million of them. What is in the arrays does not matter here, and within a string, digits are as good as
    brackets.
    """
    if text.count(_EIGHT_DEEP) < _FEW:
        return text
    return _NEST.sub(_as_number, text)


def _as_number(match: re.Match[str]) -> str:
    opening, inside, closing = match.groups()
    pairs = min(len(opening), len(closing))
    if len(opening) > _DEEPEST_NEST:
        return match.group()
    number = "1" * (2 * pairs + len(inside))
    return opening[pairs:] + number + closing[pairs:]


def _members(text: str) -> dict[str, Member]:
    flat = _flattened(text)
    found: dict[str, Member] = {}
    at = _skip_space(text, 0)
    at = _expect(text, at, "{")
    at = _skip_space(text, at)
    if text[at : at + 1] == "}":
        return _finished(text, at + 1, found)
    while True:
        name_end = _string_end(text, at)
        name = _name(text[at:name_end], at)
        at = _expect(text, _skip_space(text, name_end), ":")
        start = _skip_space(text, at)
        end = _value_end(flat, start)
        behind = _skip_space(text, end)
        mark = text[behind : behind + 1]
        if mark not in (",", "}"):
            raise NotJsonError("expected ',' or '}'", behind)
        found[name] = Member(text[at:start], text[start:end], text[end:behind], mark == "}")
        if mark == "}":
            return _finished(text, behind + 1, found)
        at = _skip_space(text, behind + 1)


def _finished(text: str, at: int, found: dict[str, Member]) -> dict[str, Member]:
    at = _skip_space(text, at)
    if at != len(text):
        raise NotJsonError("unexpected text behind the object", at)
    return found


def _skip_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _expect(text: str, at: int, mark: str) -> int:
    if text[at : at + 1] != mark:
        raise NotJsonError(f"expected '{mark}'", at)
    return at + 1


def _string_end(text: str, at: int) -> int:
    match = _STRING.match(text, at)
    if match is None:
        raise NotJsonError("expected a member's name", at)
    return match.end()


def _name(text: str, at: int) -> str:
    if "\\" not in text:
        return text[1:-1]
    try:
        name: str = json.loads(text)
    except json.JSONDecodeError as error:
        raise NotJsonError(f"{error.msg} in the name of the member", at) from None
    return name


def _value_end(text: str, at: int) -> int:
    try:
        return _SCANNER.raw_decode(text, at)[1]
    except json.JSONDecodeError as error:
        raise NotJsonError(f"not complete JSON: {error.msg}", error.pos) from None
    except RecursionError:
        # Ten thousand levels: no runtime's own parser follows there, and scanning on would take as long as a
        # sender likes.
        raise NotJsonError("nested too deeply", at) from None
