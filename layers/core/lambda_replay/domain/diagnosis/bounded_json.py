"""JSON text into values, with bounded work: a document of very many small values is read only at its start.

A runtime's error is large because of a long message or a long trace, and those are read whole. Hundreds of
thousands of members and elements are no error of any runtime; making objects of all of them would cost more
than everything else in a diagnosis together.
"""

from __future__ import annotations

import json
import re

from lambda_replay.domain.gc_pause import uncollected

from .model import JSON

# More brackets or commas than this, and only the start is read. They are counted inside strings too: a long
# text full of commas is then read the slower way, with the same result.
MAX_BRACKETS = 50_000
MAX_COMMAS = 50_000
MAX_VALUES = 2_000
# Longer texts are not counted: frames are, and a megabyte holds few enough of them.
SHORT = 40
MAX_DEPTH = 40

_SPACE = re.compile(r"[ \t\n\r]*")
_TEXTS = re.compile(r'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[ \t\n\r]*+,[ \t\n\r]*+){1,30000}+', re.DOTALL)
# A fraction in an error is never calculated with: its text will do, and costs a third.
_DECODER = json.JSONDecoder(parse_float=str)


def load_json(text: str) -> tuple[bool, JSON]:
    """(True, value), or (False, None) for text that is no JSON or too deep to read."""
    try:
        if text.count("{") + text.count("[") > MAX_BRACKETS or text.count(",") > MAX_COMMAS:
            return True, _Start(text).read()
        with uncollected():
            value: JSON = _DECODER.decode(text)
    except (ValueError, RecursionError, MemoryError):
        return False, None
    return True, value


class _Start:
    """The first `MAX_VALUES` small values of a document, in the containers they stand in."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._left = MAX_VALUES
        self._enough = False

    def read(self) -> JSON:
        """Parse what there is, as far as it goes."""
        value, _ = self._value(self._behind_space(0), 0)
        return value

    def _value(self, at: int, depth: int) -> tuple[JSON, int]:
        mark = self._text[at : at + 1]
        if mark not in ("{", "["):
            value: JSON
            value, end = _DECODER.raw_decode(self._text, at)
            self._left -= end - at < SHORT
            self._enough = self._enough or self._left <= 0
            return value, end
        self._left -= 1
        if self._left <= 0 or depth >= MAX_DEPTH:
            self._enough = True
        return self._object(at + 1, depth) if mark == "{" else self._array(at + 1, depth)

    def _object(self, at: int, depth: int) -> tuple[JSON, int]:
        found: dict[str, JSON] = {}
        at = self._behind_space(at)
        while not self._enough and not self._closed(at, "}"):
            if self._text[at : at + 1] != '"':
                raise ValueError("no member")
            name, at = _DECODER.raw_decode(self._text, at)
            at = self._behind_space(at)
            if self._text[at : at + 1] != ":":
                raise ValueError("no value")
            found[name], at = self._value(self._behind_space(at + 1), depth + 1)
            at = self._next(at, "}")
        return found, at + 1

    def _array(self, at: int, depth: int) -> tuple[JSON, int]:
        found: list[JSON] = []
        at = self._texts(self._behind_space(at), found)
        while not self._enough and not self._closed(at, "]"):
            value, at = self._value(at, depth + 1)
            found.append(value)
            at = self._texts(self._next(at, "]"), found)
        return found, at + 1

    def _texts(self, at: int, found: list[JSON]) -> int:
        """Behind the texts that begin here, all but the last: traces are made of those, and read at once."""
        run = None if self._enough else _TEXTS.match(self._text, at)
        if run is None:
            return at
        texts = _DECODER.decode(f"[{run.group().rstrip()[:-1]}]")
        found.extend(texts)
        self._left -= max(0, len(texts) - (run.end() - at) // SHORT)
        self._enough = self._left <= 0
        return run.end()

    def _next(self, at: int, end: str) -> int:
        """Behind the comma, or at the closing bracket."""
        if self._enough:
            return at
        at = self._behind_space(at)
        mark = self._text[at : at + 1]
        if mark == ",":
            return self._behind_space(at + 1)
        if mark != end:
            raise ValueError("neither comma nor bracket")
        return at

    def _closed(self, at: int, end: str) -> bool:
        return self._text[at : at + 1] == end

    def _behind_space(self, at: int) -> int:
        match = _SPACE.match(self._text, at)
        return match.end() if match else at
