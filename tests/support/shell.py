"""`lambda-replay` as it is installed, in an operator's shell."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.client import Stack

COMMAND = Path(sys.executable).with_name("lambda-replay")


@dataclass(frozen=True)
class Done:
    code: int
    raw: bytes
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.raw.splitlines()]


@dataclass(frozen=True)
class Shell:
    """A person's: with keys in the environment, and nothing of the developer's own."""

    stack: Stack
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return self.stack.environment | {"XDG_CONFIG_HOME": str(self.folder)}

    def run(self, *words: str, given: str = "", **variables: str) -> Done:
        done = subprocess.run(
            [COMMAND, *words],
            cwd=self.folder,
            env=self.environment | variables,
            input=given.encode(),
            capture_output=True,
            check=False,
            timeout=180,
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        return Done(done.returncode, done.stdout, done.stderr.decode())

    def said(self, *words: str, given: str = "", ends: int = 0) -> str:
        """What the command prints, which must end with that code."""
        done = self.run(*words, given=given)
        assert done.code == ends, done.raw.decode() + done.err
        return done.raw.decode()

    def rows(self, *words: str, given: str = "", ends: int = 0) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.said(*words, given=given, ends=ends).splitlines()]
