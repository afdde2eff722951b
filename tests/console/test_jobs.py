"""From a plan to a job: what is planned is what is started, once."""

import shlex

import pytest

from tests.cli.support.api_server import Api, connected
from tests.cli.support.job_objects import JOB, completed, halted, job, plan
from tests.cli.support.objects import FINGERPRINT
from tests.cli.support.run import run
from tests.console.browsing import Browser


def planned(api: Api) -> list[dict[str, object]]:
    return [asked.body for asked in api.asked if asked.path == "/jobs/plan" and asked.body != {"-": True}]


def started(api: Api) -> list[tuple[str | None, dict[str, object]]]:
    return [
        (asked.headers.get("idempotency-key"), asked.body)
        for asked in api.asked
        if (asked.method, asked.path) == ("POST", "/jobs") and asked.body != {"-": True}
    ]


def test_what_is_planned_is_what_is_started(browser: Browser, api: Api) -> None:
    page = browser.get(f"/plan?group={FINGERPRINT}")
    assert "518 would be sent" in page.text
    assert "stream batch" in page.text
    [plan_] = planned(api)
    done = browser.press(page, "Replay 518", name="first bug", reason="fixed in v8")
    assert done.path == f"/jobs/{JOB}"
    [(key, request)] = started(api)
    assert key is not None
    assert request == {**plan_, "name": "first bug", "reason": "fixed in v8"}
    # Careful where nothing else was said, and bounded by the time of the plan.
    assert request["ramp"] is True
    assert set(request["filter"]) == {"group", "to"}  # type: ignore[call-overload]


def test_a_form_that_is_sent_twice_starts_one_job(browser: Browser, api: Api) -> None:
    page = browser.get("/plan?function=orders")
    browser.press(page, "Replay 518")
    browser.press(page, "Replay 518")
    (one, first), (other, second) = started(api)
    assert (one, first) == (other, second)
    browser.press(browser.get("/plan?function=orders"), "Replay 518")
    assert started(api)[2][0] != one


def test_other_controls_are_planned_again_and_stand_in_the_address(browser: Browser, api: Api) -> None:
    page = browser.get("/plan?function=orders")
    again = browser.press(
        page, "Plan again", rate="50", ramp="none", guard="off", qualifier="replay", max_age="36h"
    )
    assert (again.path, again.query["rate"], again.query["guard"]) == ("/plan", "50", "off")
    assert started(api) == []
    request = planned(api)[-1]
    assert (request["rate"], request["guard"], request["qualifier"]) == (50, None, "replay")
    assert "ramp" not in request
    assert request["filter"] == planned(api)[0]["filter"]
    assert browser.get(f"/plan?{'&'.join(f'{k}={v}' for k, v in again.query.items())}").status == 200
    assert planned(api)[-1] == request


def test_of_many_the_count_is_typed(browser: Browser, api: Api) -> None:
    api.says("POST", "/jobs/plan", plan(matched=40_000, eligible=39_998))
    page = browser.get("/plan?function=orders")
    button = "Replay 39 998"
    for typed in ("", "40000", "39", "-39998x1"):
        refused = browser.press(page, button, typed=typed)
        assert refused.status == 400
        assert "nothing was started" in refused.text
    assert started(api) == []
    assert browser.press(page, button, typed="39,998").path == f"/jobs/{JOB}"
    assert len(started(api)) == 1


def test_enter_in_a_field_starts_nothing(browser: Browser) -> None:
    """A browser presses the first button of the form."""
    [form] = [one for one in browser.get("/plan?function=orders").forms if one.action == "/jobs"]
    assert next(iter(form.buttons.values()))["formaction"] == "/plan"


@pytest.mark.parametrize(
    "query",
    [
        "function=orders",
        f"group={FINGERPRINT}&rate=50&ramp=1,5,25",
        "category=timeout&verdict=as_is&status=failed&error_type=E",
        "function=orders&ramp=none&guard=off&mode=force",
        "function=orders&share=35&minimum=7&new_error=on&max_age=36h&qualifier=replay&target=orders-two&patience=5m",
        "ids=r-1%0Ar-2&name=two+words&reason=it%27s+%24HOME",
        "function=orders&patch=%7B%22a%22%3A+%22b%22%7D",
    ],
)
def test_the_command_that_is_shown_starts_the_same_job(browser: Browser, api: Api, query: str) -> None:
    """The command line reads its own options back."""
    page = browser.get(f"/plan?{query}")
    browser.press(page, "Replay 518")
    [(_, from_page)] = started(api)
    [command] = page.commands()
    program, *words = shlex.split(command)
    assert program == "lambda-replay"
    with connected(api):
        assert run(*words, "--yes").code == 0
    [_, (_, from_command)] = started(api)
    assert from_command == from_page


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("function=orders&rate=fast", "rate: 'fast'"),
        ("function=orders&from=sometime", "sometime"),
        ("category=nonsense", "none of timeout"),
        ("function=orders&ids=r-1", "either ids or filters"),
        ("function=orders&patch=/etc/passwd", "expected JSON"),
        ("function=orders&patch=%7B", "not valid JSON"),
        ("function=orders&ramp=5,x", "--ramp"),
    ],
)
def test_what_can_not_be_meant_is_said(browser: Browser, api: Api, query: str, words: str) -> None:
    page = browser.get(f"/plan?{query}")
    assert page.status == 400
    assert words in page.text
    assert started(api) == []


def test_nothing_is_planned_before_anything_is_said(browser: Browser, api: Api) -> None:
    page = browser.get("/plan")
    assert planned(api) == []
    assert "Plan first" in page.text


def test_where_nothing_can_be_sent_nothing_can_be_started(browser: Browser, api: Api) -> None:
    api.says("POST", "/jobs/plan", plan(eligible=0, matched=2))
    page = browser.get("/plan?function=orders")
    assert [name for name in page.buttons if name.startswith("Replay")] == []


def test_the_numbers_of_a_job_add_up_on_its_page(browser: Browser, api: Api) -> None:
    api.says("GET", f"/jobs/{JOB}", completed())
    page = browser.get(f"/jobs/{JOB}")
    assert "520 selected = 515 issued + 1 rejected + 4 skipped + 0 remaining" in page.text
    assert 'data-live="fast"' not in page.html
    assert "Pause" not in page.buttons


def test_a_halted_job_says_why_and_what_is_next(browser: Browser, api: Api) -> None:
    api.says("GET", f"/jobs/{JOB}", halted())
    page = browser.get(f"/jobs/{JOB}")
    assert "halted: 3 failed again" in page.text
    again = page.links["Plan the rest again"]
    assert f"group={FINGERPRINT}" in again
    assert browser.get(again).status == 200


@pytest.mark.parametrize(
    ("status", "verb", "button"), [("running", "pause", "Pause it"), ("paused", "resume", "Resume it")]
)
def test_a_job_is_paused_and_goes_on(browser: Browser, api: Api, status: str, verb: str, button: str) -> None:
    api.says("GET", f"/jobs/{JOB}", job(status))
    api.says("POST", f"/jobs/{JOB}/{verb}", job())
    page = browser.press(browser.get(f"/jobs/{JOB}"), button, reason="lunch")
    assert page.path == f"/jobs/{JOB}"
    assert [asked.body for asked in api.asked if asked.path.endswith(verb)] == [{"reason": "lunch"}]
    # What was done is said once, and not again by a reload without it.
    assert "The job is" in page.text
    assert "The job is" not in browser.get(f"/jobs/{JOB}").text


def test_a_refusal_is_said_where_it_was_asked(browser: Browser, api: Api) -> None:
    api.refuses("POST", f"/jobs/{JOB}/pause", 409, "job_ended", "the job has ended")
    page = browser.press(browser.get(f"/jobs/{JOB}"), "Pause it")
    assert "the job has ended (job_ended)" in page.text


def test_a_job_that_may_have_been_started_is_said_to_be(browser: Browser, api: Api) -> None:
    page = browser.get("/plan?function=orders")
    api.says("POST", "/jobs", {"message": "Endpoint request timed out"}, 504)
    lost = browser.press(page, "Replay 518")
    assert "it is unknown whether the job was started" in lost.text
    api.says("POST", "/jobs", job(), 202)
    assert browser.press(page, "Replay 518").path == f"/jobs/{JOB}"
    assert len({key for key, _ in started(api)}) == 1


def test_fields_of_a_newer_plan_are_shown_where_they_are_there(browser: Browser, api: Api) -> None:
    absent = {
        "target": "orders:live",
        "reason": "qualifier_not_found",
        "near": ["orders:prod"],
        "message": "no such alias",
    }
    api.says("POST", "/jobs/plan", {**plan(), "verdicts": {"as_is": 500, "never": 18}, "absent": [absent]})
    page = browser.get("/plan?function=orders")
    for words in ("as is 500", "never 18", "no such alias", "orders:prod"):
        assert words in page.text
