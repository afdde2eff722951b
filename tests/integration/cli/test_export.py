"""`export`: any number of them in the same memory."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from lambda_replay_cli.lists.columns import EXECUTIONS_WHOLE, GROUPS_WHOLE, JOBS_WHOLE
from tests.cli.support.api_server import Api, Asked, connected, served
from tests.cli.support.objects import execution, group
from tests.cli.support.run import run
from tests.support.template import ROOT

# The command in a process of its own, which ends with the most memory that it has held, in KiB.
MEASURED = """
import re, sys
from pathlib import Path
from lambda_replay_cli.client import connection
from tests.cli.support.api_server import Api
api = Api(url=sys.argv.pop(1))
connection.connect = lambda _options: api.service()
from lambda_replay_cli.main import app
try:
    app()
finally:
    print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1], file=sys.stderr)
"""
MANY = 100_000


@pytest.fixture
def api() -> Iterator[Api]:
    with served() as api, connected(api):
        yield api


def made_up(total: int, api: Api) -> None:
    """So many executions in pages; a page is made when it is asked for."""

    def answer(asked: Asked) -> tuple[int, object]:
        first = int(asked.query.get("cursor", "0"))
        end = min(first + int(asked.query["limit"]), total)
        page = [execution(f"execution-{number}") for number in range(first, end)]
        return 200, {"executions": page, "cursor": None if end == total else str(end)}

    api.answers["GET", "/executions"] = answer


def exported(api: Api, output: str) -> tuple[int, str, int]:
    """How many lines, the last of them, and KiB."""
    command = [sys.executable, "-c", MEASURED, api.url, "export", "executions", "--output", output]
    path = os.pathsep.join(str(ROOT / part) for part in ("", "cli", "layers/core"))
    lines, last = 0, ""
    with subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            lines, last = lines + 1, line
        reported = process.stderr.read()
    assert process.returncode == 0, reported
    return lines, last, int(reported.split()[-1])


def test_a_hundred_thousand_executions_need_no_more_memory_than_a_thousand() -> None:
    """All of them together would be many times the tolerance."""
    with served() as api:
        made_up(1_000, api)
        lines, _, few = exported(api, "jsonl")
        assert lines == 1_000
        made_up(MANY, api)
        lines, last, many = exported(api, "jsonl")
    assert (lines, json.loads(last)["id"]) == (MANY, f"execution-{MANY - 1}")
    assert many - few < 8 * 1024


def test_csv_streams_as_well(api: Api) -> None:
    made_up(1_000, api)
    rows = csv.DictReader(io.StringIO(run("export", "executions", "--output", "csv").out))
    assert [row["id"] for row in rows] == [f"execution-{number}" for number in range(1_000)]
    assert {asked.query["limit"] for asked in api.asked} == {"100"}


@pytest.mark.parametrize("what", ["executions", "groups", "jobs"])
def test_each_kind_has_its_columns(api: Api, what: str) -> None:
    whole = {"executions": EXECUTIONS_WHOLE, "groups": GROUPS_WHOLE, "jobs": JOBS_WHOLE}[what]
    item = {"executions": execution(), "groups": group(), "jobs": {"id": "j", "counts": {"issued": 3}}}[what]
    api.says("GET", f"/{what}", {what: [item], "cursor": None})
    (row,) = csv.DictReader(io.StringIO(run("export", what, "-o", "csv").out))
    assert list(row) == [column.path or column.name for column in whole]
    assert run("export", what).objects == [item]


def test_a_page_that_fails_ends_it_and_what_came_before_is_printed(api: Api) -> None:
    def answer(asked: Asked) -> tuple[int, object]:
        if "cursor" in asked.query:
            return 403, {"message": "The security token included in the request is expired"}
        return 200, {"executions": [execution()], "cursor": "1"}

    api.answers["GET", "/executions"] = answer
    outcome = run("export", "executions")
    assert (outcome.code, len(outcome.objects), len(outcome.problems)) == (3, 1, 1)


def test_nothing_to_export_is_a_no(api: Api) -> None:
    made_up(0, api)
    assert run("export", "executions").code == 1


@pytest.mark.parametrize(
    "words",
    [["groups", "--group", "aa"], ["jobs", "--status", "running"], ["rules"], ["jobs", "--from", "2h"]],
)
def test_a_filter_that_would_be_left_out_is_a_usage_error(api: Api, words: list[str]) -> None:
    assert (run("export", *words).code, api.asked) == (2, [])
