"""`python -m tests.browser.screenshots [FOLDER]`: pictures of every screen, from the demo's data.

The demo is played first, unless its embedded AWS still runs.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from local import process
from local.client import Stack
from local.settings import ROOT, STATE
from tests.browser import tools
from tests.browser.conftest import SWITCHES
from tests.browser.running import console

FOLDER = ROOT / "build" / "screenshots"
KEPT = {"groups-light": "groups", "execution-dark": "execution", "job-light": "job"}
"""Those that the documentation shows, and under which names."""
DOCS = ROOT / "docs" / "images"
DEMO = STATE / "demo"
WIDTH, HEIGHT, TALLEST = 1280, 800, 1400


def main() -> int:
    if commands := tools.missing():
        print("screenshots need: " + "; ".join(commands), file=sys.stderr)
        return 1
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    if process.running(DEMO) is None:
        subprocess.run([sys.executable, "-m", "local.demo", "--keep"], cwd=ROOT, check=True)
    stack = Stack.read(DEMO)
    with tempfile.TemporaryDirectory() as where:
        config = Path(where) / "config.toml"
        config.write_text(
            f'[stacks.{stack.description["stack_name"]}]\nname = "production"\ncolour = "red"\n'
        )
        known = stack.environment | {"LAMBDA_REPLAY_CONFIG": str(config)}
        with console(known, Path(where)) as running:
            _draw(running.link(), screens(stack), folder)
    for name, kept in KEPT.items():
        DOCS.mkdir(exist_ok=True)
        (DOCS / f"{kept}.png").write_bytes((folder / f"{name}.png").read_bytes())
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}, {len(KEPT)} of them in {DOCS}")
    return 0


def screens(stack: Stack) -> dict[str, str]:
    """Addresses by name, of what the demo has left; two of its groups get an owner."""
    function = stack.sources["Buggy"]
    groups = stack.call("GET", "/groups", query={"limit": "50"}).body["groups"]
    group = max(groups, key=lambda one: one["count"])["fingerprint"]
    jobs: list[dict[str, Any]] = stack.call("GET", "/jobs").body["jobs"]
    by_status = {one["status"]: one["id"] for one in jobs}
    failed = stack.call("GET", "/executions", query={"group": group, "limit": "1"}).body["executions"][0][
        "id"
    ]
    waiting = stack.call("GET", "/executions", query={"function": function, "status": "failed"}).body[
        "executions"
    ][0]
    for group_of, verb, body in (
        (group, "acknowledge", {}),
        (group, "link", {"url": "https://tracker.example/SHOP-231"}),
        (waiting["failure"]["group"], "assign", {"assignee": "ann"}),
    ):
        stack.call("POST", f"/groups/{group_of}/{verb}", body=body)
    return {
        "groups": "/", "groups-resolved": "/?tab=resolved", "group": f"/groups/{group}",
        "executions": "/executions", "execution": f"/executions/{failed}?payload=1",
        "replay": f"/executions/{waiting['id']}/replay", "edit": f"/executions/{waiting['id']}/edit",
        "plan": f"/plan?group={waiting['failure']['group']}", "jobs": "/jobs",
        "job": f"/jobs/{by_status.get('completed', jobs[0]['id'])}",
        "job-halted": f"/jobs/{by_status.get('halted', jobs[0]['id'])}",
        "functions": "/functions?wiring=1", "function": f"/functions/{function}", "health": "/health",
        "rules": "/health/rules",
    }  # fmt: skip


def _draw(link: str, screens: dict[str, str], folder: Path) -> None:
    base = re.sub(r"/open\?.*", "", link)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=tools.chromium(), args=list(SWITCHES))
        page: Page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(link)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
            for name, path in screens.items():
                page.goto(base + path)
                # What sticks to the lower edge must not cover what is above it.
                tall = page.evaluate("document.documentElement.scrollHeight")
                page.set_viewport_size({"width": WIDTH, "height": max(HEIGHT, min(TALLEST, tall))})
                page.screenshot(path=folder / f"{name}-{scheme}.png")
                page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
