"""JSON documents in lines of text: one behind the other, each on one line or on many.

Documents are taken out as slices of the text, for a payload must stay as it is. Where one is broken, the next
lines are looked at again: of JSON Lines with a line that was cut off, every other line is read. Traces and
lines of a log, which are no JSON, become the documents that a runtime would have reported.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lambda_replay.domain.intake.raw_json import NotJsonError, value_end
from lambda_replay_cli.explain.input.location import Location, Problem
from lambda_replay_cli.explain.input.log_text import LogText
from lambda_replay_cli.explain.input.source import LONGEST_LINE, InputCutOffError, too_long

LONGEST_DOCUMENT = LONGEST_LINE
"""Characters of one document, over all its lines."""

# The closing quote may be missing: then the string takes the end of its line with it.
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
# Anyone who copies records out of a list leaves the commas between them.
_BETWEEN = re.compile(r"[ \t\n\r,]*")


NEITHER = "neither a JSON object nor a list of them, nor an error in the lines of a log, nor a trace"


@dataclass(frozen=True, slots=True)
class Document:
    """One complete JSON object, list or string, as it stands in the input."""

    text: str
    place: Location


def documents(lines: Iterable[str]) -> Iterator[Document | Problem]:
    """Reads no further than the document it yields."""
    pending, log, number = _Pending(), LogText(), 0
    ends_early: Problem | None = None
    try:
        for number, line in enumerate(lines, start=1):
            if pending.is_empty and log.takes(line):
                if log.ends_before(line):
                    yield from _of_log(log)
                log.add(line, number)
                continue
            yield from _of_log(log)
            if pending.breaks_at(line):
                yield from _split(pending.taken(), pending.first)
            pending.add(line, number)
            if pending.length > LONGEST_DOCUMENT:
                yield Problem(Location(pending.first), too_long(LONGEST_DOCUMENT))
                return
            if pending.is_closed:
                yield from _split(pending.taken(), pending.first)
    except InputCutOffError as error:
        ends_early = Problem(Location(number + 1), str(error))
    yield from _of_log(log)
    yield from _split(pending.taken(), pending.first)
    if ends_early:
        yield ends_early


def _of_log(log: LogText) -> Iterator[Document | Problem]:
    """What the lines that were kept tell, if anything."""
    place = Location(log.first)
    for found in log.taken():
        yield Problem(place, NEITHER) if found is None else Document(found, place)


class _Pending:
    """Lines that may be one document, by their brackets alone: looked at once each, whatever they hold."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._depth = 0
        self._open_string = False
        self.first = 1
        self.length = 0

    def add(self, line: str, number: int) -> None:
        if not self._lines:
            self.first = number
        self._lines.append(line)
        self.length += len(line)
        bare = _STRING.sub("", line if line.endswith("\n") else line + "\n")
        self._open_string = not bare.endswith("\n")
        self._depth += bare.count("{") + bare.count("[") - bare.count("}") - bare.count("]")

    @property
    def is_empty(self) -> bool:
        return not self._lines

    @property
    def is_closed(self) -> bool:
        """Nothing of what follows can belong to it; no string of JSON goes on in the next line."""
        return self._depth <= 0 or self._open_string

    def breaks_at(self, line: str) -> bool:
        """The document was cut off: this line begins another where no value can stand."""
        if not self._lines or not line.startswith(("{", "[")):
            return False
        before = next((text for held in reversed(self._lines) if (text := held.rstrip())), "")
        return not before.endswith(("[", ",", ":"))

    def taken(self) -> str:
        text = "".join(self._lines)
        self._lines, self._depth, self._open_string, self.length = [], 0, False, 0
        return text


def _split(text: str, first: int) -> Iterator[Document | Problem]:
    """The documents in these lines, until one is broken, and then those that fill a line."""
    at = _next(text, 0)
    line, numbers = first + text.count("\n", 0, at), 1
    while at < len(text):
        place = Location(line) if numbers == 1 else Location(line, (numbers,))
        try:
            end = _document_end(text, at)
        except NotJsonError as error:
            yield Problem(place, _why(error, text, at, first))
            yield from _whole_lines(text, at, line)
            return
        yield Document(text[at:end], place)
        following = _next(text, end)
        passed = text.count("\n", at, following)
        at, line, numbers = following, line + passed, 1 if passed else numbers + 1


def _next(text: str, at: int) -> int:
    match = _BETWEEN.match(text, at)
    return match.end() if match else at


def _document_end(text: str, at: int) -> int:
    if text[at] not in '{["':
        raise NotJsonError(NEITHER, at)
    return value_end(text, at)


def _why(error: NotJsonError, text: str, at: int, first: int) -> str:
    if error.at == at:
        return error.why
    if error.at >= len(text.rstrip()):
        return "not complete JSON: it is cut off"
    line = first + text.count("\n", 0, error.at)
    column = error.at - text.rfind("\n", 0, error.at)
    return f"{error.why} (line {line}, column {column})"


def _whole_lines(text: str, at: int, line: int) -> Iterator[Document]:
    """Behind the line of `at`, which is number `line`."""
    for number, held in enumerate(text[at:].split("\n")[1:], start=line + 1):
        candidate = held.rstrip(" \t\r,")
        if held.startswith(("{", "[")) and _is_whole(candidate):
            yield Document(candidate, Location(number))


def _is_whole(text: str) -> bool:
    try:
        return value_end(text, 0) == len(text)
    except NotJsonError:
        return False
