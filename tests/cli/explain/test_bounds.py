"""What is read is bounded, however it is packed: the message names the limit and the way around it."""

import gzip
import io
import json
import tracemalloc
from pathlib import Path

import pytest

from lambda_replay_cli import files
from lambda_replay_cli.explain.input import documents, source
from tests.cli.support.run import Outcome, explain, run
from tests.support.world.service import record_text

MIB = 1024 * 1024
RECORD = record_text("r-1").encode() + b"\n"


def bomb(size: int) -> bytes:
    """A record, and behind it one line of `size` MiB, packed."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as file:
        file.write(RECORD)
        for _ in range(size):
            file.write(b"[" + b" " * (MIB - 1))
    return packed.getvalue()


def stopped(outcome: Outcome) -> str:
    """The only problem; what stood before it was explained."""
    assert outcome.code == 1
    assert [found["id"] for found in outcome.objects] == ["r-1"]
    [problem] = outcome.problems
    return problem


@pytest.mark.parametrize("packed", [True, False])
def test_a_line_without_end_is_not_read_into_memory(packed: bool) -> None:
    given = bomb(160)
    given = given if packed else gzip.decompress(given)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        problem = stopped(explain(given))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "line 2: it is longer than 64 MiB" in problem
    assert "jq -c '.[]'" in problem
    assert most - before < 2.5 * source.LONGEST_LINE


def test_a_document_over_many_lines_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "LONGEST_DOCUMENT", 3 * MIB)
    problem = stopped(explain(RECORD + b"[\n" + (b'"' + b"x" * 1000 + b'",\n') * 4000))
    assert "line 2: it is longer than 3 MiB" in problem
    assert "jq -c '.[]'" in problem


def test_a_document_of_the_length_that_is_allowed_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps([json.loads(RECORD)], indent=1) + "\n"
    monkeypatch.setattr(documents, "LONGEST_DOCUMENT", len(text))
    assert len(explain(text).objects) == 1
    monkeypatch.setattr(documents, "LONGEST_DOCUMENT", len(text) - 1)
    assert explain(text).code == 1


def test_what_is_unpacked_is_bounded_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MOST_UNPACKED", MIB)
    text = RECORD + (b" " * 999 + b"\n") * 1100
    problem = stopped(explain(gzip.compress(text)))
    assert "unpacked, it is more than 1 MiB" in problem
    assert "gunzip -c FILE | lambda-replay explain -" in problem
    # What is not packed may be of any length: nobody is surprised by it.
    assert explain(text).code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("replay", "-"), "standard input: longer than 1 MiB"),
        (("ignore", "-", "--reason", "x"), "standard input: longer than 1 MiB"),
        (("job", "plan", "--ids-from", "-"), "standard input: longer than 1 MiB"),
        (("job", "plan", "--patch", "/dev/zero", "a"), "--patch /dev/zero: longer than 1 MiB"),
        (("policy", "set", "orders", "--from-file", "/dev/zero"), "/dev/zero: longer than 1 MiB"),
        (("explain", "/dev/null", "--rules", "/dev/zero"), "/dev/zero: longer than 1 MiB"),
    ],
)
def test_what_is_read_whole_is_bounded(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.setattr(files, "MOST", MIB)
    outcome = run(*words, given=b"x\n" * MIB)
    assert outcome.code == 2
    assert said in outcome.err
    assert outcome.err.count(". ") == 1, "the limit, and then the way around it"


def test_a_long_file_of_ids_is_read_up_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "ids"
    path.write_bytes(b"x\n" * 10)
    assert files.whole_text(str(path), "ids", "Shorten it.", most=20) == "x\n" * 10
