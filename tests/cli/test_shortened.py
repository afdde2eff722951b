"""A group is named by the beginning of its fingerprint, wherever one is asked for."""

from collections.abc import Iterator

import pytest

from tests.cli.running import run
from tests.cli.served import Api, connected, served

ORDERS, OTHER, MERGED = "ab12" + "0" * 28, "ab34" + "0" * 28, "ab56" + "0" * 28


@pytest.fixture
def api() -> Iterator[Api]:
    with served() as api, connected(api):
        pages = {
            None: {"groups": [{"fingerprint": OTHER, "members": []}], "cursor": "more"},
            "more": {
                "groups": [{"fingerprint": ORDERS, "members": [{"fingerprint": MERGED}]}],
                "cursor": None,
            },
        }
        api.answers["GET", "/groups"] = lambda asked: (200, pages[asked.query.get("cursor")])
        yield api


def test_a_decision_is_about_the_group_that_begins_so(api: Api) -> None:
    api.says("POST", f"/groups/{ORDERS}/merge", {"fingerprint": ORDERS})
    assert run("group", "ab12", "merge", "--into", "ab34").code == 0
    assert api.asked[-1].body["into"] == OTHER


def test_one_that_is_merged_into_another_is_named_too(api: Api) -> None:
    api.says("POST", f"/groups/{MERGED}/unmerge", {"fingerprint": MERGED})
    assert run("group", "ab56", "unmerge").code == 0


@pytest.mark.parametrize("words", [("list",), ("export", "executions")])
def test_a_list_is_of_the_group_that_begins_so(api: Api, words: tuple[str, ...]) -> None:
    api.says("GET", "/executions", {"executions": [], "cursor": None})
    assert run(*words, "--group", "ab12").code == 1
    assert api.asked[-1].query["group"] == ORDERS


def test_a_job_is_over_the_group_that_begins_so(api: Api) -> None:
    api.says("POST", "/jobs", {"id": "job-1"})
    assert run("job", "start", "--yes", "--group", "ab12").code == 0
    assert api.asked[-1].body["filter"]["group"] == ORDERS
    api.refuses("POST", "/jobs/plan", 400, "nothing_selected")
    run("job", "plan", "--group", "ab12")
    assert api.asked[-1].body["filter"]["group"] == ORDERS


def test_several_that_begin_so_are_named_and_nothing_is_done(api: Api) -> None:
    several = (ORDERS, ORDERS[:-1] + "1")
    api.answers["GET", "/groups"] = lambda _asked: (
        200, {"groups": [{"fingerprint": each, "members": []} for each in several], "cursor": None},
    )  # fmt: skip
    outcome = run("group", "ab12", "resolve")
    assert outcome.code == 2
    assert f"2 fingerprints begin with ab12: {ORDERS}, {ORDERS[:-1]}1" in outcome.err
    assert {asked.method for asked in api.asked} == {"GET"}


def test_none_that_begins_so_is_a_no(api: Api) -> None:
    outcome = run("list", "--group", "cdef")
    assert outcome.code == 1
    assert "no group's fingerprint begins with cdef" in outcome.err


@pytest.mark.parametrize("name", [ORDERS, "ab", "NOT-HEX", "ab12" * 9])
def test_whole_ones_and_others_are_left_to_the_api(api: Api, name: str) -> None:
    assert run("group", name).code == 1
    assert [asked.path for asked in api.asked] == [f"/groups/{name}"]
