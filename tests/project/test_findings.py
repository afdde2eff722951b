"""What `make lint` makes of findings: fixed, or excused with a reason, and no excuse for nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.template import ROOT
from tools import findings
from tools.findings import EXCUSES, Excuse, Finding, ToolError

EXCUSE = Excuse("B101", ("bench/*",), "it has to end")


def test_an_excused_finding_is_no_complaint() -> None:
    assert findings.complaints([Finding("B101", "bench/a.py", "assert")], [EXCUSE]) == []


@pytest.mark.parametrize(
    "finding", [Finding("B101", "cli/a.py", "assert"), Finding("B102", "bench/a.py", "exec")]
)
def test_another_place_or_rule_is_one(finding: Finding) -> None:
    [line, unused] = findings.complaints([finding], [EXCUSE])
    assert line == f"{finding.rule} {finding.where}: {finding.what}"
    assert "take it out" in unused


def test_an_excuse_that_nothing_needs_is_one() -> None:
    [line] = findings.complaints([], [EXCUSE])
    assert line.startswith("B101: nothing at bench/* needs this excuse")


def test_each_excuse_has_a_reason_and_names_its_places() -> None:
    for excuse in findings.excuses(EXCUSES.read_text()):
        assert excuse.reason.endswith("."), excuse
        assert all(place not in ("*", "") for place in excuse.where), excuse


def test_bandit_finds_what_is_weak(tmp_path: Path) -> None:
    (tmp_path / "weak.py").write_text("import pickle\npickle.loads(b'')\n")
    found = list(findings.of_bandit(tmp_path, ["."]))
    assert {finding.rule for finding in found} == {"B301", "B403"}
    assert found[0].where == "./weak.py"


def test_code_that_bandit_can_not_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def\n")
    with pytest.raises(ToolError, match=r"broken\.py"):
        list(findings.of_bandit(tmp_path, ["."]))


def test_the_template_is_looked_at_as_sam_translates_it() -> None:
    resources: dict[str, Any] = findings.translated(ROOT / "template.yaml")["Resources"]
    assert resources["Apiv1Stage"]["Type"] == "AWS::ApiGateway::Stage"
    assert resources["TriageFunction"]["Type"] == "AWS::Lambda::Function"
    assert json.dumps(resources)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a==1.0 \\\n    --hash=sha256:" + "0" * 64, None),
        ('a[b]==1.0 ; sys_platform == "linux" \\\n    --hash=sha256:' + "0" * 64, None),
        ("a==1.0", "is not pinned by its hashes"),
        ("a==1.0 \\\n    --hash=md5:" + "0" * 32, "is not pinned by its hashes"),
        ("a>=1.0 \\\n    --hash=sha256:" + "0" * 64, "no requirement of one version"),
        ("--extra-index-url https://example.invalid/simple", "no requirement of one version"),
        ("a @ https://example.invalid/a.whl", "no requirement of one version"),
    ],
)
def test_what_is_installed_is_pinned(tmp_path: Path, line: str, said: str | None) -> None:
    for folder in ("requirements", "layers/dependencies"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "requirements" / "dev.txt").write_text(line + "\n")
    (tmp_path / "layers/dependencies/requirements.txt").write_text("")
    found = list(findings.of_pins(tmp_path))
    assert [said in each.what for each in found if said] == [True] * (said is not None)
    assert not found or said


def test_the_lists_of_this_repository_are_pinned() -> None:
    assert list(findings.of_pins()) == []
