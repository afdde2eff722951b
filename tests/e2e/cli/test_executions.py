"""`lambda-replay` as it is installed, against the deployed service: look, decide, replay, take home."""

import csv
import io
import json
import uuid
from datetime import UTC, datetime

from local.client import Stack
from tests.support.shell import Shell
from tests.support.template import ROOT
from tests.support.world.service import record_text

RESPONSE = (
    '{"errorType":"Typed%s","errorMessage":"by hand","stackTrace":["  File \\"/var/task/a.py\\", line 3"]}'
)
PAYLOAD = ' {"amount": 1.10, "twice": 1, "twice": 1e400}\r\n'


def record(stack: Stack, identity: str, source: str, payload: str, kind: str) -> str:
    arn = stack.description["sources_outputs"][f"{source}FunctionArn"] + ":$LATEST"
    return record_text(identity, arn=arn, payload=payload, response=RESPONSE % kind, at=datetime.now(UTC))


def failed(stack: Stack, source: str = "Recorder", payload: str = PAYLOAD, kind: str = "") -> str:
    """A record written by hand to the queue; its execution's id. `kind` makes a group of its own."""
    identity = str(uuid.uuid4())
    body = record(stack, identity, source, payload, kind or f"{source}Alone")
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
    sources = ROOT / "local" / "sources" / "template.yaml"
    (shell.folder / "template.yaml").write_text(sources.read_text())
    done = shell.run("pull", identity, "--pytest")
    assert done.code == 0, done.err
    assert (shell.folder / "events" / f"{identity}.json").read_bytes() == PAYLOAD.encode()
    assert done.raw.decode().splitlines()[1] == f"sam local invoke SwitchFunction -e events/{identity}.json"
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


def test_a_record_is_explained_at_home_as_the_service_does(stack: Stack, shell: Shell) -> None:
    identity = failed(stack, kind="Explained")
    reported = stack.execution(identity)["failure"]
    [explained] = shell.rows("explain", "-", given=record(stack, identity, "Recorder", PAYLOAD, "Explained"))
    assert explained["fingerprint"] == reported["group"]
    assert {name: explained[name] for name in ("category", "verdict", "rule", "title")} == {
        name: reported[name] for name in ("category", "verdict", "rule", "title")
    }
    message = {"MessageId": "m", "Body": record(stack, "another", "Recorder", "{}", "Explained")}
    received = json.dumps({"Messages": [message]})  # as aws sqs receive-message prints it
    assert shell.rows("explain", "-", given=received)[0]["fingerprint"] == reported["group"]


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
