"""`python -m local` and its parts: the process, the deployment, what a mistake is answered."""

import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import process
from local.__main__ import main
from local.deploy import DeployError, deploy, outputs
from local.server import ROOT_KEY_ID, ROOT_SECRET
from local.settings import SOURCES_PARAMETERS, SOURCES_TEMPLATE, Address, Operator
from tests.contract.embedded import Embedded


def test_the_sources_are_deployed_by_the_real_sam(aws: Embedded, tmp_path: Path) -> None:
    """Build, deploy, and the functions report; a second time changes nothing."""
    url, queue = aws.queue()
    operator = Operator(ROOT_KEY_ID, ROOT_SECRET)
    address = Address(port=int(aws.endpoint.rsplit(":", 1)[1]), state=tmp_path)
    parameters = {**SOURCES_PARAMETERS, "FailureQueueArn": queue, "FlakySchedule": "DISABLED"}

    deploy(SOURCES_TEMPLATE, "sources", parameters, address, operator)

    found = outputs("sources", address, operator)
    request_id = aws.invoke(found["SwitchFunctionName"], '{"Success":false}')["ResponseMetadata"]["RequestId"]
    record = aws.record(url)
    assert record["requestContext"]["requestId"] == request_id
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["responsePayload"]["errorType"] == "SwitchedOffError"
    assert record["responsePayload"]["stackTrace"][0].startswith('  File "/var/task/switch.py", line ')
    schedule = aws.client("scheduler").list_schedules()["Schedules"]
    assert [entry["State"] for entry in schedule if "-flaky" in entry["Target"]["Arn"]] == ["DISABLED"]


def test_a_deployment_that_fails_says_what_sam_said(tmp_path: Path) -> None:
    """The step and sam's own words, not a traceback."""
    template = tmp_path / "template.yaml"
    template.write_text("Transform: AWS::Serverless-2016-10-31\nResources: {}\n")

    with pytest.raises(DeployError, match=r"(?s)^sam build failed:.*'Resources' section is required"):
        deploy(template, "broken", {}, Address(state=tmp_path), Operator("x", "y"))


@pytest.fixture
def address(tmp_path: Path) -> Iterator[Address]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    yield Address(port=port, state=tmp_path)
    process.stop(tmp_path)


def test_a_server_is_started_once_and_ended(address: Address) -> None:
    """It survives its starter; starting again finds it; ending it leaves nothing behind."""
    first = process.start(address, 600)

    assert process.start(address, None) == first
    with pytest.raises(process.ProcessError, match="--speed 600: end it"):
        process.start(address, 60)
    with pytest.raises(process.ProcessError, match=f"already running on port {address.port}"):
        process.start(Address(port=address.port + 1, state=address.state), None)
    with socket.create_connection(("127.0.0.1", address.port)) as idle:
        idle.sendall(b"GET /_ministack/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert idle.recv(12) == b"HTTP/1.1 200"
        started = time.monotonic()
        assert process.stop(address.state)  # it does not wait for connections kept alive
    assert time.monotonic() - started < 5
    assert process.running(address.state) is None
    assert not process.healthy(address.endpoint)
    assert not process.stop(address.state)


def test_a_port_in_use_is_named_with_the_fix(address: Address) -> None:
    """Nothing is started, nothing is ended."""
    with socket.create_server(("127.0.0.1", address.port)):
        with pytest.raises(process.ProcessError, match=f"port {address.port} is in use .* --port"):
            process.start(address, None)
        assert process.running(address.state) is None


def test_another_process_with_the_noted_number_is_left_alone(tmp_path: Path) -> None:
    """Process ids are reused: only one that runs this server is ours."""
    (tmp_path / "server.json").write_text(json.dumps({"pid": os.getpid(), "port": 4566, "speed": 60}))

    assert process.running(tmp_path) is None
    assert not process.stop(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["logs", "Switch"], "nothing deployed: run 'python -m local up'"),
        (["up", "--speed", "0.5"], "--speed must be at least 1"),
    ],
)
def test_a_mistake_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], answer: str
) -> None:
    """Exit status 1 and no traceback."""
    assert main(["--state", str(tmp_path), *arguments]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"local: {answer}")
    assert error.count("\n") == 1


def test_status_and_down_without_a_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Asking and ending twice is no mistake."""
    assert main(["--state", str(tmp_path), "status"]) == 0
    assert main(["--state", str(tmp_path), "down"]) == 0
    assert capsys.readouterr().out == "not running\nwas not running\n"


def test_the_shells_profile_is_for_the_real_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """`AWS_PROFILE` names a profile that the embedded AWS has never heard of."""
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    client = Operator("key", "secret").client("sts", Address(port=1))
    assert client.meta.endpoint_url == "http://127.0.0.1:1"
