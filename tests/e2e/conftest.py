"""The real template on the embedded AWS, deployed once by the command that users run."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.client import Stack
from tests.support.template import ROOT


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    state = tmp_path_factory.mktemp("embedded")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    try:
        _local(state, "up", "--port", port, "--speed", "600", "--no-flaky")
        yield Stack.read(state)
    finally:
        _local(state, "down")


def _local(state: Path, *command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "local", "--state", str(state), *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
