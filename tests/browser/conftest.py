"""Chromium, the embedded AWS of its own, and the console between them."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from local.client import Stack
from tests.browser import tools
from tests.browser.gate import Gate
from tests.browser.running import Running, console
from tests.e2e.conftest import stack, state

__all__ = ["stack", "state"]

SWITCHES = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip

expect.set_options(timeout=30_000)  # a machine that runs other tests beside these is slow


@pytest.fixture(scope="session", autouse=True)
def _tools() -> None:
    """Before anything is started. In CI a test that could not run is one that failed."""
    if commands := tools.missing():
        said = "the browser tests need: " + "; ".join(commands)
        pytest.fail(said) if os.environ.get("CI") else pytest.skip(said)


@pytest.fixture(scope="session")
def _playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(_playwright: Playwright) -> Iterator[Browser]:
    browser = _playwright.chromium.launch(executable_path=tools.chromium(), args=list(SWITCHES))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def gate(stack: Stack) -> Iterator[Gate]:
    """Between the console and AWS."""
    gate = Gate(stack.address.port)
    yield gate
    gate.close()


@pytest.fixture(scope="session")
def environment(stack: Stack, gate: Gate, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An operator's shell, whose AWS is behind the gate and whose stack looks like production."""
    folder = tmp_path_factory.mktemp("config")
    config = folder / "config.toml"
    config.write_text(f'[stacks.{stack.description["stack_name"]}]\nname = "production"\ncolour = "red"\n')
    known = stack.environment | {"LAMBDA_REPLAY_CONFIG": str(config)}
    return known | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{gate.port}"}


@pytest.fixture(scope="session")
def running(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with console(environment, tmp_path_factory.mktemp("console")) as running:
        yield running


@pytest.fixture(scope="session")
def signed_in(chromium: Browser, running: Running) -> Iterator[dict[str, Any]]:
    """What a browser that has opened the link keeps, and where the console is."""
    link = running.link()
    context = chromium.new_context()
    page = context.new_page()
    page.goto(link, timeout=120_000)  # the service's functions start here
    parts = urlsplit(page.url)
    yield {"cookies": context.cookies(), "base": f"{parts.scheme}://{parts.netloc}"}
    context.close()


class Watched:
    """A browser's window. At its end nothing must have been asked of another machine, and nothing complained
    of, but what a test expects."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.expected: list[str] = []
        self.complaints: list[str] = []
        self.asked: list[str] = []
        context.on("request", lambda request: self.asked.append(request.url))
        context.on("console", lambda said: self._noted(said.type, said.text))
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def page(self, path: str = "/") -> Page:
        page = self.context.new_page()
        page.set_default_timeout(60_000)
        page.goto(path)
        return page

    def _noted(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def check(self) -> None:
        away = [url for url in self.asked if urlsplit(url).hostname != "127.0.0.1"]
        assert away == []
        left = [text for text in self.complaints if not any(one in text for one in self.expected)]
        assert left == []


@pytest.fixture
def window(chromium: Browser, signed_in: dict[str, Any], request: pytest.FixtureRequest) -> Iterator[Watched]:
    """With the options of its marker `window`."""
    marker = request.node.get_closest_marker("window")
    options: dict[str, Any] = {
        "viewport": {"width": 1280, "height": 900},
        **(marker.kwargs if marker else {}),
    }
    context = chromium.new_context(base_url=signed_in["base"], **options)
    context.add_cookies(signed_in["cookies"])
    window = Watched(context)
    yield window
    window.check()
    context.close()


_AXE = """async (tags) => {
  const found = await axe.run(document, {runOnly: {type: "tag", values: tags}});
  return found.violations.map((one) => ({
    id: one.id, help: one.help,
    nodes: one.nodes.slice(0, 4).map((node) => node.html + " " + node.failureSummary),
  }));
}"""
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]


def violations(page: Page) -> list[Any]:
    """Of WCAG 2.2 A and AA, as axe sees it. It is run by the debugger: the page's own policy admits no script
    of others."""
    page.evaluate(tools.AXE.read_text() + "; 0")
    found: list[Any] = page.evaluate(_AXE, _TAGS)
    return found


def described(found: list[Any]) -> str:
    return json.dumps(found, indent=1)


def config_of(folder: Path, key: str, secret: str) -> Path:
    """A file of credentials, as `aws configure` writes it."""
    path = folder / "credentials"
    path.write_text(f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
    return path
