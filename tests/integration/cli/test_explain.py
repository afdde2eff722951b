"""The installed command in a process of its own: pipes, terminals, signals."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import pytest

from tests.support.template import ROOT
from tests.support.world.service import record_text

COMMAND = str(Path(sys.executable).with_name("lambda-replay"))
CORPUS = str(ROOT / "tests" / "corpus" / "failures.jsonl")
RECORDS = "".join(record_text(f"r-{n}") + "\n" for n in range(1000))


def run(
    *command: str,
    given: str | None = None,
    out: int | IO[str] = subprocess.PIPE,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, input=given, stdout=out, stderr=subprocess.PIPE, env=env, text=True, check=False, timeout=60
    )


def on_a_terminal(**environment: str) -> str:
    """What a terminal is sent."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal, os.fdopen(ours, "rb") as screen:
        done = run(
            COMMAND,
            "explain",
            "-",
            given=record_text("r-1"),
            out=terminal,
            env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "150", **environment},
        )
        assert (done.returncode, done.stderr) == (0, "")
        return screen.read1().decode()


def test_a_pipe_gets_lines() -> None:
    done = run(COMMAND, "explain", "-", given=RECORDS)
    assert (done.returncode, done.stderr) == (0, "")
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [f"r-{n}" for n in range(1000)]


def test_needs_no_account_and_no_settings() -> None:
    done = run(COMMAND, "explain", CORPUS, env={})
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_gets_a_table_in_colour_unless_configured_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = on_a_terminal()
    assert "category" in coloured
    assert "\x1b[3" in coloured
    plain = on_a_terminal(NO_COLOR="1")
    assert "category" in plain
    assert "\x1b[3" not in plain


@pytest.mark.parametrize("given", [RECORDS, record_text("r-1")], ids=["much", "little"])
@pytest.mark.parametrize("output", ["jsonl", "json", "table"])
def test_a_reader_that_leaves_is_no_error(
    output: str, given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A little output is buffered until the end.
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    path = tmp_path / "records.jsonl"
    path.write_text(given)
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "w") as pipe:
        done = run(COMMAND, "explain", str(path), "--output", output, out=pipe)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")


def test_interrupting_ends_without_a_traceback() -> None:
    with subprocess.Popen(
        [COMMAND, "explain", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A shell's background jobs ignore it, and so do their children: these tests may be one.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    ) as process:
        assert process.stdin
        assert process.stderr
        process.stdin.write(b"nonsense\n")
        process.stdin.flush()
        # It has read a line, and waits for the next one.
        assert b"line 1" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.stderr.read() == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_is_named() -> None:
    with open("/dev/full", "w") as full:
        done = run(COMMAND, "explain", CORPUS, out=full)
    assert done.returncode == 1
    assert done.stderr == "lambda-replay: the output can't be written: No space left on device\n"


@pytest.mark.parametrize(
    ("closed", "words"), [("<&-", "standard input is closed"), (">&-", "standard output is closed")]
)
def test_closed_streams_are_named(closed: str, words: str) -> None:
    done = run("bash", "-c", f'exec "$0" explain - {closed}', COMMAND)
    assert done.returncode == 2
    (problem,) = done.stderr.splitlines()
    assert words in problem


def test_only_a_table_waits_for_rich() -> None:
    code = (
        "import sys; from lambda_replay_cli.main import app; app(['explain', '-'], standalone_mode=False); "
        "print([name for name in ('rich', 'boto3') if name in sys.modules])"
    )
    done = run(sys.executable, "-c", code, given=RECORDS)
    assert done.stdout.splitlines()[-1] == "[]"
