"""The operator's side stands on the domain, and nothing stands on it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.template import ROOT

CLI = ROOT / "cli" / "lambda_replay_cli"
FILES = sorted(CLI.rglob("*.py"))
ALLOWED = ("lambda_replay.domain", "lambda_replay_cli", "typer")
# What takes long to load, and where it may be imported.
HEAVY = {
    "output": ("rich",),
    "screens": ("rich",),
    "client": ("boto3", "botocore"),
    "attachments": ("botocore",),
    "doctor": ("botocore",),
    # A message is read again exactly as triage reads it.
    "dlq": ("botocore", "lambda_replay.use_cases.intake.read_message"),
    "console": ("starlette", "jinja2", "markupsafe", "uvicorn"),
}
# What the console takes from the rest of the command line, it takes here.
DOOR = CLI / "console" / "client.py"
# Files of these folders that every command needs.
LIGHT = ("__init__.py", "options.py", "emit.py", "config.py")


def imported(text: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name for name in names if name.split(".")[0] not in sys.stdlib_module_names}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CLI)))
def test_imports(path: Path) -> None:
    text = path.read_text()
    room = path.relative_to(CLI).parts[0]
    allowed = (*ALLOWED, *HEAVY.get(room, ())) if path.name not in LIGHT else ALLOWED
    for name in imported(text):
        # The package itself is the version and nothing else.
        assert name == "lambda_replay" or any(name == one or name.startswith(f"{one}.") for one in allowed), (
            name
        )


def test_nothing_of_the_service_knows_the_command() -> None:
    for part in ("layers/core", "functions", "local"):
        for path in (ROOT / part).rglob("*.py"):
            assert "lambda_replay_cli" not in path.read_text(), path


def test_neither_the_terminal_nor_aws_is_loaded_before_a_command_needs_it() -> None:
    """Every module whose import every command waits for is among those of `main`."""
    code = "import sys, lambda_replay_cli.main; print({'rich', 'botocore', 'boto3'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("set()", "")


@pytest.mark.parametrize("path", sorted((CLI / "console").rglob("*.py")), ids=str)
def test_the_console_has_one_door_to_the_rest(path: Path) -> None:
    own = [name for name in imported(path.read_text()) if name.startswith("lambda_replay_cli")]
    outside = [name for name in own if not name.startswith("lambda_replay_cli.console")]
    assert not outside or path == DOOR


def test_the_console_is_a_client_and_loads_nothing_of_the_service() -> None:
    code = (
        "import sys, lambda_replay_cli.console.web.run; "
        "print([name for name in sys.modules if name.startswith(('pynamodb', 'lambda_replay.adapters'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_the_consoles_script_stays_small() -> None:
    script = (CLI / "console" / "static" / "console.js").read_text()
    assert len(script.splitlines()) <= 300
