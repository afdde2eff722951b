"""`lambda-replay` as it is installed, against the deployed service: look, decide, replay, take home."""

import csv
import io
import json
import os
import subprocess
import sys
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local.client import Stack
from tests.support.world import record_text

COMMAND = Path(sys.executable).with_name("lambda-replay")
RESPONSE = (
    '{"errorType":"Typed%s","errorMessage":"by hand","stackTrace":["  File \\"/var/task/a.py\\", line 3"]}'
)
PAYLOAD = ' {"amount": 1.10, "twice": 1, "twice": 1e400}\r\n'


@dataclass(frozen=True)
class Shell:
    """A person's: with a profile's keys in the environment, and nothing of the developer's own."""

    stack: Stack
    folder: Path

    def run(self, *words: str, given: str = "", **variables: str) -> "Done":
        described = self.stack.description
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "AWS_ENDPOINT_URL": described["endpoint"],
            "AWS_REGION": described["region"],
            "AWS_ACCESS_KEY_ID": described["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": described["secret_access_key"],
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "LAMBDA_REPLAY_STACK": described["stack_name"],
            "XDG_CONFIG_HOME": str(self.folder),
            **variables,
        }
        done = subprocess.run(
            [COMMAND, *words],
            cwd=self.folder,
            env=environment,
            input=given.encode(),
            capture_output=True,
            check=False,
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        return Done(done.returncode, done.stdout, done.stderr.decode())


@dataclass(frozen=True)
class Done:
    code: int
    raw: bytes
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.raw.splitlines()]


@pytest.fixture
def shell(stack: Stack, tmp_path: Path) -> Shell:
    return Shell(stack, tmp_path)


def failed(stack: Stack, source: str = "Recorder", payload: str = PAYLOAD, kind: str = "") -> str:
    """A record written by hand to the queue; its execution's id. `kind` makes a group of its own."""
    identity = str(uuid.uuid4())
    arn = stack.description["sources_outputs"][f"{source}FunctionArn"] + ":$LATEST"
    kind = kind or f"{source}Alone"
    body = record_text(identity, arn=arn, payload=payload, response=RESPONSE % kind, at=datetime.now(UTC))
    stack.client("sqs").send_message(QueueUrl=stack.outputs["FailureQueueUrl"], MessageBody=body)
    stack.execution(identity)
    return identity


def test_a_failure_is_found_shown_replayed_and_recovers(stack: Stack, shell: Shell) -> None:
    kind = "Found"
    identities = {failed(stack, kind=kind) for _ in range(2)}
    (group,) = {stack.execution(each)["failure"]["group"] for each in identities}
    listed = shell.run("list", "--error-type", f"Typed{kind}", "--from", "10m")
    assert {row["id"] for row in listed.rows} == identities
    assert {row["id"] for row in shell.run("list", "--group", group, "--status", "failed").rows} == identities
    (one, other) = sorted(identities)
    shown = shell.run("show", one, "--output", "table")
    assert f"Typed{kind}: by hand" in shown.raw.decode()
    assert "> /var/task/a.py:3" in shown.raw.decode()

    previewed = shell.run("replay", one, "--dry-run", "--patch", '{"amount": 2}')
    assert (previewed.code, previewed.rows[0]["would_replay"]) == (0, True)
    assert stack.execution(one)["replays"] == []

    done = shell.run("replay", "-", "--wait", "--reason", "fixed", given=f"{one}\n{other}\n")
    assert done.code == 0, done.err
    assert {row["id"]: row["status"] for row in done.rows} == dict.fromkeys(identities, "succeeded")
    assert stack.execution(one)["status"] == "recovered"
    key = f"received/{next(row['request_id'] for row in done.rows if row['id'] == one)}"
    bucket = stack.description["sources_outputs"]["ReceivedBucketName"]
    assert stack.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read() == PAYLOAD.encode()

    again = shell.run("replay", one)
    assert (again.code, again.rows[0]["code"]) == (3, "already_recovered")
    assert shell.run("replay", one, "--force", "--wait").code == 0
    assert shell.run("list", "--group", group, "--status", "failed").code == 1


def test_one_that_fails_again_is_a_no(stack: Stack, shell: Shell) -> None:
    identity = failed(stack, "Switch", '{"Success": false}')
    done = shell.run("replay", identity, "--wait", "-o", "csv")
    assert done.code == 1, done.err
    (row,) = csv.DictReader(io.StringIO(done.raw.decode()))
    assert (row["id"], row["status"]) == (identity, "failed")


def test_executions_are_left_alone_and_taken_up_again(stack: Stack, shell: Shell) -> None:
    identity = failed(stack)
    assert shell.run("ignore", identity, "--reason", "test", "--until", "2h").rows[0]["status"] == "ignored"
    assert shell.run("replay", identity).rows[0]["code"] == "ignored"
    assert shell.run("reopen", identity).rows[0]["status"] == "failed"


def test_a_patched_payload_is_what_the_function_gets(stack: Stack, shell: Shell) -> None:
    identity = failed(stack, payload='{"a":1.10}')
    patch = shell.folder / "patch.json"
    patch.write_text('[{"op": "add", "path": "/b", "value": 2}]')
    (row,) = shell.run("replay", identity, "--patch", str(patch), "--wait").rows
    bucket = stack.description["sources_outputs"]["ReceivedBucketName"]
    got = stack.client("s3").get_object(Bucket=bucket, Key=f"received/{row['request_id']}")["Body"].read()
    assert json.loads(got) == {"a": 1.10, "b": 2}


def test_an_event_is_taken_home_byte_for_byte(stack: Stack, shell: Shell) -> None:
    identity = failed(stack, "Switch", PAYLOAD)
    assert shell.run("payload", identity).raw == PAYLOAD.encode()
    sources = Path(__file__).parents[2] / "local" / "sources" / "template.yaml"
    (shell.folder / "template.yaml").write_text(sources.read_text())
    done = shell.run("pull", identity, "--pytest")
    assert done.code == 0, done.err
    assert (shell.folder / "events" / f"{identity}.json").read_bytes() == PAYLOAD.encode()
    assert done.raw.decode().splitlines()[-1] == f"sam local invoke SwitchFunction -e events/{identity}.json"
    (stub,) = (shell.folder / "events").glob("test_*.py")
    compile(stub.read_text(), stub.name, "exec")


def test_groups_are_decided_about(stack: Stack, shell: Shell) -> None:
    one, other = (stack.execution(failed(stack, kind=kind))["failure"]["group"] for kind in ("One", "Other"))
    listed = {row["fingerprint"]: row for row in shell.run("groups", "--status", "open", "-n", "0").rows}
    assert listed[one]["count"] == 1
    assert "why these belong together" in shell.run("group", one, "-o", "table").raw.decode()
    decisions: tuple[tuple[str, ...], ...] = (
        ("note", "--text", "see the ticket"),
        ("ignore", "--reason", "rare", "--until", "2h"),
        ("reopen",),
        ("resolve", "--reason", "fixed in v8"),
    )
    statuses = [shell.run("group", one, *words).rows[0]["status"] for words in decisions]
    assert statuses == ["open", "ignored", "open", "resolved"]
    assert shell.run("group", one, "merge", "--into", other).code == 0
    (merged,) = shell.run("group", other).rows
    assert (merged["count"], [member["fingerprint"] for member in merged["members"]]) == (2, [one])
    assert shell.run("group", one, "unmerge").code == 0
    assert shell.run("group", other).rows[0]["count"] == 1
    assert shell.run("group", "0" * 16).code == 1


def test_everything_is_exported(stack: Stack, shell: Shell) -> None:
    identity = failed(stack)
    rows = shell.run("export", "executions", "--function", stack.sources["Recorder"]).rows
    assert identity in {row["id"] for row in rows}
    text = shell.run("export", "groups", "--output", "csv").raw.decode()
    assert {row["function"] for row in csv.DictReader(io.StringIO(text))} >= {stack.sources["Recorder"]}


def test_what_is_wrong_outside_is_said_in_a_line(stack: Stack, shell: Shell) -> None:
    nothing = shell.run("list", "--stack", "no-such-stack")
    assert (nothing.code, len(nothing.err.splitlines())) == (3, 1)
    assert "there is no stack no-such-stack in us-east-1" in nothing.err
    stranger = shell.run("list", AWS_ACCESS_KEY_ID="AKIANOBODY")
    assert (stranger.code, len(stranger.err.splitlines())) == (3, 1)
    assert shell.run("show", str(uuid.uuid4())).code == 1
