"""The real template on the embedded AWS, deployed once by the command that users run."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.client import Stack
from tests.support.shell import Shell
from tests.support.template import ROOT
from tests.support.world.service import record_text

FORGED = "6f1d2c3b-0000-4000-8000-00000000f0f0"
BUSY = '{"errorType":"ThrottlingException","errorMessage":"Rate exceeded"}'


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded AWS's folder."""
    return tmp_path_factory.mktemp("embedded")


@pytest.fixture(scope="session")
def stack(state: Path) -> Iterator[Stack]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    try:
        _local(state, "up", "--port", port, "--speed", "600", "--no-flaky")
        yield Stack.read(state)
    finally:
        _local(state, "down")


@pytest.fixture(scope="session", autouse=True)
def left_to_itself(stack: Stack) -> str:
    """An execution that is replayed automatically, and whose cause is over. The first such replay
    comes after minutes: it fails here, at the start, and `test_unattended` at the end looks at it."""
    policy = {"categories": ["throttling"], "base_seconds": 1, "qualifier": "replay"}
    answer = stack.call("PUT", f"/functions/{stack.sources['Buggy']}/policy", body=policy)
    assert answer.status == 200, answer.text
    name = stack.invoke("Buggy", b'{"order": 1.10}')
    assert stack.execution(name)["failure"]["category"] == "throttling"
    configure(stack, "Buggy", WAREHOUSE="idle")
    return name


@pytest.fixture(scope="session", autouse=True)
def forged(stack: Stack, left_to_itself: str) -> str:
    """The same failure, as a sender to the queue who is not the function writes it."""
    arn = stack.execution(left_to_itself)["function_arn"]
    text = record_text(FORGED, arn=arn, payload='{"to":"attacker"}', response=BUSY, at=datetime.now(UTC))
    stack.client("sqs").send_message(QueueUrl=stack.outputs["FailureQueueUrl"], MessageBody=text)
    return FORGED


@pytest.fixture
def shell(stack: Stack, tmp_path: Path) -> Shell:
    return Shell(stack, tmp_path)


def configure(stack: Stack, source: str, **variables: str) -> None:
    """Change its environment: a deployment, as far as the service can tell."""
    client, name = stack.client("lambda"), stack.sources[source]
    found = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    client.update_function_configuration(FunctionName=name, Environment={"Variables": found | variables})


def _local(state: Path, *command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "local", "--state", str(state), *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
