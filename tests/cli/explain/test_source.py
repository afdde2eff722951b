"""Bytes to lines: compression, marks, encodings, and pipes that hand over one byte at a time."""

import gzip
import io
from typing import cast

import pytest

from lambda_replay_cli.explain.input.source import InputCutOffError, text_lines
from tests.cli.support.run import explain, explained
from tests.support.world.service import record_text

RECORD = record_text("r-1")


def lines(data: bytes) -> list[str]:
    return list(text_lines(io.BytesIO(data)))


class Slow(io.RawIOBase):
    """A pipe whose writer flushes each byte."""

    def __init__(self, data: bytes) -> None:
        self.rest = data

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        first, self.rest = self.rest[:1], self.rest[1:]
        buffer[: len(first)] = first
        return len(first)


@pytest.mark.parametrize("data", [b"", b"a", b"ab", b"a\nb", b"a\n\nb\n", b"\n"])
def test_lines_are_those_of_the_text(data: bytes) -> None:
    assert "".join(lines(data)) == data.decode()
    assert len(lines(data)) == len(io.BytesIO(data).readlines())


def test_only_a_line_feed_ends_a_line() -> None:
    text = '{"a":"\u2028\u0085\x0b\x0c"}\r\n'
    assert lines(text.encode()) == [text]


@pytest.mark.parametrize("slow", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_compression_is_recognised_by_the_bytes(slow: bool, packed: bool) -> None:
    data = gzip.compress(b"one\ntwo\n") if packed else b"one\ntwo\n"
    stream = io.BufferedReader(Slow(data)) if slow else io.BytesIO(data)
    assert list(text_lines(cast("io.BytesIO", stream))) == ["one\n", "two\n"]


def test_a_line_is_handed_over_before_the_next_one_is_written() -> None:
    class Writer(io.RawIOBase):
        written = b"one\n"

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            assert self.written, "asked for what is not written yet"
            count, self.written = len(self.written), b""
            buffer[:count] = b"one\n"
            return count

    # A pipe's buffer is smaller than a file's.
    stream = io.BufferedReader(Writer(), buffer_size=16)
    assert next(text_lines(cast("io.BytesIO", stream))) == "one\n"


def test_files_of_several_compressed_parts_are_one() -> None:
    assert lines(gzip.compress(b"one\n") + gzip.compress(b"two\n")) == ["one\n", "two\n"]


@pytest.mark.parametrize("packed", [False, True])
def test_byte_order_mark_is_no_part_of_the_text(packed: bool) -> None:
    data = b"\xef\xbb\xbf" + RECORD.encode()
    assert explained(gzip.compress(data) if packed else data)[0]["id"] == "r-1"


def test_byte_order_mark_stays_where_it_is_text() -> None:
    assert lines("\ufeffa\n\ufeffb".encode()) == ["a\n", "\ufeffb"]


def test_what_came_before_the_end_of_a_cut_off_file_is_explained() -> None:
    data = gzip.compress("".join(record_text(f"r-{n}") + "\n" for n in range(200)).encode())
    outcome = explain(data[:-20])
    assert outcome.code == 1
    assert outcome.objects[0]["id"] == "r-0"
    assert "the file was cut off" in outcome.problems[-1]


def test_damaged_compression_is_named() -> None:
    data = bytearray(gzip.compress(RECORD.encode()))
    data[12] ^= 0xFF
    outcome = explain(bytes(data))
    assert (outcome.code, outcome.out) == (1, "")
    assert "damaged" in outcome.err


def test_what_follows_the_compressed_part_is_named() -> None:
    with pytest.raises(InputCutOffError, match="damaged"):
        lines(gzip.compress(b"one\n") + b"two\n")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_comes_with_a_fix(encoding: str) -> None:
    text = RECORD if encoding == "utf-16" else "\ufeff" + RECORD
    outcome = explain(text.encode(encoding))
    assert outcome.code == 1
    (problem,) = outcome.problems
    assert problem.endswith("line 1: the text is UTF-16: convert it with `iconv -f UTF-16 -t UTF-8`")


def test_bytes_that_are_no_utf_8_refuse_their_own_record_only() -> None:
    bad = RECORD.encode().replace(b"boom", b"b\xff\xfem")
    outcome = explain(bad + b"\n" + record_text("r-2").encode())
    assert [found["id"] for found in outcome.objects] == ["r-2"]
    assert outcome.code == 1
    assert len(outcome.problems) == 1
    assert "line 1: unpaired surrogate" in outcome.err
    assert "not valid UTF-8" in outcome.err
