"""The operator's side stands on the domain; nothing stands on it, and its files stay small."""

import ast
import sys
from pathlib import Path

import pytest

from tests.support.template import ROOT

CLI = ROOT / "cli" / "lambda_replay_cli"
FILES = sorted(CLI.rglob("*.py"))
ALLOWED = ("lambda_replay.domain", "lambda_replay_cli", "typer")


def imported(text: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name for name in names if name.split(".")[0] not in sys.stdlib_module_names}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CLI)))
def test_imports_and_length(path: Path) -> None:
    text = path.read_text()
    # Whatever else imports rich makes every command wait for it.
    allowed = (*ALLOWED, "rich") if path.name == "table.py" else ALLOWED
    for name in imported(text):
        assert any(name == one or name.startswith(f"{one}.") for one in allowed), name
    assert len(text.splitlines()) <= 400


def test_nothing_of_the_service_knows_the_command() -> None:
    for part in ("layers/core", "functions", "local"):
        for path in (ROOT / part).rglob("*.py"):
            assert "lambda_replay_cli" not in path.read_text(), path
