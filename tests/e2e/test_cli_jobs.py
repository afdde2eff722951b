"""The command line's jobs, policies and status on the deployed service, as people and scripts run them."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.client import Stack, wait_until
from tests.e2e.test_jobs import adds_up, fail, job

COMMAND = str(Path(sys.executable).parent / "lambda-replay")
RAMP = ("--rate", "100", "--ramp", "1,5")
# The event says whether it fails, so what mends it is a patch.
MENDED = ("--patch", '{"Success": true}')


def environment(stack: Stack) -> dict[str, str]:
    """What an operator has set, and nothing else of AWS."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LAMBDA_"))}
    return {
        **bare,
        "AWS_ENDPOINT_URL": stack.description["endpoint"],
        "AWS_REGION": stack.description["region"],
        "AWS_ACCESS_KEY_ID": stack.description["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": stack.description["secret_access_key"],
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def terminal(stack: Stack, *words: str, given: str = "", expects: int = 0) -> str:
    """What the command prints, which must end with that code."""
    done = subprocess.run(
        [COMMAND, *words], input=given, capture_output=True, text=True, check=False,
        env=environment(stack), timeout=180,
    )  # fmt: skip
    assert done.returncode == expects, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def objects(stack: Stack, *words: str, given: str = "", expects: int = 0) -> list[dict[str, Any]]:
    return [json.loads(line) for line in terminal(stack, *words, given=given, expects=expects).splitlines()]


def switched_off(stack: Stack, count: int, mark: str) -> list[str]:
    """Ids of so many executions that failed as their events wanted it."""
    return fail(
        stack, "Switch", *[b'{"Success": false, "%s": %d}' % (mark.encode(), n) for n in range(count)]
    )


def test_a_job_from_the_plan_to_the_end(stack: Stack) -> None:
    begun = datetime.now(UTC).isoformat()
    names = switched_off(stack, 12, "plan")
    ids = "\n".join(names)
    selected = ("--function", stack.sources["Switch"], "--from", begun)

    [plan] = objects(stack, "job", "plan", *selected)
    assert (plan["matched"], plan["eligible"]) == (12, 12)
    assert "nothing was deployed" in terminal(stack, "job", "plan", *selected, "-o", "table")

    watching = ("--yes", "--watch", "--every", "0.3")
    *_, halted = objects(
        stack, "job", "start", "--ids-from", "-", *RAMP, *watching, "-o", "jsonl", given=ids, expects=1
    )
    assert halted["status"] == "halted"
    assert "failed again" in terminal(stack, "job", "show", halted["id"], "-o", "table", expects=1)

    mine = f"mended {names[0]}"
    said = terminal(stack, "job", "start", *selected, *RAMP, *MENDED, *watching, "--name", mine)
    lines = said.splitlines()
    assert len(lines) == len(set(lines))
    assert "completed  issued 12 of 12  recovered 12" in lines[-1]
    [found] = [one for one in objects(stack, "job", "list") if one["name"] == mine]
    adds_up(found["counts"])
    assert objects(stack, "job", "show", found["id"]) == [found]
    terminal(stack, "job", "plan", *selected, expects=1)


def test_ctrl_c_leaves_the_job_running(stack: Stack) -> None:
    names = switched_off(stack, 20, "interrupted")
    slow = ("--rate", "1", *MENDED, "--idempotency-key", f"ctrl-c-{names[0]}", "--yes")
    [started] = objects(stack, "job", "start", *names, *slow)
    assert [one["id"] for one in objects(stack, "job", "start", *names, *slow)] == [started["id"]]
    watching = subprocess.Popen(
        [COMMAND, "job", "watch", started["id"], "--every", "0.3"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(stack),
        # A shell has what it starts in the background ignore Ctrl-C, and so would this.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )  # fmt: skip
    assert watching.stdout is not None
    assert "issued" in watching.stdout.readline()
    watching.send_signal(signal.SIGINT)
    _, said = watching.communicate(timeout=30)
    assert watching.returncode == 130, said
    assert f"lambda-replay job watch {started['id']}" in said
    issued = job(stack, started["id"])["counts"]["issued"]
    wait_until(lambda: job(stack, started["id"])["counts"]["issued"] > issued, "more replays")

    [paused] = objects(stack, "job", "pause", started["id"], "--reason", "lunch")
    assert paused["status"] == "paused"
    terminal(stack, "job", "pause", started["id"], expects=3)
    [resumed] = objects(stack, "job", "resume", started["id"])
    assert resumed["status"] == "running"
    [cancelled] = objects(stack, "job", "cancel", started["id"], "--reason", "enough")
    assert [one["reason"] for one in cancelled["decisions"]] == ["lunch", None, "enough"]
    terminal(stack, "job", "watch", started["id"], expects=1)


def test_a_person_is_asked_and_sees_it_live(stack: Stack) -> None:
    names = switched_off(stack, 5, "asked")
    screen = _typed(stack, "job", "start", *names, *MENDED, "--watch", answer=b"y\n")
    assert "Replay 5?" in screen
    assert "5 executions selected, 5 would be sent" in screen
    assert "completed" in screen
    assert "recovered 5" in screen


def test_policies_are_set_tried_and_taken_back(stack: Stack, left_to_itself: str) -> None:
    name = stack.sources["Buggy"]
    tried = objects(stack, "policy", "test", name, "--category", "throttling", "--limit", "1000")
    [one] = [row for row in tried if row["id"] == left_to_itself]
    assert one["would_replay"] or one["why"].startswith(("recovered already", "it is replaying"))
    [other] = switched_off(stack, 1, "policy")
    switch = ("policy", "test", stack.sources["Switch"], "--category", "throttling", "--limit", "1")
    [row] = objects(stack, *switch, expects=1)
    assert (row["id"], row["would_replay"]) == (other, False)
    assert row["why"].endswith("is not among throttling")

    unknown = "lambda-replay-sources-nobody"
    [standing] = objects(
        stack, "policy", "set", unknown, "--category", "timeout", "--attempts", "2",
        "--except-category", "throttling:base=5m", "--reason", "a trial",
    )  # fmt: skip
    assert (standing["policy"]["origin"], standing["policy"]["attempts"]) == ("own", 2)
    assert standing["policy"]["by_category"]["throttling"]["base_seconds"] == 300
    assert "a trial" in " ".join(terminal(stack, "policy", "show", unknown, "-o", "table").split())
    [standing] = objects(stack, "policy", "remove", unknown)
    assert standing["policy"]["origin"] != "own"
    terminal(stack, "policy", "set", unknown, "--category", "timeout", "--cap", "1s", expects=2)
    assert name in [one["function"] for one in objects(stack, "policy", "show")]


def test_the_status_is_that_of_the_whole_service(stack: Stack) -> None:
    switched_off(stack, 1, "status")
    [found] = objects(stack, "status")
    assert [name for name, part in found.items() if isinstance(part, dict) and "unavailable" in part] == []
    assert found["stats"]["total"] >= 1
    assert set(found["queue"]) == {"waiting", "in_flight"}
    assert "RefusedMessagesAlarm" in [alarm["name"] for alarm in found["alarms"]]
    assert stack.sources["Buggy"] in found["automatic"]["functions"]
    screen = terminal(stack, "status", "-o", "table")
    for title in ("failures", "groups", "jobs", "queue", "dlq", "alarms", "automatic"):
        assert f"\n{title}" in screen


def test_a_service_that_is_not_there_is_a_line_and_no_traceback(stack: Stack) -> None:
    for words in (["--endpoint-url", "http://127.0.0.1:9"], ["--stack", "no-such-stack"]):
        terminal(stack, "status", *words, expects=3)


def _typed(stack: Stack, *words: str, answer: bytes) -> str:
    """What a person sees who types this when asked."""
    master, end = pty.openpty()
    running = subprocess.Popen(
        [COMMAND, *words], stdin=end, stdout=end, stderr=end, close_fds=True,
        env={**environment(stack), "TERM": "xterm", "COLUMNS": "100", "LINES": "40"},
    )  # fmt: skip
    os.close(end)
    screen, answered, deadline = b"", False, time.monotonic() + 120
    try:
        while time.monotonic() < deadline:
            try:
                screen += os.read(master, 65536)
            except OSError:  # Linux's way to tell that nobody writes any more
                break
            if b"[y/N]" in screen and not answered:
                os.write(master, answer)
                answered = True
        assert running.wait(timeout=30) == 0, screen.decode()
    finally:
        running.kill()
        os.close(master)
    return screen.decode()
