"""The templates pass the linters that users run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.template import ROOT

BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "template",
    [
        "template.yaml",
        "local/sources/template.yaml",
        "docs/examples/importing.yaml",
        "docs/examples/key.yaml",
    ],
)
def test_cfn_lint_and_sam_validate(template: str) -> None:
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0", "PATH": f"{BIN}:{os.environ['PATH']}"}
    commands = [
        [str(BIN / "cfn-lint"), template],
        [str(BIN / "sam"), "validate", "--lint", "--region", "eu-west-1", "--template", template],
    ]
    for command in commands:
        result = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr
