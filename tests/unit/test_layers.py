"""Dependencies point one way: functions → use cases → domain; AWS is known in adapters only."""

import ast
import sys
from pathlib import Path

import pytest

from tests.support.template import ROOT

CORE = ROOT / "layers" / "core" / "lambda_replay"
OURS = "lambda_replay"
# What each part may import besides the standard library; the longest matching prefix counts.
ALLOWED = {
    "domain": {f"{OURS}.domain"},
    "use_cases": {f"{OURS}.domain", f"{OURS}.ports", f"{OURS}.use_cases"},
    "ports": {f"{OURS}.domain", f"{OURS}.ports"},
    "settings.py": set(),
}
FILES = [
    path
    for part in ALLOWED
    for path in sorted([CORE / part] if part.endswith(".py") else (CORE / part).rglob("*.py"))
]


def imported(path: Path) -> set[str]:
    """Absolute names of what the file imports; relative imports stay within their package."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.add(node.module)
    return {name for name in names if name.split(".")[0] not in sys.stdlib_module_names}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CORE)))
def test_imports(path: Path) -> None:
    allowed = ALLOWED[path.relative_to(CORE).parts[0]]
    for name in imported(path):
        assert any(name == prefix or name.startswith(f"{prefix}.") for prefix in allowed), name


def test_pynamodb_stays_in_its_adapter() -> None:
    for path in [*CORE.rglob("*.py"), *(ROOT / "functions").rglob("*.py")]:
        if "dynamodb" not in path.parts:
            assert not any(name.startswith("pynamodb") for name in imported(path)), path


def test_pydantic_stays_at_the_apis_edge() -> None:
    for path in [*CORE.rglob("*.py"), *(ROOT / "functions").rglob("*.py")]:
        if "api" not in path.parts:
            assert "pydantic" not in imported(path), path
