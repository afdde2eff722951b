"""Executions, groups and jobs are named by the beginning of their ids, wherever one is asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.support.api_server import Api, connected, served
from tests.cli.support.job_objects import job
from tests.cli.support.objects import detail, execution, group_detail
from tests.cli.support.run import run

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
    assert f"2 begin with ab12: {ORDERS}, {ORDERS[:-1]}1" in outcome.err
    assert {asked.method for asked in api.asked} == {"GET"}


def test_none_that_begins_so_is_a_no(api: Api) -> None:
    outcome = run("list", "--group", "cdef")
    assert outcome.code == 1
    assert "no group has a fingerprint that begins with cdef" in outcome.err


def test_a_whole_fingerprint_is_not_looked_for(api: Api) -> None:
    assert run("group", ORDERS.upper()).code == 1
    assert [asked.path for asked in api.asked] == [f"/groups/{ORDERS}"]


@pytest.mark.parametrize("name", ["zz", "ab1", "NOT-HEX", "ab12" * 17, "^[0-9"])
@pytest.mark.parametrize("words", [("group",), ("list", "--group"), ("job", "plan", "--group")])
def test_what_is_no_fingerprint_is_said_in_a_sentence(api: Api, name: str, words: tuple[str, ...]) -> None:
    outcome = run(*words, name)
    assert (outcome.code, api.asked) == (2, [])
    assert "is no group: name one by 4 or more hex digits, as lambda-replay groups shows them" in outcome.err


def test_upper_case_is_read(api: Api) -> None:
    api.says("GET", f"/groups/{ORDERS}", group_detail(fingerprint=ORDERS))
    assert run("group", "AB12", "-o", "json").code == 0


FIRST, SECOND, THIRD = (
    "8f9c1c0e-5a4b-4a55-9d5c-1f6c7f6f2f10",
    "8f9c1c0e-77aa-4a55-9d5c-1f6c7f6f2f10",
    "0b1c2d3e-0000-4a55-9d5c-1f6c7f6f2f10",
)


@pytest.fixture
def listed(api: Api) -> Api:
    """Executions on two pages, and jobs."""
    pages = {
        None: {"executions": [execution(FIRST), execution("event-1")], "cursor": "more"},
        "more": {"executions": [execution(SECOND), execution(THIRD)], "cursor": None},
    }
    api.answers["GET", "/executions"] = lambda asked: (200, pages[asked.query.get("cursor")])
    for identity in (FIRST, SECOND, THIRD, "event-1"):
        api.says("GET", f"/executions/{identity}", detail(identity))
        api.says("GET", f"/executions/{identity}/payload", b"{}")
    jobs = [job(id=f"job-{digits}{'0' * 16}") for digits in ("4f1c", "77aa")]
    api.says("GET", "/jobs", {"jobs": jobs, "cursor": None})
    for each in jobs:
        api.says("GET", f"/jobs/{each['id']}", each)
    return api


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (("show", "0b1c2d3e"), f"/executions/{THIRD}"),
        (("show", "0B1C"), f"/executions/{THIRD}"),
        (("show", "8f9c1c0e-77"), f"/executions/{SECOND}"),
        (("show", THIRD.upper()), f"/executions/{THIRD}"),
        (("show", "event-1"), "/executions/event-1"),
        (("payload", "0b1c2d3e"), f"/executions/{THIRD}/payload"),
        (("replay", "0b1c2d3e", "--force"), f"/executions/{THIRD}/replay"),
        (("ignore", "0b1c2d3e", "--reason", "x"), f"/executions/{THIRD}/ignore"),
        (("reopen", "0b1c2d3e"), f"/executions/{THIRD}/reopen"),
        (("job", "show", "77aa"), f"/jobs/job-77aa{'0' * 16}"),
        (("job", "watch", "JOB-4F1C"), f"/jobs/job-4f1c{'0' * 16}"),
        (("job", "pause", "job-4f1c"), f"/jobs/job-4f1c{'0' * 16}/pause"),
    ],
)
def test_the_beginning_of_an_id_is_enough(listed: Api, words: tuple[str, ...], asked: str) -> None:
    if words[1] == "watch":
        listed.says("GET", asked, job("completed"))
    run(*words)
    assert listed.asked[-1].path == asked


def test_pull_writes_a_file_with_the_whole_id(
    listed: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("pull", "0b1c2d3e").code == 0
    assert [path.name for path in tmp_path.rglob("*.json")] == [f"{THIRD}.json"]


def test_executions_of_a_job_are_named_by_their_beginnings(listed: Api) -> None:
    run("job", "plan", "8f9c1c0e-5", "0b1c2d3e", FIRST, "event-1")
    assert listed.asked[-1].body["ids"] == [FIRST, THIRD, "event-1"]


@pytest.mark.parametrize("words", [("show",), ("replay",), ("job", "plan")])
def test_several_executions_that_begin_so_are_named(listed: Api, words: tuple[str, ...]) -> None:
    outcome = run(*words, "8f9c1c0e")
    assert outcome.code == 2
    assert f"2 begin with 8f9c1c0e: {FIRST}, {SECOND}. Give more of it." in outcome.err
    assert {asked.method for asked in listed.asked} == {"GET"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "dddd"), "none of the newest 5000 executions has an id that begins with dddd"),
        (("job", "show", "dddd"), "no job has an id that begins with job-dddd"),
    ],
)
def test_none_that_begins_so_is_a_no_as_well(listed: Api, words: tuple[str, ...], said: str) -> None:
    outcome = run(*words)
    assert (outcome.code, said in outcome.err) == (1, True)
