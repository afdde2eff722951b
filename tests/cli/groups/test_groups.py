"""`groups` and `group`: what is broken, and what is decided about it."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cli.support.api_server import Api, connected, served
from tests.cli.support.objects import FINGERPRINT, group, group_detail
from tests.cli.support.run import run

PATH = f"/groups/{FINGERPRINT}"


@pytest.fixture
def api() -> Iterator[Api]:
    with served() as api, connected(api):
        yield api


def test_groups_are_listed_with_their_filters(api: Api) -> None:
    api.says("GET", "/groups", {"groups": [group()], "cursor": None})
    outcome = run("groups", "--status", "regressed", "--function", "orders", "--verdict", "never")
    assert outcome.objects == [group()]
    asked = {"status": "regressed", "function": "orders", "verdict": "never", "limit": "50"}
    assert api.asked[0].query == asked
    assert "KeyError: 'TABLE_NAME'" in run("groups", "-o", "table").out
    (row,) = csv.DictReader(io.StringIO(run("groups", "-o", "csv").out))
    assert (row["fingerprint"], row["count"], row["functions"]) == (FINGERPRINT, "12", '["orders"]')


def test_no_groups_is_a_no(api: Api) -> None:
    api.says("GET", "/groups", {"groups": [], "cursor": None})
    assert run("groups").code == 1


def test_a_group_says_why_its_failures_belong_together(api: Api) -> None:
    hours = [{"hour": datetime.now(UTC).isoformat(), "count": 12}]
    api.says("GET", PATH, group_detail(hours=hours, members=[group("aa" * 8)]))
    shown = run("group", FINGERPRINT, "-o", "table").out
    for words in ("why these belong together", "orders.py handler", "see the ticket", "aa" * 8, "█ most 12"):
        assert words in shown
    assert run("group", FINGERPRINT).objects[0]["why"] == group_detail()["why"]


@pytest.mark.parametrize(
    ("action", "options", "body"),
    [
        ("resolve", {"reason": "fixed"}, {"reason": "fixed"}),
        ("resolve", {}, {}),
        ("ignore", {"reason": "rare", "failures": "9"}, {"reason": "rare", "failures": 9}),
        (
            "ignore",
            {"reason": "r", "until": "2999-01-01T00:00:00Z"},
            {"reason": "r", "until": "2999-01-01T00:00:00Z"},
        ),
        ("reopen", {}, {}),
        ("note", {"text": "see"}, {"text": "see"}),
        ("merge", {"into": "aa" * 16}, {"into": "aa" * 16}),
        ("unmerge", {"reason": "no"}, {"reason": "no"}),
        ("unclassify", {"reason": "no"}, {"reason": "no"}),
    ],
)
def test_decisions_reach_the_api(api: Api, action: str, options: dict[str, str], body: Any) -> None:
    api.says("POST", f"{PATH}/{action}", group(status="resolved"))
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    assert run("group", FINGERPRINT, action, *words).objects == [group(status="resolved")]
    assert api.asked[0].body == body


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["ignore"], "ignore needs --reason"),
        (["merge"], "merge needs --into"),
        (["note"], "note needs --text"),
        (["resolve", "--until", "2h"], "resolve does not take --until"),
        (["--reason", "x"], "--reason goes with one of resolve"),
        (["explode"], "explode"),
        (["ignore", "--reason", "x", "--failures", "0"], "greater than or equal to 1"),
    ],
)
def test_a_decision_that_is_none_is_a_usage_error(api: Api, words: list[str], complaint: str) -> None:
    outcome = run("group", FINGERPRINT, *words)
    assert (outcome.code, api.asked) == (2, [])
    assert complaint in outcome.err


def test_no_such_group_is_a_no(api: Api) -> None:
    api.refuses("GET", PATH, 404, "group_not_found", "no such group")
    assert run("group", FINGERPRINT).code == 1


def test_a_group_is_classified_by_name(api: Api) -> None:
    api.says("POST", f"{PATH}/classify", group())
    assert run("group", FINGERPRINT, "classify", "throttling", "as_is", "--reason", "asked").code == 0
    assert api.asked[-1].body == {"category": "throttling", "verdict": "as_is", "reason": "asked"}
    assert run("group", FINGERPRINT, "classify", "throttling").code == 0
    assert api.asked[-1].body == {"category": "throttling"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["classify"], "classify needs CATEGORY"),
        (["classify", "nonsense"], "nonsense"),
        (["resolve", "throttling"], "resolve does not take CATEGORY"),
    ],
)
def test_a_classification_that_is_none_is_named(api: Api, arguments: list[str], words: str) -> None:
    outcome = run("group", FINGERPRINT, *arguments)
    assert outcome.code == 2
    assert words in outcome.err
