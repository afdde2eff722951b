"""What is printed: the same objects for programs, a table for people."""

import csv
import io
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_replay.domain.diagnosis import DEFAULT_RULES
from lambda_replay_cli.output.emit import in_a_cell
from lambda_replay_cli.output.plain import printable
from tests.cli.support.run import Outcome, explain
from tests.support.world.service import record_text

KEYS = [
    "id", "function", "category", "verdict", "rule", "confidence", "reasons", "fingerprint",
    "fingerprint_parts", "error_type", "title",
]  # fmt: skip
UUID = "0fe2c728-7569-478f-af6a-a35d61d11540"
TIMEOUT = '{"errorMessage":"2026-01-31T09:00:00Z r Task timed out after 3.00 seconds"}'
INPUT = "\n".join(
    [
        record_text(UUID, response=TIMEOUT),
        record_text("r-2", response=TIMEOUT),
        record_text("r-3"),
        record_text("r-4", condition="Success", response="null"),
    ]
)


def table(given: str, monkeypatch: pytest.MonkeyPatch, *, width: int = 200) -> Outcome:
    monkeypatch.setenv("COLUMNS", str(width))
    return explain(given, "--output", "table")


def test_the_keys_stand_in_their_order() -> None:
    outcome = explain(INPUT, "--output", "jsonl")
    assert len(outcome.objects) == 4
    for found in outcome.objects:
        assert list(found) == [*KEYS, "condition", "channel", "succeeded"]
    first = outcome.objects[0]
    assert (first["category"], first["verdict"]) == ("timeout", "as_is")
    assert first["rule"] in {rule.id for rule in DEFAULT_RULES}
    assert first["reasons"]
    assert isinstance(first["confidence"], float)
    assert first["fingerprint_parts"]["function"] == "orders"


def test_lines_are_the_default_where_no_terminal_reads() -> None:
    assert explain(INPUT).out == explain(INPUT, "--output", "jsonl").out


@pytest.mark.parametrize("given", [INPUT, INPUT.splitlines()[0], ""])
def test_the_array_holds_the_objects_of_the_lines(given: str) -> None:
    assert json.loads(explain(given, "--output", "json").out) == explain(given).objects


def test_lines_hold_no_character_that_could_end_them_or_be_lost() -> None:
    odd = record_text("r-1", response='{"errorType":"\u2028\u0085é\\ud800\\u001b","errorMessage":"é"}')
    outcome = explain(odd)
    assert outcome.out.isascii()
    assert outcome.out.isprintable() or outcome.out.strip().isprintable()
    assert len(outcome.objects) == 1


@pytest.mark.parametrize("width", [60, 80, 100, 130, 200])
def test_the_table_fits_and_reports_the_same(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    outcome = table(INPUT, monkeypatch, width=width)
    lines = outcome.out.splitlines()
    assert max(map(len, lines)) <= width
    first, _, third, _ = explain(INPUT).objects
    for shown in (
        UUID[:8],
        "orders",
        "timeout",
        "as_is",
        first["rule"][:15] if width >= 130 else "",
        first["fingerprint"][:8],
        "r-2",
    ):
        assert shown in outcome.out
    assert first["title"] in outcome.out or width < 130
    summary = f"4 records in 2 groups: 2 timeout, 1 {third['category']}, 1 succeeded"
    assert summary in " ".join(outcome.out.split())


def test_a_wide_table_has_a_line_for_each_record(monkeypatch: pytest.MonkeyPatch) -> None:
    heading, rule, *rows = table(INPUT, monkeypatch).out.splitlines()
    assert heading.split() == ["id", "category", "verdict", "group", "function", "rule", "title"]
    assert set(rule.strip()) == {"─"}
    assert [row.split()[0] for row in rows[:4]] == [UUID[:8], "r-2", "r-3", "r-4"]


def test_the_table_counts_what_is_missing_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = table(INPUT + "\nnonsense", monkeypatch)
    assert outcome.code == 1
    assert "1 problem, not understood" in " ".join(outcome.out.split())
    assert "line 5: " in outcome.err


def test_nothing_gives_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    assert table("", monkeypatch).out == ""


def test_a_record_can_not_talk_to_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "id": "\x1b[2J",
        "function": "\x07[red]x[/red]",
        "errorType": "\x1b]0;title\x07",
        "errorMessage": "\r\x9b1m",
    }
    out = table(json.dumps(given), monkeypatch).out
    assert all(letter.isprintable() or letter == "\n" for letter in out)
    assert "[red]x[/red]" in out


def test_csv_has_a_column_for_each_thing() -> None:
    first, *_ = csv.DictReader(io.StringIO(explain(INPUT, "-o", "csv").out))
    assert (first["id"], first["category"], first["function"]) == (UUID, "timeout", "orders")


FORMULAS = [
    "=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\x00=1", "  =1", "\u2003=1",
    "\uff1d1", "\uff0b1", "\uff0d1", "\uff201", "\ufe661", "\u22121", "\u202e=1",
]  # fmt: skip


@pytest.mark.parametrize("error_type", FORMULAS)
def test_csv_holds_no_formula(error_type: str) -> None:
    given = record_text("r-1", response=json.dumps({"errorType": error_type, "errorMessage": error_type}))
    [row] = csv.DictReader(io.StringIO(explain(given, "-o", "csv").out))
    assert row["error_type"].startswith("'")


@given(st.text())
def test_no_text_in_csv_is_a_formula_or_a_command_for_a_terminal(text: str) -> None:
    cell = in_a_cell(text)
    assert cell.isprintable()
    assert not unicodedata.normalize("NFKC", cell).strip().startswith(("=", "+", "-", "@"))
    assert cell.removeprefix("'") == printable(text).removeprefix("'")


@pytest.mark.parametrize(
    ("value", "cell"), [(-5, "-5"), (-0.5, "-0.5"), (None, ""), (True, "yes"), ("a-b", "a-b")]
)
def test_numbers_in_csv_stay_numbers(value: object, cell: str) -> None:
    assert in_a_cell(value) == cell


def test_control_characters_are_neutralised_in_csv_alone() -> None:
    odd = "\x1b[31mOdd\u202eError"
    given = record_text("r-1", response=json.dumps({"errorType": odd, "errorMessage": "m"}))
    text = explain(given, "-o", "csv").out
    assert all(letter.isprintable() or letter == "\n" for letter in text)
    assert text.count("\n") == 2
    assert explain(given).objects[0]["error_type"] == odd
