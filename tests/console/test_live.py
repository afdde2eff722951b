"""Every page before the real API, as the deployed functions answer: what a canned one leaves out fails."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.cli.support.run import run
from tests.console import seeded
from tests.console.browsing import Browser, browsing
from tests.console.live import Live, live


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[Live, dict[str, list[str]]]]:
    with live() as world:
        made = seeded.incident(world, few=True)
        made["job"] = [seeded.job(world, made["group"][0], failing=9)]
        sqs = world.account.client("sqs")
        sqs.send_message(QueueUrl=world.account.outputs["FailureQueueDlqUrl"], MessageBody="<b>no record</b>")
        world.account.function("lambda-replay-sources-orders")
        yield world, made


@pytest.fixture
def browser(world: tuple[Live, dict[str, list[str]]]) -> Iterator[Browser]:
    with browsing(world[0].account.service) as browser:
        yield browser


def test_every_page_is_drawn(world: tuple[Live, dict[str, list[str]]], browser: Browser) -> None:
    made = world[1]
    execution, group, job = made["bug"][0], made["group"][0], made["job"][0]
    for path in (
        "/", "/?sort=count", "/?tab=open", "/?tab=regressed", "/?tab=ignored", "/?tab=resolved",
        f"/groups/{group}", "/executions", f"/executions?group={group}&from=2d", f"/executions/{execution}",
        f"/executions/{execution}?payload=1", f"/executions/{made['slow'][0]}",
        f"/executions/{made['slow'][1]}",
        f"/executions/{execution}/edit", f"/executions/{execution}/replay", f"/plan?group={group}", "/jobs",
        f"/jobs/{job}", "/functions", "/functions?wiring=1", "/functions/lambda-replay-sources-orders",
        "/functions/lambda-replay-sources-import?drawn=1&on=on&category=throttling", "/health",
        "/health?doctor=1",
        "/health/dlq", "/health/rules",
    ):  # fmt: skip
        page = browser.get(path)
        assert page.status == 200, (path, page.text[:600])


def test_an_incident_from_the_first_look_to_recovered(
    world: tuple[Live, dict[str, list[str]]], browser: Browser
) -> None:
    live = world[0]
    [one] = live.all_fail("orders", seeded.LATER, [timedelta(minutes=1)], [seeded.EVENT])
    page = browser.follow(browser.get("/"), "ZeroDivisionError: division by zero")
    page = browser.follow(page, "Plan a replay of the one that waits")
    assert "1 would be sent" in page.text
    page = browser.press(page, "Replay 1", name="fixed", reason="fixed in 1.5")
    job = page.path.rpartition("/")[2]
    before = len(live.stack.aws.sent)
    live.stack.drive(job, turns=3)
    assert live.stack.aws.sent[before]["Payload"] == seeded.EVENT.encode()
    live.outcome(f"run-{len(live.stack.aws.sent)}", "orders")
    live.stack.drive(job)
    page = browser.get(f"/jobs/{job}")
    assert "fixed in 1.5" in page.text
    assert "completed" in page.text
    assert "1 recovered" in page.text
    page = browser.get(f"/executions/{one}")
    assert "replay 1 by a job: succeeded" in page.text


def test_rules_are_tried_on_recent_failures_and_put_into_force(browser: Browser) -> None:
    rules = """[{"id": "ours", "category": "permission", "verdict": "after_fix",
        "when": {"message": ["*TABLE_NAME*"]}, "reason": "ours",
        "example": {"errorType": "KeyError", "errorMessage": "'TABLE_NAME'"}}]"""
    page = browser.press(browser.get("/health/rules"), "Try them on recent failures", rules=rules)
    assert page.status == 200, page.text
    assert "newest failures are decided by them" in page.text
    assert " 0 of the" not in page.text
    assert browser.get("/health/rules").text.count("none yet") == 1
    broken = browser.press(page, "Put into force", rules='[{"id": "ours"}]')
    assert "ours" in broken.text
    assert "is in effect" not in broken.text
    done = browser.press(page, "Put into force", rules=rules, reason="a trial")
    assert "Version 1 is in effect" in done.text


def test_a_refused_message_is_explained_and_redriven(
    world: tuple[Live, dict[str, list[str]]], browser: Browser
) -> None:
    page = browser.get("/health/dlq")
    assert "<b>no record" not in page.html
    assert "not json" in page.text
    done = browser.press(page, "Redrive")
    assert "on the way to triage again" in done.text


def test_what_the_commands_say_is_what_the_pages_say(
    world: tuple[Live, dict[str, list[str]]], browser: Browser
) -> None:
    import shlex

    from tests.cli.support.account import signed_in

    group = world[1]["group"][0]
    with signed_in(world[0].account):
        for path in ("/jobs", f"/groups/{group}", "/executions?status=failed&from=2d", "/health/dlq"):
            for command in browser.get(path).commands():
                if "…" in command or "FUNCTION" in command or "redrive" in command:
                    continue
                outcome = run(*shlex.split(command)[1:])
                assert outcome.code in (0, 1), (command, outcome.err)
