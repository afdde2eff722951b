"""An incident, as an operator lives it, in a real browser on the deployed service."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from local.client import Stack, wait_until
from tests.browser.conftest import Watched
from tests.e2e.conftest import configure
from tests.e2e.test_jobs import fail
from tests.e2e.test_loop import send

SLOW = 90_000
EVENT = b'{"Success": false, "amount": 1.10, "twice": 1, "twice": 2}'


@pytest.fixture
def fixable(stack: Stack) -> Iterator[None]:
    """Broken, and left as it was."""
    configure(stack, "Fixable", TABLE_NAME="")
    yield
    configure(stack, "Fixable", TABLE_NAME="")


def chip(page: Page, word: str) -> None:
    """Shown without a reload."""
    expect(page.locator(f"main .chip.{word}").first).to_be_visible(timeout=SLOW)


def filled(page: Page, label: str, text: str) -> None:
    page.get_by_label(label, exact=False).first.fill(text)


def test_from_the_first_failure_to_recovered(stack: Stack, window: Watched, fixable: None) -> None:
    page = window.page(f"/?function={stack.sources['Fixable']}")
    expect(page.locator("main")).to_contain_text("Nothing is broken")
    names = fail(stack, "Fixable", *[b'{"order": %d, "amount": 1.10}' % number for number in range(6)])
    # It comes up by itself.
    page.get_by_role("link", name="KeyError").click(timeout=SLOW)
    expect(page.get_by_role("heading", level=1)).to_contain_text("TABLE_NAME")
    expect(page.locator("#facts div", has_text="Deployed since").first).to_contain_text("nothing")
    page.get_by_text("Acknowledge", exact=True).first.click()
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator("#facts")).to_contain_text("user/operator")
    configure(stack, "Fixable", TABLE_NAME="orders")
    page.reload()
    expect(page.locator("#facts div", has_text="Deployed since").first).to_contain_text("yes")
    page.get_by_role("link", name="Plan a replay of all 6").click()
    expect(page.locator(".count")).to_contain_text("6 would be sent")
    filled(page, "name", "TABLE_NAME is back")
    filled(page, "why; it is written down", "deployed 1.4.3")
    page.get_by_role("button", name="Replay 6").click()
    page.wait_for_url("**/jobs/*")
    chip(page, "completed")
    expect(page.locator("#job")).to_contain_text(
        re.compile(r"selected = 6 issued \+ 0 rejected \+ \d+ skipped \+ 0 remaining")
    )
    expect(page.locator("#job")).to_contain_text("6 recovered")
    expect(page.locator("#announced")).to_contain_text("completed")
    page.goto(f"/executions/{names[0]}")
    chip(page, "recovered")
    expect(page.locator("#history")).to_contain_text("replay 1 by a job: succeeded")


def test_by_keyboard_alone(stack: Stack, window: Watched) -> None:
    fail(stack, "Switch", *[b'{"Success": false, "keys": %d}' % number for number in range(4)])
    page = window.page("/executions")
    press = page.keyboard.press
    press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    press("g")
    press("g")
    page.wait_for_url(re.compile(r":\d+/$"))
    expect(page.get_by_role("link", name="Groups", exact=True)).to_have_attribute("aria-current", "page")
    press("/")
    page.keyboard.type(stack.sources["Switch"])
    press("Enter")
    page.wait_for_url("**function=*")
    press("j")
    press("x")
    expect(page.locator("[data-selected]")).to_have_text("1 selected")
    press("x")
    press("Enter")
    page.wait_for_url("**/groups/*")
    press("p")
    page.wait_for_url("**/plan?*")
    # Enter in a field plans again and starts nothing.
    rate = page.get_by_label("replays per second, at most")
    rate.focus()
    press("Control+a")
    page.keyboard.type("50")
    press("Enter")
    page.wait_for_url("**rate=50*")
    start = page.get_by_role("button", name=re.compile("^Replay "))
    for _ in range(80):
        press("Tab")
        if start.evaluate("one => one === document.activeElement"):
            break
    press("Enter")
    page.wait_for_url("**/jobs/*")
    chip(page, "halted")
    expect(page.locator("main")).to_contain_text("What to do next")
    press("g")
    press("j")
    page.wait_for_url("**/jobs")
    press("j")
    press("Enter")
    page.wait_for_url("**/jobs/*")


@pytest.mark.window(java_script_enabled=False)
def test_without_javascript(stack: Stack, window: Watched) -> None:
    names = fail(stack, "Switch", *[b'{"Success": false, "plain": %d}' % number for number in range(3)])
    page = window.page(f"/executions?function={stack.sources['Switch']}&status=failed")
    for name in names:
        page.locator(f'input[value="{name}"]').check()
    page.get_by_role("button", name="Plan a replay").click()
    expect(page.locator(".count")).to_contain_text("3 would be sent")
    page.get_by_text("More", exact=True).click()
    page.get_by_label("change payloads").fill('{"Success": true}')
    page.get_by_role("button", name="Plan again").last.click()
    expect(page.locator("main")).to_contain_text("/Success")
    page.get_by_role("button", name="Replay 3").click()
    page.wait_for_url("**/jobs/*")

    def completed() -> bool:
        page.get_by_role("link", name="Look again").click()
        return bool(page.locator("main .chip.completed").count())

    wait_until(completed, "the job's end", patience=90)
    expect(page.locator("#job")).to_contain_text("3 recovered")
    page.goto(f"/executions/{names[0]}?payload=1")
    expect(page.locator(".tree")).to_contain_text('"plain"')
    page.get_by_role("button", name=re.compile("Colours")).click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator(".tree")).to_contain_text('"plain"')


def test_an_event_is_looked_at_edited_and_replayed(stack: Stack, window: Watched, tmp_path: Path) -> None:
    [name] = fail(stack, "Switch", EVENT)
    page = window.page(f"/executions/{name}")
    page.get_by_role("link", name="Show it", exact=True).click()
    tree = page.locator(".tree")
    expect(tree).to_contain_text('"amount": 1.10')
    expect(tree.locator(".key", has_text='"twice"')).to_have_count(2)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the bytes").click()
    download.value.save_as(tmp_path / "event.json")
    assert (tmp_path / "event.json").read_bytes() == EVENT
    page.get_by_role("link", name="Edit and replay…").click()
    field = page.get_by_label("the event, as JSON")
    assert field.input_value() == EVENT.decode()
    field.fill(EVENT.decode().replace("false", "true"))
    page.get_by_role("button", name="Show what changes").click()
    expect(page.locator(".diff tbody tr")).to_have_count(1)
    expect(page.locator(".diff")).to_contain_text("/Success")
    expect(page.locator("main")).to_contain_text("of equal names the last one is kept")
    page.get_by_role("button", name="Replay it").click()
    page.wait_for_url(f"**/executions/{name}?said=*")
    expect(page.locator(".notice.good")).to_contain_text("accepted by Lambda")
    chip(page, "recovered")


def test_several_groups_are_owned_and_planned_as_one(stack: Stack, window: Watched) -> None:
    [one] = fail(stack, "Switch", b'{"Success": false, "several": 1}')
    [two] = fail(stack, "Switch", b'{"neither": "known"}')
    groups = [stack.execution(name)["failure"]["group"] for name in (one, two)]
    page = window.page(f"/?function={stack.sources['Switch']}")
    for name in groups:
        page.locator(f'input[value="{name}"]').check()
    page.get_by_role("button", name="Acknowledge").click()
    page.get_by_role("button", name="Acknowledge 2").click()
    expect(page.locator(".notice.good")).to_contain_text("2 of 2 groups acknowledged")
    page.get_by_label("who has it").fill("me")
    page.get_by_role("button", name="Filter").click()
    for name in groups:
        row = page.locator("tr", has=page.locator(f'input[value="{name}"]'))
        expect(row.locator(".owner")).to_contain_text("operator")
        row.locator(f'input[value="{name}"]').check()
    page.get_by_role("button", name="Plan a replay").click()
    expect(page.get_by_label("groups, by fingerprint")).to_have_value(
        re.compile(" ".join(groups) + "|" + " ".join(reversed(groups)))
    )
    expect(page.locator("main")).to_contain_text("would be sent")
    for name in groups:
        expect(page.get_by_role("link", name=name[:8], exact=True)).to_be_visible()
    page.goto(f"/?function={stack.sources['Switch']}&owner=me")
    page.get_by_label("all that match").check()
    expect(page.locator("[data-selected]")).to_have_text("all that match")
    page.get_by_role("button", name="Resolve").click()
    page.get_by_label("why; it is written down").fill("fixed in 1.4.3")
    page.get_by_role("button", name="Resolve 2").click()
    expect(page.locator(".notice.good")).to_contain_text("2 of 2 groups resolved")
    page.goto(f"/groups/{groups[0]}")
    chip(page, "resolved")
    expect(page.locator(".history").last).to_contain_text("fixed in 1.4.3")
    # Who had it is not who has to look again.
    fail(stack, "Switch", b'{"Success": false, "several": 2}')
    chip(page, "regressed")
    expect(page.locator("#facts")).to_contain_text("no one yet")


def test_one_is_replayed_by_its_key_after_a_look_at_what_would_be_sent(stack: Stack, window: Watched) -> None:
    window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    [name] = fail(stack, "Switch", b'{"Success": false, "one": 1}')
    page = window.page("/")
    page.keyboard.press("g")
    page.keyboard.press("e")
    page.wait_for_url("**/executions")
    page.goto(f"/executions/{name}")
    pull = page.locator(".cli", has_text="lambda-replay pull")
    pull.get_by_role("button").click()
    expect(page.locator("#announced")).to_have_text("copied")
    assert page.evaluate("navigator.clipboard.readText()") == f"lambda-replay pull {name} --pytest"
    page.keyboard.press("r")
    page.wait_for_url(f"**/executions/{name}/replay*")
    expect(page.locator("main")).to_contain_text("Nothing has been sent yet")
    page.reload()
    page.get_by_label("why; it stands in the history").fill("once more")
    page.get_by_role("button", name="Replay it").dblclick()
    expect(page.locator("#history")).to_contain_text("replay 1: failed", timeout=SLOW)
    expect(page.locator("#history")).to_contain_text("once more")
    # Neither the double click nor a reload has sent it twice.
    page.reload()
    assert len(stack.execution(name)["replays"]) == 1


def test_executions_and_groups_are_decided_about(stack: Stack, window: Watched) -> None:
    [name] = fail(stack, "Switch", b'{"Success": false, "decided": 1}')
    page = window.page(f"/executions/{name}")
    page.keyboard.press("i")
    filled(page, "why; it is written down", "known")
    page.get_by_role("button", name="Ignore it").click()
    chip(page, "ignored")
    page.get_by_role("link", name="Reopen…").click()
    page.get_by_role("button", name="Reopen it").click()
    chip(page, "failed")
    group = stack.execution(name)["failure"]["group"]
    [other] = fail(stack, "Switch", b'{"nothing": "known"}')
    second = stack.execution(other)["failure"]["group"]
    page.goto(f"/?function={stack.sources['Switch']}")
    for one in (group, second):
        page.locator(f'input[value="{one}"]').check()
    expect(page.locator("[data-selected]")).to_have_text("2 selected")
    page.get_by_role("button", name="Merge").click()
    page.locator(f'input[type=radio][value="{group}"]').check()
    page.get_by_role("button", name="Merge 2").click()
    page.wait_for_url(f"**/groups/{group}*")
    expect(page.locator("main")).to_contain_text("Merged into this one")
    page.goto(f"/groups/{second}")
    page.get_by_text("Unmerge", exact=True).first.click()
    page.get_by_role("button", name="Unmerge").click()
    expect(page.locator(".notice.good")).to_contain_text("unmerged")
    page.get_by_text("Ignore", exact=True).first.click()
    page.get_by_label("why", exact=True).locator("visible=true").fill("the partner's")
    page.locator("input[name=until]").fill("2h")
    page.get_by_role("button", name="Ignore").click()
    chip(page, "ignored")
    page.get_by_text("Assign", exact=True).first.click()
    page.get_by_label("to whom").fill("ann@example.com")
    page.get_by_role("button", name="Assign").click()
    expect(page.locator("#facts")).to_contain_text("ann@example.com")
    page.get_by_text("Link its ticket", exact=True).first.click()
    page.get_by_label("address: https").fill("https://tracker.example/PAY-12")
    page.get_by_role("button", name="Link its ticket").click()
    ticket = page.get_by_role("link", name="tracker.example/PAY-12")
    expect(ticket).to_have_attribute("href", "https://tracker.example/PAY-12")
    page.get_by_text("Classify", exact=True).first.click()
    page.locator("#decide-classify select[name=category]").select_option("throttling")
    page.get_by_role("button", name="Classify").click()
    expect(page.locator(".head")).to_contain_text("as the team says")
    expect(page.locator(".head")).to_contain_text("throttling")
    page.get_by_text("Leave it to the rules again", exact=True).first.click()
    page.get_by_role("button", name="Leave it to the rules again").click()
    expect(page.locator(".head")).not_to_contain_text("as the team says")
    page.get_by_text("Leave a note", exact=True).first.click()
    page.get_by_label("the note").fill("<b>see the ticket</b>")
    page.get_by_role("button", name="Leave a note").click()
    expect(page.locator(".history")).to_contain_text("<b>see the ticket</b>")
    page.get_by_text("Reopen", exact=True).first.click()
    page.get_by_role("button", name="Reopen").click()
    chip(page, "open")


def test_a_job_is_paused_in_one_tab_and_seen_in_the_other(stack: Stack, window: Watched) -> None:
    names = fail(stack, "Switch", *[b'{"Success": false, "tabs": %d}' % number for number in range(12)])
    ids = "%0A".join(names)
    one = window.page(f"/plan?ids={ids}&rate=0.5&ramp=none&guard=off&name={names[0]}")
    one.get_by_role("button", name="Replay 12").dblclick()
    one.wait_for_url("**/jobs/*")
    one.reload()
    jobs = stack.call("GET", "/jobs").body["jobs"]
    assert len([job for job in jobs if job["name"] == names[0]]) == 1
    other = window.page(one.url)
    other.reload()
    other.keyboard.press("p")
    other.get_by_label("why; it is written down").locator("visible=true").fill("lunch")
    other.get_by_role("button", name="Pause it").click()
    chip(other, "paused")
    one.reload()
    chip(one, "paused")
    other.get_by_text("Resume", exact=True).first.click()
    other.get_by_role("button", name="Resume it").click()
    chip(other, "running")
    # Seen without a reload.
    chip(one, "running")
    # What changes is drawn again, and the button is still the one that was there.
    button = one.get_by_text("Cancel", exact=True).first.element_handle()
    assert button is not None
    shown = one.locator("#job").inner_text()
    expect(one.locator("#job")).not_to_have_text(shown, use_inner_text=True)
    assert button.evaluate("element => element.isConnected")
    one.get_by_text("Cancel", exact=True).first.click()
    one.get_by_role("button", name="Cancel it").click()
    chip(one, "cancelled")
    chip(other, "cancelled")
    expect(other.locator("main")).to_contain_text("lunch")


def test_a_policy_is_tried_saved_and_taken_back(stack: Stack, window: Watched) -> None:
    name = stack.sources["Switch"]
    fail(stack, "Switch", b'{"Success": false, "policy": 1}')
    page = window.page("/functions?wiring=1")
    expect(page.get_by_role("row", name=name)).to_contain_text("success confirmed")
    page.get_by_role("link", name=name, exact=True).click()
    page.get_by_label("timeout", exact=True).check()
    page.get_by_role("button", name="Try it on recent failures").click()
    page.wait_for_url("**drawn=1*")
    expect(page.locator("#trial")).to_contain_text("0 of the")
    expect(page.locator("#trial")).to_contain_text("is not among timeout")
    filled(page, "why; it is written down", "a trial")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".notice.good")).to_contain_text("The policy was saved")
    expect(page.get_by_label("timeout", exact=True)).to_be_checked()
    page.get_by_role("button", name="Take back").click()
    expect(page.locator(".notice.good")).to_contain_text("taken back")


def test_the_health_of_the_service_and_what_was_refused(stack: Stack, window: Watched) -> None:
    dead = stack.outputs["FailureQueueDlqUrl"]
    stack.client("sqs").send_message(QueueUrl=dead, MessageBody="<script>no record</script>")
    page = window.page("/health")
    expect(page.locator("#status")).to_contain_text("RefusedMessagesAlarm")
    page.get_by_role("link", name="Explain, and redrive").click()
    row = page.get_by_role("row").nth(1)
    expect(row).to_contain_text("not json")
    row.get_by_role("button").click()
    expect(page.locator(".notice.good")).to_contain_text("on the way to triage again")
    page.goto("/health/rules")
    rules = '[{"id": "ours", "category": "permission", "verdict": "never", "when": {"message": ["*no such words*"]}, "reason": "ours", "example": {"errorMessage": "no such words"}}]'  # noqa: E501
    page.get_by_label("rules, as a JSON list").fill(rules)
    page.get_by_role("button", name="Try them on recent failures").click()
    expect(page.locator("main")).to_contain_text("0 of the")
    page.get_by_role("button", name="Put into force").click()
    expect(page.locator(".notice.good")).to_contain_text("is in effect")
    page.get_by_label("rules, as a JSON list").fill("[]")
    page.get_by_role("button", name="Put into force").click()
    expect(page.locator(".notice.good")).to_contain_text("is in effect")


def test_what_strangers_wrote_does_nothing(stack: Stack, window: Watched) -> None:
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>\u202e{{7*7}}"
    record = _record(stack, {"errorType": evil, "errorMessage": evil * 50})
    page = window.page(f"/executions/{record}?payload=1")
    opened: list[str] = []
    page.on("dialog", lambda dialog: opened.append(dialog.message))
    expect(page.locator(".message")).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator("main img, main script").count() == 0
    page.goto("/executions")
    page.goto("/")
    assert opened == []


def _record(stack: Stack, response: dict[str, Any]) -> str:
    import json
    import uuid
    from datetime import UTC, datetime

    from tests.e2e.test_loop import source_arn
    from tests.support.world.service import record_text

    name = str(uuid.uuid4())
    arn = source_arn(stack, "Switch") + ":$LATEST"
    payload = json.dumps({"</script><script>alert(3)</script>": "\u202e"})
    text = record_text(name, arn=arn, payload=payload, response=json.dumps(response), at=datetime.now(UTC))
    send(stack, text)
    stack.execution(name)
    return name
