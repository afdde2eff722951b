"""Rows in a terminal of any width."""

from collections.abc import Iterator

import pytest

from lambda_replay_cli.printing.output import Column, Output, Row, emit

COLUMNS = (
    Column("id"),
    Column("ended as", "ending", flexible=True, beside_from=110),
    Column("reason", flexible=True, beside_from=110),
    Column("target", flexible=True, beside_from=110),
)


def test_what_is_empty_leaves_a_mark_below_or_the_next_would_stand_for_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    rows: list[Row] = [{"id": "a", "ending": "", "reason": "fixed in v8", "target": None}, {"id": "b"}]
    emit(rows, COLUMNS, Output.table)
    _, heading, _, *lines = capsys.readouterr().out.splitlines()
    assert heading.split("  ")[1:] == ["ended as", "reason", "target"]
    assert [line.strip() for line in lines] == ["a", "-  fixed in v8", "b", ""]


@pytest.mark.parametrize("output", Output)
def test_what_there_was_is_printed_when_the_rest_breaks_off(
    capsys: pytest.CaptureFixture[str], output: Output
) -> None:
    def rows() -> Iterator[Row]:
        yield {"id": "done"}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        emit(rows(), COLUMNS, output)
    assert "done" in capsys.readouterr().out
