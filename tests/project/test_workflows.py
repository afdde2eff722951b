"""What runs on GitHub and before a commit: one pin for each tool, and only targets that exist."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.template import ROOT

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text())
    return content


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job.get("steps", [])]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_named_by_commit_with_their_version_beside(path: Path) -> None:
    used = re.findall(r"uses: (.+)", path.read_text())
    foreign = [each for each in used if not each.startswith("./")]
    assert foreign
    assert [
        each for each in foreign if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)
    ] == []


def test_one_version_of_each_action_is_used() -> None:
    used = {each for path in WORKFLOWS for each in re.findall(r"uses: ([^.\n].+)", path.read_text())}
    names = [each.partition("@")[0] for each in used]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_jobs_end_in_time_and_may_only_read_unless_they_say_so(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    granted = {name: job["permissions"] for name, job in workflow["jobs"].items() if "permissions" in job}
    assert granted == (
        {"publish": {"id-token": "write"}, "announce": {"contents": "write"}}
        if path.stem == "release"
        else {}
    )
    assert all("timeout-minutes" in job for job in workflow["jobs"].values() if "steps" in job)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_commands_hold_nothing_that_others_write(path: Path) -> None:
    """A branch's or a tag's name could be a command; it is passed on as a variable."""
    assert [step["run"] for step in steps(read(path)) if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_targets_of_make_exist(path: Path) -> None:
    wanted = set(re.findall(r"\bmake ([a-z-]+)", path.read_text()))
    assert wanted
    assert wanted <= TARGETS


def test_the_parallel_jobs_run_every_test() -> None:
    parts = read(GITHUB / "workflows" / "ci.yml")["jobs"]["tests"]["strategy"]["matrix"]["include"]
    run = [folder for part in parts for folder in part["tests"].split()]
    assert sorted(run) == sorted(
        {f"tests/{p.relative_to(ROOT / 'tests').parts[0]}" for p in (ROOT / "tests").rglob("test_*.py")}
    )


def test_hooks_use_the_environment_of_the_project() -> None:
    (repository,) = read(ROOT / ".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        assert hook["language"] == "system"
        assert hook["entry"].startswith(".venv/bin/")


def test_updates_are_asked_for_where_something_is_pinned() -> None:
    updates = read(GITHUB / "dependabot.yml")["updates"]
    python = next(each for each in updates if each["package-ecosystem"] == "pip")
    pinned = {
        f"/{path.parent.relative_to(ROOT)}"
        for path in [*ROOT.glob("requirements/*.txt"), *ROOT.glob("layers/*/requirements.txt")]
    }
    assert set(python["directories"]) == pinned
    assert any(each["package-ecosystem"] == "github-actions" for each in updates)


@pytest.mark.parametrize(
    "path", sorted((GITHUB / "ISSUE_TEMPLATE").glob("[!c]*.yml")), ids=lambda path: path.name
)
def test_issue_forms_are_complete(path: Path) -> None:
    form = read(path)
    assert {"name", "description", "body"} <= form.keys()
    ids = [field["id"] for field in form["body"] if field["type"] != "markdown"]
    assert len(ids) == len(set(ids))
    assert all(field["attributes"].get("label") for field in form["body"] if field["type"] != "markdown")
