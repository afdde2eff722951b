"""`groups` and `group`: what is broken, and what is decided about it."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cli.support.api_server import Api, connected, served
from tests.cli.support.objects import FINGERPRINT, group, group_detail, ownership
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
        ("assign", {"assignee": "ann", "reason": "on call"}, {"assignee": "ann", "reason": "on call"}),
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
        (["assign"], "assign needs --assignee"),
        (["ticket"], "ticket needs --url"),
        (["unticket", "--reason", "x"], "unticket does not take --reason, but nothing"),
        (["ignore", "--reason", "x", "--failures", "0"], "greater than or equal to 1"),
    ],
)
def test_a_decision_that_is_none_is_a_usage_error(api: Api, words: list[str], complaint: str) -> None:
    outcome = run("group", FINGERPRINT, *words)
    assert (outcome.code, api.asked) == (2, [])
    assert complaint in outcome.err


@pytest.mark.parametrize(
    ("words", "route", "body"),
    [
        (["ack"], "acknowledge", {}),
        (["ack", "--reason", "mine"], "acknowledge", {"reason": "mine"}),
        (["unack"], "acknowledge", {"acknowledged": False}),
        (["unassign", "--reason", "leave"], "assign", {"assignee": None, "reason": "leave"}),
        (["ticket", "--url", "https://t/1"], "link", {"url": "https://t/1"}),
        (["unticket"], "link", {"url": None}),
    ],
)
def test_who_has_it_is_said_and_taken_back(api: Api, words: list[str], route: str, body: Any) -> None:
    api.says("POST", f"{PATH}/{route}", group())
    assert run("group", FINGERPRINT, *words).code == 0
    assert api.asked[-1].body == body


def test_groups_of_mine_and_of_others(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    own = ownership(owner="arn:aws:sts::1:assumed-role/Ops/ann@example.com")
    api.says("GET", "/groups", {"groups": [group(ownership=own)], "cursor": None})
    assert run("groups", "--mine").code == 0
    assert api.asked[-1].query["owner"] == "me"
    monkeypatch.setenv("COLUMNS", "150")
    assert "ann@example.com" in run("groups", "--owner", "ann", "-o", "table").out
    assert api.asked[-1].query["owner"] == "ann"
    assert run("groups", "--mine", "--owner", "ann").code == 2


def test_a_group_shows_who_has_it_and_whose_its_category_is(api: Api) -> None:
    ann = "arn:aws:iam::123456789012:user/ann"
    own = ownership(owner="bob", assignee="bob", acknowledged_by=ann,
                    acknowledged_at="2026-01-31T09:00:00Z", ticket="https://t/1")  # fmt: skip
    api.says("GET", PATH, group_detail(ownership=own, classified_by_team=True))
    shown = run("group", FINGERPRINT, "-o", "table").out
    for words in ("bob; acknowledged", "ago by ann", "https://t/1", "as the team says"):
        assert words in shown
    api.says("GET", PATH, group_detail(ownership=ownership(owner=ann, acknowledged_by=ann,
             acknowledged_at="2026-01-31T09:00:00Z")))  # fmt: skip
    shown = run("group", FINGERPRINT, "-o", "table").out
    assert "ann, acknowledged" in shown
    assert "as the team says" not in shown


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
