"""`stats` and `rules`: failures over time, and the team's own rules."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.support.api_server import Api, connected, served
from tests.cli.support.run import run

RULE = {
    "id": "partner-maintenance",
    "category": "transient_dependency",
    "verdict": "as_is",
    "when": {"message": "down for maintenance"},
    "example": {"errorType": "Error", "errorMessage": "we are down for maintenance"},
}
VERSION = {"version": 3, "rules": [RULE], "at": "2026-01-31T09:00:00Z", "by": "ann", "reason": "maintenance"}


def bucket(at: str, failures: int) -> dict[str, Any]:
    return {"at": at, "failures": failures, "by_category": {"timeout": failures}, "by_function": {}}


STATS = {
    "from": "2026-01-30T00:00:00Z",
    "to": "2026-02-01T00:00:00Z",
    "interval": "day",
    "total": 12,
    "buckets": [bucket("2026-01-30T00:00:00Z", 5), bucket("2026-01-31T00:00:00Z", 7)],
    "by_category": {"timeout": 12},
    "by_function": {"orders": 12},
    "groups": 1,
    "complete": True,
}


@pytest.fixture
def api() -> Iterator[Api]:
    with served() as api, connected(api):
        api.says("GET", "/stats", STATS)
        api.says("GET", "/rules", VERSION)
        api.says("PUT", "/rules", VERSION)
        yield api


def test_failures_over_time_in_each_form(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    assert json.loads(run("stats", "-o", "json").out) == STATS
    assert [row["failures"] for row in run("stats", "-o", "jsonl").objects] == [5, 7]
    assert [row["failures"] for row in csv.DictReader(io.StringIO(run("stats", "-o", "csv").out))] == [
        "5",
        "7",
    ]
    shown = run("stats", "-o", "table").out
    assert "12 from 2026-01-30 to 2026-01-31, 1 group" in shown
    assert "most at 31 Jan: 7" in shown
    assert "orders" in shown


def test_the_range_is_asked_for(api: Api) -> None:
    run("stats", "--from", "2026-01-30T00:00:00Z", "--to", "2026-02-01T00:00:00Z", "-i", "day")
    assert api.asked[-1].query == {
        "from": "2026-01-30T00:00:00Z", "to": "2026-02-01T00:00:00Z", "interval": "day",
    }  # fmt: skip
    run("stats")
    assert api.asked[-1].query == {"interval": "hour"}


def test_the_rules_in_force(api: Api) -> None:
    assert json.loads(run("rules", "show", "-o", "json").out) == VERSION
    assert run("rules", "show").objects == [RULE]
    assert "partner-maintenance" in run("rules", "show", "-o", "table").out
    api.says("GET", "/rules", VERSION | {"rules": [], "version": 0})
    none = run("rules", "show")
    assert (none.code, "no rules of your own" in none.err) == (1, True)


@pytest.mark.parametrize(
    ("given", "options", "body"),
    [
        ([RULE], [], {"rules": [RULE]}),
        ([], [], {"rules": []}),
        ({"rules": [RULE], "reason": "in the file"}, [], {"rules": [RULE], "reason": "in the file"}),
        ({"rules": [RULE], "reason": "in the file"}, ["--reason", "x"], {"rules": [RULE], "reason": "x"}),
        (VERSION, [], {"rules": [RULE], "reason": "maintenance"}),
    ],
)
@pytest.mark.parametrize("piped", [True, False])
def test_rules_are_put_into_force(
    api: Api, tmp_path: Path, given: object, options: list[str], body: object, piped: bool
) -> None:
    path = tmp_path / "rules.json"
    path.write_text(json.dumps(given))
    outcome = run("rules", "set", "-" if piped else str(path), *options, given=json.dumps(given))
    assert outcome.code == 0, outcome.err
    assert (api.asked[-1].method, api.asked[-1].body) == ("PUT", body)
    assert "version 3 is in effect within a minute: 1 rule" in outcome.err


def test_rules_that_can_not_be_used_are_not_sent(api: Api, tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    path.write_text(json.dumps([RULE | {"example": {"errorMessage": "another"}}]))
    outcome = run("rules", "set", str(path))
    assert (outcome.code, api.asked) == (2, [])
    assert "its example is decided by" in outcome.err
