"""The command as a user runs it, in this process."""

import json
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from lambda_replay_cli.main import app


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str
    raw: bytes = b""
    """Standard output as it was written."""

    @property
    def objects(self) -> list[dict[str, Any]]:
        """What JSON Lines were printed."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def problems(self) -> list[str]:
        return self.err.splitlines()


def run(*arguments: str, given: str | bytes = "") -> Outcome:
    """An exception that a user would see as a traceback fails the test that runs this."""
    result = CliRunner().invoke(app, list(arguments), input=given)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Outcome(result.exit_code, result.stdout, result.stderr, result.stdout_bytes)


def explain(given: str | bytes, *options: str) -> Outcome:
    return run("explain", "-", *options, given=given)


def explained(given: str | bytes) -> list[dict[str, Any]]:
    """All of it must be understood."""
    outcome = explain(given)
    assert (outcome.code, outcome.err) == (0, "")
    return outcome.objects
