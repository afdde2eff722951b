"""Looks for weak places: `python -m tools.findings`, a part of `make lint`. It needs no network.

bandit reads the code, checkov the templates as SAM translates them, and the lists of what is installed are
looked through for what is not pinned by its hash. A finding is fixed, or excused with a reason in
`findings.toml`; an excuse that excuses nothing any more is a finding too.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cfnlint.decode import cfn_yaml
from cfnlint.template.transforms._sam import Transform

from lambda_replay.domain.functions.wildcards import matches

ROOT = Path(__file__).parents[1]
EXCUSES = ROOT / "tools" / "findings.toml"
CODE = ("layers/core", "functions", "cli", "local", "bench", "tools")
TEMPLATES = ("template.yaml", "local/sources/template.yaml", "docs/examples/key.yaml")
_CHECKOV = ROOT / ".venv-checkov" / "bin" / "checkov"
_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[a-z0-9,-]+\])?==[^\s;]+( ;.*)?")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


class ToolError(Exception):
    """A tool did not run; the message says why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`where` is a file, or a template and a resource; `rule` is the tool's own name for it."""

    rule: str
    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Excuse:
    """Why findings of a rule stay, at the places that a pattern of `where` covers."""

    rule: str
    where: tuple[str, ...]
    reason: str

    def covers(self, finding: Finding) -> bool:
        return self.rule == finding.rule and any(matches(pattern, finding.where) for pattern in self.where)


def excuses(text: str) -> list[Excuse]:
    """Those of a list in TOML. Raises `KeyError` where an entry is not whole."""
    return [
        Excuse(rule, tuple(entry["where"]), entry["reason"])
        for rule, entries in tomllib.loads(text).items()
        for entry in entries
    ]


def complaints(found: Iterable[Finding], excused: Sequence[Excuse]) -> list[str]:
    """A line for each finding without an excuse, and for each excuse without a finding."""
    used: set[Excuse] = set()
    lines = []
    for finding in found:
        covering = [excuse for excuse in excused if excuse.covers(finding)]
        used.update(covering)
        if not covering:
            lines.append(f"{finding.rule} {finding.where}: {finding.what}")
    return lines + [
        f"{excuse.rule}: nothing at {', '.join(excuse.where)} needs this excuse any more; take it out"
        for excuse in excused
        if excuse not in used
    ]


def of_bandit(root: Path = ROOT, code: Sequence[str] = CODE) -> Iterator[Finding]:
    answer = _answer([sys.executable, "-m", "bandit", "--quiet", "--recursive", "--format=json", *code], root)
    for error in answer["errors"]:
        raise ToolError(f"bandit: {error['filename']}: {error['reason']}")
    for each in answer["results"]:
        yield Finding(each["test_id"], each["filename"], f"line {each['line_number']}: {each['issue_text']}")


def of_checkov(root: Path = ROOT, templates: Sequence[str] = TEMPLATES) -> Iterator[Finding]:
    if not _CHECKOV.exists():
        raise ToolError(f"there is no {_CHECKOV}: make lint installs it")
    with tempfile.TemporaryDirectory() as folder:
        files = {f"/{number}.json": template for number, template in enumerate(templates)}
        for file, template in files.items():
            Path(folder + file).write_text(json.dumps(translated(root / template)))
        options = ["--framework=cloudformation", "--skip-download", "--compact", "--quiet", "--output=json"]
        answer = _answer([str(_CHECKOV), f"--directory={folder}", *options], root)
    # Without a finding there is nothing but the numbers.
    results = answer.get("results", {"failed_checks": [], "parsing_errors": []})
    if answer.get("summary", answer)["parsing_errors"]:
        raise ToolError(f"checkov can't read {results['parsing_errors']}")
    for each in results["failed_checks"]:
        place = f"{files[each['file_path']]}/{each['resource'].rpartition('.')[2]}"
        yield Finding(each["check_id"], place, each["check_name"])


def translated(template: Path) -> Any:
    """The template as CloudFormation gets it: checkov knows SAM's resources hardly, and YAML's merges not."""
    found = cfn_yaml.load(str(template))
    if "Transform" not in found:
        return found
    transform = Transform(str(template), found, "eu-west-1")
    if problems := transform.transform_template():
        raise ToolError(f"{template}: {problems}")
    return transform.template()


def of_pins(root: Path = ROOT) -> Iterator[Finding]:
    """Whatever is installed has one version and the hashes of its files, and no list says where from: that is
    the machine's own setting. Which versions are known to be weak is not known without a network; Dependabot
    says so on the repository."""
    lists = [*sorted((root / "requirements").glob("*.txt")), root / "layers/dependencies/requirements.txt"]
    for path in lists:
        name = str(path.relative_to(root))
        for line in path.read_text().replace("\\\n", " ").splitlines():
            text, *hashes = re.split(r"\s+(?=--hash=)", line.strip())
            if not _REQUIREMENT.fullmatch(text):
                yield Finding("pin", name, f"{text!r} is no requirement of one version")
            elif not hashes or not all(_HASH.fullmatch(each.strip()) for each in hashes):
                yield Finding("pin", name, f"{text} is not pinned by its hashes")


def main() -> int:
    try:
        found = [*of_bandit(), *of_checkov(), *of_pins()]
    except ToolError as error:
        print(f"findings: {error}", file=sys.stderr)
        return 1
    wrong = complaints(found, excuses(EXCUSES.read_text()))
    for line in wrong:
        print(line)
    print(f"{len(found)} findings, {len(wrong)} of them neither fixed nor excused in tools/findings.toml")
    return 1 if wrong else 0


def _answer(command: Sequence[str], root: Path) -> Any:
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        raise ToolError(f"{command[0]} says no JSON: {(done.stderr or done.stdout)[-500:]}") from None


if __name__ == "__main__":
    sys.exit(main())
