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


def test_every_screen_is_without_fault_in_light_in_dark_and_on_a_small_screen(
    window: Watched, screens: dict[str, str]
) -> None:
    """Each is loaded once: colours and width are the browser's own affair."""
    window.expected = ["status of 404"]
    page = window.page()
    faults: dict[str, object] = {}
    for name, path in screens.items():
        page.goto(path)
        opened(page)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
            faults |= {f"{name}, {scheme}": found for found in [violations(page)] if found}
        page.set_viewport_size({"width": 320, "height": 640})
        width = page.evaluate("document.documentElement.scrollWidth")
        faults |= {f"{name}, wide": width for _ in range(1) if width > 320}
        if name in ("groups", "group", "execution", "plan", "job"):
            faults |= {f"{name}, small": found for found in [violations(page)] if found}
        page.set_viewport_size({"width": 1280, "height": 900})
    assert faults == {}, described([faults])


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
    page = window.context.new_page()
    page.clock.install()
    page.goto("/jobs")
    asked = _looks(window)
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.clock.run_for(3_600_000)
    assert _looks(window) == asked
    with page.expect_response("**/jobs"):
        page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
        page.clock.run_for(100)
    waits = [_until_it_asks(window, page) for _ in range(7)]
    assert waits == sorted(waits)
    assert waits[0] < 15
    assert waits[-1] > 40
    assert waits[-1] <= 60


def _looks(window: Watched) -> int:
    return len([url for url in window.asked if url.endswith("/jobs")])


def _until_it_asks(window: Watched, page: Page) -> int:
    """Seconds of the page's own clock."""
    page.wait_for_timeout(150)  # what it has asked for must have come
    asked = _looks(window)
    for seconds in range(1, 90):
        page.clock.run_for(1000)
        if _looks(window) > asked:
            return seconds
    raise AssertionError("it asks no more")


def test_the_focus_goes_in_the_order_of_the_page(window: Watched, screens: dict[str, str]) -> None:
    """And reaches all that can be pressed or filled in: none is skipped, none comes twice."""
    page = window.page()
    for name in ("groups", "group", "plan", "execution"):
        page.goto(screens[name])
        reachable = page.evaluate(_REACHABLE)
        seen = []
        for _ in range(reachable):
            page.keyboard.press("Tab")
            seen.append(page.evaluate("window.reachable.indexOf(document.activeElement)"))
        assert seen == list(range(reachable)), name


# Of radio buttons with one name the focus reaches the chosen one.
_REACHABLE = """() => {
  const wanted = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  window.reachable = [...document.querySelectorAll(wanted)].filter((one) =>
    one.checkVisibility() && one.tabIndex >= 0 && !(one.type === "radio" && !one.checked));
  return window.reachable.length;
}"""


def test_exact_times_are_shown_to_the_keyboard(window: Watched, screens: dict[str, str]) -> None:
    page = window.page(screens["execution"])
    moment = page.locator("time[tabindex]").first
    moment.focus()
    shown = moment.evaluate("one => getComputedStyle(one, '::after').content")
    assert "UTC" in shown
