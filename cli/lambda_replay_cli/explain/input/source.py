"""A file or standard input as lines of text, whether it is compressed or not.

Only `\\n` ends a line: a payload may hold every other character that Unicode calls a line's end.
"""

import codecs
import gzip
import io
import sys
import zlib
from collections.abc import Buffer, Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from lambda_replay_cli.errors import CommandError, UsageError
from lambda_replay_cli.files import MIB, STANDARD_INPUT

LONGEST_LINE = 64 * MIB
"""Bytes. A record is at most 16 MiB; one line may hold some in a list."""
MOST_UNPACKED = 1024 * MIB
"""Bytes of all lines of a compressed source: a small one may unpack to any size."""
_GZIP = b"\x1f\x8b"


class InputCutOffError(CommandError, ValueError):
    """Nothing more can be read; the text says why."""


@contextmanager
def opened_source(name: str) -> Iterator[BinaryIO]:
    """Raises `UsageError` when there is nothing to read."""
    if name == STANDARD_INPUT:
        if sys.stdin is None:
            raise UsageError("standard input is closed. Name a file with execution records.")
        yield sys.stdin.buffer
        return
    try:
        file = open(name, "rb")  # noqa: SIM115  # closed below; opening alone is the user's mistake
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(
            f"{name}: {reason}. Name a file with execution records, or {STANDARD_INPUT} for standard input."
        ) from None
    with file:
        yield file


def text_lines(stream: BinaryIO) -> Iterator[str]:
    """The lines, decoded. Bytes that are no UTF-8 become lone surrogates, which the domain refuses in just
    the record that holds them. Raises `InputCutOffError` when what follows can't be read."""
    try:
        for number, line in enumerate(_byte_lines(stream)):
            yield (_without_mark(line) if number == 0 else line).decode(errors="surrogateescape")
    except EOFError:
        raise InputCutOffError("the compressed data ends early: the file was cut off") from None
    except (gzip.BadGzipFile, zlib.error):
        raise InputCutOffError("the compressed data is damaged") from None
    except OSError as error:
        raise InputCutOffError(f"reading failed: {error.strerror or error}") from None


def too_long(most: int) -> str:
    """What is wrong with a line or a document of more than so many bytes."""
    return (
        f"it is longer than {most // MIB} MiB, which is the limit, and nothing is read from here on: "
        "give one record per line, as `jq -c '.[]' FILE` makes them of a list"
    )


def _byte_lines(stream: BinaryIO) -> Iterator[bytes]:
    head = stream.read(len(_GZIP))
    whole = io.BufferedReader(_Rejoined(head, stream))
    packed = head == _GZIP
    lines = gzip.GzipFile(fileobj=whole) if packed else whole
    total = 0
    while line := lines.readline(LONGEST_LINE + 1):
        total += len(line)
        if packed and total > MOST_UNPACKED:
            raise InputCutOffError(
                f"unpacked, it is more than {MOST_UNPACKED // MIB} MiB, which is the limit: where that is as "
                "it should be, use `gunzip -c FILE | lambda-replay explain -`"
            )
        if len(line) > LONGEST_LINE:
            raise InputCutOffError(too_long(LONGEST_LINE))
        yield line


def _without_mark(line: bytes) -> bytes:
    if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputCutOffError("the text is UTF-16: convert it with `iconv -f UTF-16 -t UTF-8`")
    return line.removeprefix(codecs.BOM_UTF8)


class _Rejoined(io.RawIOBase):
    """A stream whose first bytes were read already, for a pipe can't be read twice. It hands over what is
    there, without waiting for more."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, cast("io.BufferedIOBase", rest)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        room = memoryview(buffer)
        given, self._head = self._head[: len(room)], self._head[len(room) :]
        # Not readinto1: with a buffer larger than its own, it waits for more although it has some.
        given = given or self._rest.read1(len(room))
        room[: len(given)] = given
        return len(given)
