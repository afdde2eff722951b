"""The command itself: exit codes, messages, help."""

import gzip
from pathlib import Path

import pytest

from lambda_replay_cli.explain.input.documents import NEITHER
from tests.cli.support.run import explain, run
from tests.support.template import ROOT
from tests.support.world.service import record_text


def test_a_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "records.txt"
    path.write_bytes(gzip.compress(record_text("r-1").encode()))
    outcome = run("explain", str(path))
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.objects[0]["id"] == "r-1"


def test_problems_are_named_with_file_and_place_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text(f"{record_text('r-1')}\nnonsense\n{record_text('r-3')}\n")
    outcome = run("explain", str(path))
    assert outcome.code == 1
    assert [found["id"] for found in outcome.objects] == ["r-1", "r-3"]
    assert outcome.problems == [f"lambda-replay: {path}, line 2: {NEITHER}"]


def test_a_file_of_something_else_is_named_five_times_and_counted() -> None:
    outcome = run("explain", "-", given="2026-01-31 INFO something else\n" * 1000)
    assert outcome.code == 1
    assert [f"line {number}: " in line for number, line in enumerate(outcome.problems[:5], start=1)] == [
        True
    ] * 5
    assert outcome.problems[5:] == [
        "lambda-replay: standard input: 995 more were not understood. Is this a file of execution records?"
    ]
    mixed = run("explain", "-", given=f"{record_text('r-1')}\n" + "nonsense\n" * 6)
    assert mixed.problems[5:] == ["lambda-replay: standard input: 1 more were not understood"]
    assert len(run("explain", "-", given="nonsense\n" * 5).problems) == 5


@pytest.mark.parametrize("name", ["missing.json", ".", "a\0b"])
def test_a_file_that_can_not_be_read_is_named_with_the_fix(tmp_path: Path, name: str) -> None:
    outcome = run("explain", f"{tmp_path}/{name}")
    assert (outcome.code, outcome.out) == (2, "")
    (problem,) = outcome.problems
    shown = name.replace("\0", " ")
    assert problem.startswith(f"lambda-replay: {tmp_path}/{shown}: ")
    assert "- for standard input" in problem


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["explain"], "FILE"),
        (["explain", "-", "--output", "xml"], "'table', 'json', 'jsonl'"),
        (["explain", "-", "--colour"], "--colour"),
        (["explain", "a", "b"], "b"),
        (["explode"], "explode"),
    ],
)
def test_usage_errors_are_named(arguments: list[str], words: str) -> None:
    outcome = run(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert words in outcome.err


def test_every_line_of_the_labelled_corpus_is_understood() -> None:
    path = ROOT / "tests" / "corpus" / "failures.jsonl"
    outcome = run("explain", str(path))
    assert (outcome.code, outcome.err) == (0, "")
    assert len(outcome.objects) == len(path.read_text().splitlines())


def test_a_megabyte_in_one_line_is_a_record_like_any_other() -> None:
    payload = '{"text":"' + "x" * 1_000_000 + '"}'
    given = record_text("r-1", payload=payload) + "\n" + record_text("r-2")
    outcome = explain(given)
    assert (outcome.code, [found["id"] for found in outcome.objects]) == (0, ["r-1", "r-2"])


@pytest.mark.parametrize("arguments", [["--help"], ["explain", "--help"]])
def test_help_is_there(arguments: list[str]) -> None:
    outcome = run(*arguments)
    assert outcome.code == 0
    assert "explain" in outcome.out
