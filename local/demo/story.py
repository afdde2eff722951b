"""What a step of the demo has at hand: the deployed service, its command line, and a place to tell."""

import hashlib
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from local.client import Stack
from local.errors import LocalError

COMMAND = "lambda-replay"
WIDTH = 100

console = Console(highlight=False, soft_wrap=True)


class StoryError(LocalError):
    """A step did not happen; the message says what was seen instead."""


@dataclass
class Story:
    """One failed event on its way."""

    stack: Stack
    execution_id: str = ""

    def tell(self, line: str) -> None:
        console.print(f"    {line}")

    def run(self, *words: str, ends: int = 0) -> None:
        """One command of the command line, shown as a terminal would; raises `StoryError` unless it ends
        so."""
        self._typed(words)
        with subprocess.Popen(
            [Path(sys.executable).with_name(COMMAND), *words],
            env=self.stack.environment | {"COLUMNS": str(WIDTH), "PYTHONUNBUFFERED": "1"} | _colour(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as running:
            for line in running.stdout or ():
                sys.stdout.write(f"    {line.decode()}")
                sys.stdout.flush()
        expect(running.returncode, ends, f"exit code of {COMMAND} {words[0]}")

    def read(self, *words: str) -> bytes:
        """What a command prints, byte for byte."""
        self._typed(words)
        done = subprocess.run(
            [Path(sys.executable).with_name(COMMAND), *words],
            env=self.stack.environment,
            capture_output=True,
            check=False,
        )
        expect(done.returncode, 0, f"exit code of {COMMAND} {words[0]} ({done.stderr.decode()})")
        return done.stdout

    def _typed(self, words: tuple[str, ...]) -> None:
        self.tell(f"[dim]$ {COMMAND} {escape(shlex.join(words))}[/]")


def expect(seen: object, wanted: object, what: str) -> None:
    if seen != wanted:
        raise StoryError(f"{what}: expected {wanted!r}, got {seen!r}")


def digest(content: bytes) -> str:
    return f"{len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()[:16]}…"


def _colour() -> dict[str, str]:
    return {"FORCE_COLOR": "1"} if console.is_terminal else {}
