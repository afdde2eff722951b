"""`job` as a person and as a script use it."""

import io
import json
import re
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from rich.console import Console

from lambda_replay_cli.client.connection import Connection
from lambda_replay_cli.errors import ApiError, ExternalError
from lambda_replay_cli.jobs import start
from lambda_replay_cli.screens import confirm
from lambda_replay_cli.screens.jobs import Bar, shares
from tests.cli.support.api_server import Asked, connected, served
from tests.cli.support.job_objects import COUNTS, JOB, completed, halted, job, plan
from tests.cli.support.objects import group
from tests.cli.support.run import run


@pytest.fixture
def somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody sits in front of it."""
    monkeypatch.setattr(confirm, "not_interactive", lambda: False)


def test_a_plan_is_printed_as_the_api_gives_it_or_as_a_screen() -> None:
    with served() as api, connected(api):
        api.says("POST", "/jobs/plan", plan())
        assert json.loads(run("job", "plan", "a", "-o", "json").out) == plan()
        screen = run("job", "plan", "a", "-o", "table").out
    assert "520 executions selected, 518 would be sent, 2 not" in screen
    assert "! 2 of 520 can't be replayed: stream_batch 2" in screen
    assert "! nothing was deployed to orders since these executions failed" in screen
    assert "KeyError: 'TABLE_NAME'" in screen


def test_a_plan_that_sends_nothing_is_a_no() -> None:
    nothing = plan(
        matched=2, eligible=0, oldest=None, newest=None, groups={}, functions={}, sample=[], code=[]
    )
    with served() as api, connected(api):
        api.says("POST", "/jobs/plan", nothing)
        assert run("job", "plan", "a", "-o", "table").code == 1


def test_what_a_patch_changes_stands_in_the_plan() -> None:
    changes = [
        {"op": "replace", "path": "/amount", "was": "a number", "value": 5},
        {"op": "remove", "path": "/old", "was": "a text of 3 characters"},
    ]
    [one] = plan()["sample"]
    with served() as api, connected(api):
        api.says("POST", "/jobs/plan", plan(sample=[one | {"changes": changes}]))
        screen = run("job", "plan", "a", "-o", "table").out
    assert "replace /amount: a number → 5" in screen
    assert "remove /old: a text of 3 characters" in screen


def test_a_script_starts_a_job_and_gets_it_as_an_object() -> None:
    with served() as api, connected(api):
        api.says("POST", "/jobs", job("planned"), 202)
        outcome = run("job", "start", "a", "--yes")
        assert (outcome.code, outcome.err, outcome.objects) == (0, "", [job("planned")])
        assert [one.path for one in api.asked] == ["/jobs"]
        assert run("job", "start", "a", "--yes", "-o", "table").out == (
            f"started job {JOB}; follow it: lambda-replay job watch {JOB}\n"
            f"in a browser: lambda-replay console --open jobs/{JOB}\n"
        )


def test_each_command_has_a_key_of_its_own_and_every_repetition_the_same() -> None:
    keys: list[str] = []

    def fails_once(asked: Asked) -> tuple[int, object]:
        keys.append(asked.headers["idempotency-key"])
        return (202, job()) if len(keys) == 2 else (502, {"message": "Bad Gateway"})

    with served() as api, connected(api):
        api.answers["POST", "/jobs"] = fails_once
        assert run("job", "start", "--function", "orders", "--yes").code == 0
        assert api.asked[0].body == api.asked[1].body
        api.says("POST", "/jobs", job(), 202)
        run("job", "start", "a", "--yes")
        run("job", "start", "a", "--yes", "--idempotency-key", "mine")
        *_, other, mine = [one.headers["idempotency-key"] for one in api.asked]
    assert keys[0] == keys[1]
    assert len({*keys, other, mine}) == 3
    assert mine == "mine"


def test_a_key_of_ones_own_leaves_the_selection_as_it_was_said() -> None:
    with served() as api, connected(api):
        api.says("POST", "/jobs", job(), 202)
        for _ in range(2):
            run("job", "start", "--function", "orders", "--yes", "--idempotency-key", "mine")
        assert [one.body for one in api.asked] == [{"filter": {"function": "orders"}}] * 2


class Unreachable(Connection):
    """No call comes through."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def call(self, *_: Any, **__: Any) -> Any:
        raise self.error


@pytest.mark.parametrize(
    "error",
    [EndpointConnectionError(endpoint_url="https://api"), ApiError(502, "HTTP 502", "Bad Gateway")],
)
def test_without_an_answer_the_output_says_how_to_find_out(error: Exception) -> None:
    request = {"filter": {"function": "orders", "to": "2026-01-31T09:00:00Z"}}
    with pytest.raises(ExternalError) as found:
        start.start(Unreachable(error), request, "key-1")
    assert "lambda-replay job list" in str(found.value)
    assert "--idempotency-key key-1 --to 2026-01-31T09:00:00Z" in str(found.value)
    assert len(str(found.value).splitlines()) == 2


def test_a_refusal_is_no_doubt() -> None:
    with served() as api, connected(api):
        api.refuses("POST", "/jobs", 429, "job_limit", "as many jobs as are allowed are running")
        outcome = run("job", "start", "a", "--yes")
        assert len(api.asked) == 1
    assert outcome.code == 3
    assert outcome.problems == ["lambda-replay: as many jobs as are allowed are running (job_limit)"]


def test_without_anybody_to_ask_nothing_is_started() -> None:
    with served() as api, connected(api):
        outcome = run("job", "start", "a")
        assert api.asked == []
    assert outcome.code == 2
    assert "--yes" in outcome.err


@pytest.mark.usefixtures("somebody")
def test_a_person_sees_the_plan_and_is_asked() -> None:
    with served() as api, connected(api):
        api.says("POST", "/jobs/plan", plan())
        api.says("POST", "/jobs", job("planned"), 202)
        no = run("job", "start", "--function", "orders", given="n\n")
        assert [one.path for one in api.asked] == ["/jobs/plan"]
        yes = run("job", "start", "--function", "orders", given="y\n")
        _, planned, started = api.asked
    # The runner prints the answers of who sits there too.
    assert (no.code, no.out.strip(), yes.code) == (1, "n", 0)
    assert "518 would be sent" in no.err
    assert "Replay 518?" in no.err
    assert "not started" in no.err
    assert json.loads(yes.out.splitlines()[-1]) == job("planned")
    assert planned.body == started.body
    assert "to" in started.body["filter"], "what is started is what was planned"


@pytest.mark.usefixtures("somebody")
def test_nothing_to_do_asks_nothing() -> None:
    with served() as api, connected(api):
        api.says("POST", "/jobs/plan", plan(eligible=0))
        outcome = run("job", "start", "a")
    assert (outcome.code, outcome.problems[-1]) == (1, "lambda-replay: nothing can be sent")
    assert "0 would be sent" in outcome.err, "the plan says why"


def test_a_job_is_shown_with_everything_it_came_to() -> None:
    with served() as api, connected(api):
        api.says("GET", f"/jobs/{JOB}", completed())
        outcome = run("job", "show", JOB, "-o", "table")
        assert run("job", "show", JOB).objects == [completed()]
    assert outcome.code == 0
    for words in (
        "completed", "issued 515 of 520", "recovered 500", "failed again 10", "throttled 1",
        "stream_batch 4", "100 per second, ramp 1, 5, 20", "through replay", "group 4f1c9a02",
        f"lambda-replay console --open jobs/{JOB}",
    ):  # fmt: skip
        assert words in outcome.out


def test_a_halted_job_is_a_no_with_its_reason() -> None:
    with served() as api, connected(api):
        api.says("GET", f"/jobs/{JOB}", halted())
        outcome = run("job", "show", JOB, "-o", "table")
    assert outcome.code == 1
    assert "3 failed again" in outcome.out
    assert "2 with the error they had before, 1 with another" in outcome.out


def test_a_job_that_is_not_there_is_a_no() -> None:
    with served() as api, connected(api):
        api.refuses("GET", "/jobs/x", 404, "job_not_found", "no job has this id")
        for command in ("show", "watch"):
            assert run("job", command, "x").code == 1


def paged(*pages: list[dict[str, Any]]) -> Any:
    def answer(asked: Asked) -> tuple[int, object]:
        number = int(asked.query.get("cursor", "0"))
        return 200, {"jobs": pages[number], "cursor": str(number + 1) if number + 1 < len(pages) else None}

    return answer


def test_jobs_are_listed_page_by_page_and_filtered() -> None:
    first, second, third = (job(status, id=f"job-{status}") for status in ("running", "halted", "completed"))
    with served() as api, connected(api):
        api.answers["GET", "/jobs"] = paged([first], [second, third])
        assert [one["id"] for one in run("job", "list").objects] == [
            "job-running",
            "job-halted",
            "job-completed",
        ]
        some = run("job", "list", "--status", "halted", "--status", "completed", "--limit", "1")
        assert [one["id"] for one in some.objects] == ["job-halted"]
        none = run("job", "list", "--status", "paused")
        assert (none.code, none.out, none.problems) == (1, "", ["lambda-replay: no jobs"])
        lines = run("job", "list", "-o", "csv").out.splitlines()
        assert run("job", "list", "--status", "runing").code == 2
    assert lines[0].startswith("id,name,status,by,reason,created_at")
    assert "counts.skipped" in lines[0]
    assert len(lines) == 4


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel"])
def test_deciding_reports_why_and_shows_what_came_of_it(verb: str) -> None:
    with served() as api, connected(api):
        api.says("POST", f"/jobs/{JOB}/{verb}", job("paused"))
        outcome = run("job", verb, JOB, "--reason", "lunch")
        assert (outcome.code, outcome.objects, api.asked[0].body) == (0, [job("paused")], {"reason": "lunch"})
        api.refuses("POST", f"/jobs/{JOB}/{verb}", 409, "job_ended", "the job has ended")
        assert run("job", verb, JOB).code == 3


def test_an_id_is_one_part_of_the_path_whatever_is_in_it() -> None:
    with served() as api, connected(api):
        run("job", "cancel", "../executions/a?b")
        assert api.asked[0].path == "/jobs/../executions/a?b/cancel"


@pytest.mark.parametrize("command", ["plan", "start", "show", "list", "watch", "pause", "resume", "cancel"])
def test_every_command_has_an_example(command: str) -> None:
    outcome = run("job", command, "--help")
    assert outcome.code == 0
    assert f"lambda-replay job {command}" in outcome.out


@pytest.mark.parametrize("counts", [[0, 0, 0], [1, 0, 0], [1, 1, 998], [1000, 1, 1], [3, 3, 3]])
def test_a_bar_is_filled_and_leaves_nothing_out(counts: list[int]) -> None:
    cells = shares(counts, 40)
    assert sum(cells) == 40
    assert all(cells[place] for place, count in enumerate(counts) if count)


@pytest.mark.parametrize("width", [12, 80, 200])
def test_a_bar_fits_the_terminal(width: int) -> None:
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(Bar(COUNTS | {"selected": 10, "succeeded": 4, "failed_again": 1, "remaining": 5}))
    text = console.export_text().rstrip("\n")
    assert len(text) == min(width, 100)
    assert re.fullmatch("█+▚+░+", text)


def test_the_plan_counts_verdicts() -> None:
    with served() as api, connected(api):
        api.says("POST", "/jobs/plan", plan(verdicts={"never": 500, "as_is": 18}))
        screen = run("job", "plan", "a", "--skip-never", "-o", "table").out
        assert api.asked[0].body == {"ids": ["a"], "skip_never": True}
    assert "never 500, as_is 18" in screen


@pytest.mark.usefixtures("somebody")
@pytest.mark.parametrize(
    ("verdicts", "answers", "asked", "started"),
    [
        ({"never": 518}, "y\ny\n", 2, True),
        ({"never": 518}, "y\nn\n", 2, False),
        ({"never": 518}, "n\n", 1, False),
        ({"never": 517, "as_is": 1}, "y\n", 1, True),
    ],
)
def test_only_never_is_asked_about_once_more(
    verdicts: dict[str, int], answers: str, asked: int, started: bool
) -> None:
    with served() as api, connected(api):
        api.says("POST", "/jobs/plan", plan(verdicts=verdicts))
        api.says("POST", "/jobs", job(), 202)
        outcome = run("job", "start", "a", given=answers)
        assert outcome.code == (0 if started else 1)
        assert outcome.err.count("[y/N]") == asked
        assert [one.path for one in api.asked] == ["/jobs/plan", "/jobs"][: 1 + started]


def test_a_group_that_does_not_exist_is_a_failure() -> None:
    with served() as api, connected(api):
        api.refuses("POST", "/jobs/plan", 404, "group_not_found", "no group has this fingerprint")
        outcome = run("job", "plan", "--group", "ab" * 16)
        assert (outcome.code, outcome.out) == (1, "")
        assert "no group has this fingerprint" in outcome.err
        api.says("GET", "/groups", {"groups": [group()], "cursor": None})
        outcome = run("job", "plan", "--group", "4f1c9a03")
        assert outcome.code == 1
        assert "no group has a fingerprint that begins with 4f1c9a03: did you mean 4f1c9a02?" in outcome.err


def test_the_list_shows_what_was_rejected() -> None:
    one = job("halted", counts={"rejected": {"qualifier_not_found": 2, "throttled": 1}})
    with served() as api, connected(api):
        api.says("GET", "/jobs", {"jobs": [one], "cursor": None})
        table = run("job", "list", "-o", "table").out
    heading, _rule, row = table.splitlines()[:3]
    end = heading.index("rejected") + len("rejected")
    assert row[:end].endswith(" 3"), table
