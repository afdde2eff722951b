"""What happens around the console: other users, ended credentials, a service that goes away, a second run."""

import re
import socket
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from local.client import Stack
from tests.browser.conftest import Watched, config_of
from tests.browser.gate import Gate
from tests.browser.running import Running, console
from tests.e2e.test_jobs import fail
from tests.e2e.test_loop import user_with

PORT = re.compile(r":(\d+)/open")


def test_a_viewer_gets_pages_without_what_is_not_allowed(
    stack: Stack, chromium: Browser, environment: dict[str, str], tmp_path: Path
) -> None:
    [name] = fail(stack, "Switch", b'{"Success": false, "viewer": 1}')
    viewer = user_with(stack, "ViewerPolicyArn")
    stack.client("iam").put_user_policy(
        UserName=_user(stack, viewer.key_id), PolicyName="stack", PolicyDocument=_DESCRIBES
    )
    known = {**environment, "AWS_ACCESS_KEY_ID": viewer.key_id, "AWS_SECRET_ACCESS_KEY": viewer.secret}
    with console(known, tmp_path) as running:
        context = chromium.new_context()
        page = context.new_page()
        page.goto(running.link())
        expect(page.get_by_role("link", name="Groups", exact=True)).to_be_visible()
        assert (
            page.locator("main").get_by_role("button", name=re.compile("Plan|Resolve|Merge|Ignore")).count()
            == 0
        )
        page.goto(page.url + f"executions/{name}")
        assert page.locator("main").get_by_role("link", name=re.compile("Replay|Edit|Ignore")).count() == 0
        expect(page.locator("#payload")).to_contain_text("You may not read payloads")
        page.goto(page.url + "?payload=1")
        expect(page.locator("#payload")).to_contain_text("execute-api:Invoke")
        context.close()


_DESCRIBES = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
    "Action": "cloudformation:DescribeStacks", "Resource": "*"}]}"""


def _user(stack: Stack, key: str) -> str:
    iam = stack.client("iam")
    for user in iam.list_users()["Users"]:
        keys = iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]
        if any(one["AccessKeyId"] == key for one in keys):
            return str(user["UserName"])
    raise AssertionError(key)


def test_ended_credentials_and_new_ones(
    stack: Stack, chromium: Browser, environment: dict[str, str], tmp_path: Path
) -> None:
    first, second = (user_with(stack, "OperatorPolicyArn") for _ in range(2))
    iam = stack.client("iam")
    for one in (first, second):
        iam.put_user_policy(UserName=_user(stack, one.key_id), PolicyName="stack", PolicyDocument=_DESCRIBES)
    known = {name: value for name, value in environment.items() if not name.startswith("AWS_")}
    known |= {name: environment[name] for name in ("AWS_ENDPOINT_URL", "AWS_REGION")}
    known["AWS_SHARED_CREDENTIALS_FILE"] = str(config_of(tmp_path, first.key_id, first.secret))
    with console(known, tmp_path) as running:
        context = chromium.new_context()
        page = context.new_page()
        page.goto(running.link())
        expect(page.get_by_role("link", name="Groups", exact=True)).to_be_visible()
        iam.delete_access_key(UserName=_user(stack, first.key_id), AccessKeyId=first.key_id)
        page.goto(page.url + "jobs")
        expect(page.get_by_role("heading", level=1)).to_contain_text("credentials have ended")
        config_of(tmp_path, second.key_id, second.secret)
        page.get_by_role("link", name="Try again").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Jobs")
        context.close()


def test_the_service_goes_away_and_comes_back(window: Watched, gate: Gate) -> None:
    window.expected = ["the server responded with a status of 50"]
    page, other = window.page("/jobs"), window.page("/functions")
    gate.shut()
    try:
        # A tab that is looked at again looks at once.
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        other.goto("/jobs")
        expect(other.get_by_role("heading", level=1)).to_contain_text("can't be reached")
        expect(page.locator("#away")).to_be_visible(timeout=60_000)
        expect(page.locator("#away")).to_contain_text("What is shown is")
        # What was there is still there.
        expect(page.get_by_role("heading", level=1)).to_have_text("Jobs")
    finally:
        gate.unlock()
    # The page that was there recovers by itself, the other one when it is asked to.
    other.get_by_role("link", name="Try again").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Jobs")
    expect(page.locator("#away")).to_be_hidden(timeout=60_000)


def test_a_second_run_takes_another_port_and_each_link_opens_once(
    chromium: Browser, running: Running, environment: dict[str, str], tmp_path: Path
) -> None:
    with console(environment, tmp_path, "--open", "executions?status=failed") as second:
        link = second.link()
        found = PORT.search(link)
        assert found is not None
        context = chromium.new_context()
        page = context.new_page()
        page.goto(link)
        assert page.url.endswith("/executions?status=failed")
        # Of the same name, another port: neither takes the other's cookie away.
        assert len({cookie.get("name") for cookie in context.cookies()}) == 1
        stranger = chromium.new_context()
        knocking = stranger.new_page()
        answer = knocking.goto(link)
        assert answer is not None
        assert answer.status == 401
        # The terminal has another one.
        answer = knocking.goto(second.link())
        assert answer is not None
        assert answer.status == 200
        stranger.close()
        context.close()


def test_it_listens_on_this_machine_alone(running: Running, signed_in: dict[str, str]) -> None:
    port = int(signed_in["base"].rpartition(":")[2])
    for address in {found[4][0] for found in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}:
        if str(address).startswith("127."):
            continue
        with pytest.raises(OSError, match=r"refused|timed out|unreachable"):
            socket.create_connection((str(address), port), timeout=2)


def test_another_page_can_not_change_anything(
    window: Watched, chromium: Browser, signed_in: dict[str, str]
) -> None:
    """A form of a page elsewhere, sent with the operator's own browser."""
    window.expected = ["403"]
    form = f"""<form method="post" action="{signed_in["base"]}/settings"><input name="theme" value="dark">
        <input name="back" value="/"><button>x</button></form>"""
    page = window.page("/jobs")
    window.context.route(
        "http://127.0.0.1:1/", lambda route: route.fulfill(body=form, content_type="text/html")
    )
    page.goto("http://127.0.0.1:1/")
    page.get_by_role("button").click()
    # Strictly: without the cookie, or with it and refused.
    expect(page.locator("h1")).to_contain_text(re.compile("not the console's|link in the terminal"))
    assert "theme" not in {cookie.get("name") for cookie in window.context.cookies()}
