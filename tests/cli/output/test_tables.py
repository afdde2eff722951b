"""Rows in a terminal of any width."""

from collections.abc import Iterator

import pytest

from lambda_replay_cli.lists.columns import EXECUTIONS, GROUPS, JOBS, REPLAYS, short_id
from lambda_replay_cli.output.column import Column, Row
from lambda_replay_cli.output.emit import Output, emit
from tests.cli.support.job_objects import job
from tests.cli.support.objects import ID, execution, failure, group, replay

COLUMNS = (
    Column("id"),
    Column("reason", flexible=True),
)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("8f9c1c0e-5a4b-4a55-9d5c-1f6c7f6f2f10", "8f9c1c0e"),
        ("4f1c9a02b7d81e634f1c9a02b7d81e63", "4f1c9a02"),
        ("job-4f1c9a02b7d81e634f1c", "job-4f1c9a02"),
        ("event-1", "event-1"),
        ("8f9c1c0e", "8f9c1c0e"),
        ("8f9c1c0e-not-a-uuid", "8f9c1c0e-not-a-uuid"),
        ("20260131-090000-a1b2", "20260131-090000-a1b2"),
        (None, ""),
    ],
)
def test_what_is_left_of_an_id_is_what_commands_take(value: object, shown: str) -> None:
    assert short_id(value) == shown


WIDE = {
    "executions": (
        EXECUTIONS,
        execution(failure=failure(category="transient_dependency"), status="unconfirmed"),
    ),
    "groups": (GROUPS, group(category="transient_dependency", status="regressed", count=123456)),
    "jobs": (
        JOBS,
        job(
            id="job-4f1c9a02b7d81e634f1c",
            counts={"rejected": {"throttled": 3, "not_sent": 2}, "selected": 100000},
        ),
    ),
    "replays": (
        REPLAYS,
        {**replay(), "id": ID, "message": "it may or may not have been sent: see with show"},
    ),
}


@pytest.mark.parametrize("name", WIDE)
def test_lists_have_a_line_for_each_row_with_all_that_matters(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    columns, row = WIDE[name]
    emit([row], columns, Output.table)
    heading, _, line = capsys.readouterr().out.splitlines()
    assert max(len(heading), len(line)) <= 100
    # Nothing is cut but what may be of any length.
    fixed = [column for column in columns if not column.flexible and column.from_width <= 100]
    for column in fixed:
        assert column.text(row) in line
    assert len(line.split("  ")) >= len(fixed)


def test_a_job_counts_what_was_rejected() -> None:
    [rejected] = [column for column in JOBS if column.name == "rejected"]
    assert rejected.text(job(counts={"rejected": {"throttled": 3, "not_sent": 2}})) == "5"
    assert rejected.text(job(counts={"rejected": {}})) == "0"


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
