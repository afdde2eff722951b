"""Every screen: without fault for those who can't see it, light and dark, and on a screen of 320 pixels."""

import pytest
from playwright.sync_api import Page, expect

from local.client import Stack
from tests.browser.conftest import Watched, described, violations
from tests.e2e.test_jobs import fail


@pytest.fixture(scope="module")
def screens(stack: Stack) -> dict[str, str]:
    """Addresses, by what is shown."""
    name, *others = fail(
        stack, "Switch", *[b'{"Success": false, "amount": 1.10, "n": %d}' % n for n in range(3)]
    )
    group = stack.execution(name)["failure"]["group"]
    job = stack.call("POST", "/jobs", body={"ids": others, "rate": 100, "name": "screens"}).body["id"]
    function = stack.sources["Switch"]
    patch = "%7B%22Success%22%3A+true%7D"
    return {
        "groups": "/", "groups by count": "/?sort=count", "no groups": "/?function=none",
        "group": f"/groups/{group}",
        "executions": "/executions", "no executions": "/executions?function=none",
        "execution": f"/executions/{name}", "payload": f"/executions/{name}?payload=1",
        "replay": f"/executions/{name}/replay",
        "replay with a patch": f"/executions/{name}/replay?patch={patch}",
        "edit": f"/executions/{name}/edit", "ignore": f"/executions/decide?verb=ignore&id={name}",
        "decide": f"/groups/decide?verb=ignore&group={group}", "plan": f"/plan?ids={name}&patch={patch}",
        "empty plan": "/plan", "jobs": "/jobs", "job": f"/jobs/{job}", "functions": "/functions?wiring=1",
        "function": f"/functions/{function}",
        "trial": f"/functions/{function}?drawn=1&on=on&category=timeout",
        "health": "/health", "refused": "/health/dlq", "rules": "/health/rules",
        "problem": "/executions/nothing",
    }  # fmt: skip


def opened(page: Page) -> None:
    """All that can be opened, one after the other."""
    page.evaluate(
        "for (const one of document.querySelectorAll('details')) {"
        "one.removeAttribute('name'); one.open = true }"
    )


def checked(page: Page, screens: dict[str, str]) -> None:
    faults = {}
    for name, path in screens.items():
        page.goto(path)
        opened(page)
        if found := violations(page):
            faults[name] = found
    assert faults == {}, described([faults])


@pytest.mark.window(color_scheme="light")
def test_axe_finds_nothing_in_the_light(window: Watched, screens: dict[str, str]) -> None:
    window.expected = ["status of 404"]
    checked(window.page(), screens)


@pytest.mark.window(color_scheme="dark")
def test_axe_finds_nothing_in_the_dark(window: Watched, screens: dict[str, str]) -> None:
    window.expected = ["status of 404"]
    checked(window.page(), screens)


@pytest.mark.window(viewport={"width": 320, "height": 640})
def test_nothing_scrolls_sideways_on_a_small_screen(window: Watched, screens: dict[str, str]) -> None:
    window.expected = ["status of 404"]
    page = window.page()
    wide = {}
    for name, path in screens.items():
        page.goto(path)
        opened(page)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 320:
            wide[name] = width
    assert wide == {}
    page.goto("/")
    assert violations(page) == []


def test_what_axe_would_find_is_found(window: Watched) -> None:
    """Or the tests above could not fail."""
    page = window.page()
    page.evaluate(
        "document.querySelector('main').append("
        "Object.assign(document.createElement('img'), {src: '/static/icon.svg'}),"
        "Object.assign(document.createElement('p'), {textContent: 'pale', className: 'pale'}));"
        "document.styleSheets[0].insertRule('.pale { color: #aaa; background: #fff }')"
    )
    assert {one["id"] for one in violations(page)} == {"image-alt", "color-contrast"}


def test_the_keys_are_listed_without_fault(window: Watched) -> None:
    page = window.page()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []


def test_a_hidden_tab_asks_for_nothing_and_a_quiet_one_ever_less(window: Watched) -> None:
    page = window.page("/jobs")
    window.asked.clear()
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.wait_for_timeout(9000)
    assert [url for url in window.asked if "/static/" not in url] == []
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(1500)
    assert [url for url in window.asked if "/static/" not in url] == [page.url]


def test_exact_times_are_shown_to_the_keyboard(window: Watched, screens: dict[str, str]) -> None:
    page = window.page(screens["execution"])
    moment = page.locator("time[tabindex]").first
    moment.focus()
    shown = moment.evaluate("one => getComputedStyle(one, '::after').content")
    assert "UTC" in shown
