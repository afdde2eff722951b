"""The command line's jobs, policies and status on the deployed service, as people and scripts run them."""

import os
import pty
import signal
import subprocess
import time
from datetime import UTC, datetime

from local.client import Stack, wait_until
from tests.e2e.test_jobs import adds_up, fail, job
from tests.support.shell import COMMAND, Shell

RAMP = ("--rate", "100", "--ramp-sizes", "1,5")
# The event says whether it fails, so what fixes it is a patch.
FIXED = ("--patch", '{"Success": true}')


def switched_off(stack: Stack, count: int, mark: str) -> list[str]:
    """Ids of so many executions that failed as their events wanted it."""
    return fail(
        stack, "Switch", *[b'{"Success": false, "%s": %d}' % (mark.encode(), n) for n in range(count)]
    )


def test_a_job_from_the_plan_to_the_end(stack: Stack, shell: Shell) -> None:
    begun = datetime.now(UTC).isoformat()
    names = switched_off(stack, 12, "plan")
    ids = "\n".join(names)
    selected = ("--function", stack.sources["Switch"], "--from", begun)

    [plan] = shell.rows("job", "plan", *selected)
    assert (plan["matched"], plan["eligible"]) == (12, 12)
    assert "nothing was deployed" in shell.said("job", "plan", *selected, "-o", "table")

    watching = ("--yes", "--watch", "--every", "0.3")
    *_, halted = shell.rows(
        "job", "start", "--ids-from", "-", *RAMP, *watching, "-o", "jsonl", given=ids, ends=1
    )
    assert halted["status"] == "halted"
    assert "failed again" in shell.said("job", "show", halted["id"], "-o", "table", ends=1)

    mine = f"fixed {names[0]}"
    said = shell.said("job", "start", *selected, *RAMP, *FIXED, *watching, "--name", mine)
    lines = said.splitlines()
    assert len(lines) == len(set(lines))
    assert "completed  issued 12 of 12  recovered 12" in lines[-1]
    [found] = [one for one in shell.rows("job", "list") if one["name"] == mine]
    adds_up(found["counts"])
    assert shell.rows("job", "show", found["id"]) == [found]
    shell.said("job", "plan", *selected, ends=1)


def test_ctrl_c_leaves_the_job_running(stack: Stack, shell: Shell) -> None:
    names = switched_off(stack, 20, "interrupted")
    slow = ("--rate", "1", *FIXED, "--idempotency-key", f"ctrl-c-{names[0]}", "--yes")
    [started] = shell.rows("job", "start", *names, *slow)
    assert [one["id"] for one in shell.rows("job", "start", *names, *slow)] == [started["id"]]
    watching = subprocess.Popen(
        [COMMAND, "job", "watch", started["id"], "--every", "0.3"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=shell.environment,
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

    [paused] = shell.rows("job", "pause", started["id"], "--reason", "lunch")
    assert paused["status"] == "paused"
    shell.said("job", "pause", started["id"], ends=3)
    [resumed] = shell.rows("job", "resume", started["id"])
    assert resumed["status"] == "running"
    [cancelled] = shell.rows("job", "cancel", started["id"], "--reason", "enough")
    assert [one["reason"] for one in cancelled["decisions"]] == ["lunch", None, "enough"]
    shell.said("job", "watch", started["id"], ends=1)


def test_a_person_is_asked_and_sees_it_live(stack: Stack, shell: Shell) -> None:
    names = switched_off(stack, 5, "asked")
    screen = _typed(shell, "job", "start", *names, *FIXED, "--watch", answer=b"y\n")
    assert "Replay 5?" in screen
    assert "5 executions selected, 5 would be sent" in screen
    assert "completed" in screen
    assert "recovered 5" in screen


def test_policies_are_set_tried_and_taken_back(stack: Stack, shell: Shell, left_to_itself: str) -> None:
    name = stack.sources["Buggy"]
    # By now it may have been replayed: then none would be, which is a no.
    tried = shell.run("policy", "test", name, "--category", "throttling", "--limit", "1000").rows
    [one] = [row for row in tried if row["id"] == left_to_itself]
    assert one["would_replay"] or one["why"].startswith(("recovered already", "it is replaying"))
    [other] = switched_off(stack, 1, "policy")
    switch = ("policy", "test", stack.sources["Switch"], "--category", "throttling", "--limit", "1")
    [row] = shell.rows(*switch, ends=1)
    assert (row["id"], row["would_replay"]) == (other, False)
    assert row["why"].endswith("is not among throttling")

    switch_name = stack.sources["Switch"]
    [standing] = shell.rows(
        "policy", "set", switch_name, "--category", "timeout", "--attempts", "2",
        "--except-category", "throttling:base=5m", "--reason", "a trial",
    )  # fmt: skip
    assert (standing["policy"]["origin"], standing["policy"]["attempts"]) == ("own", 2)
    assert standing["policy"]["by_category"]["throttling"]["base_seconds"] == 300
    assert "a trial" in " ".join(shell.said("policy", "show", switch_name, "-o", "table").split())
    [standing] = shell.rows("policy", "remove", switch_name)
    assert standing["policy"]["origin"] != "own"
    shell.said("policy", "set", switch_name, "--category", "timeout", "--cap", "1s", ends=2)
    assert name in [one["function"] for one in shell.rows("policy", "show")]


def test_the_status_is_that_of_the_whole_service(stack: Stack, shell: Shell) -> None:
    switched_off(stack, 1, "status")
    [found] = shell.rows("status")
    assert [name for name, part in found.items() if isinstance(part, dict) and "unavailable" in part] == []
    assert found["stats"]["total"] >= 1
    assert set(found["queue"]) == {"waiting", "in_flight"}
    assert "RefusedMessagesAlarm" in [alarm["name"] for alarm in found["alarms"]]
    assert stack.sources["Buggy"] in found["automatic"]["functions"]
    screen = shell.said("status", "-o", "table")
    for title in ("failures", "groups", "jobs", "queue", "dlq", "alarms", "automatic"):
        assert f"\n{title}" in screen


def test_a_service_that_is_not_there_is_a_line_and_no_traceback(stack: Stack, shell: Shell) -> None:
    for words in (["--endpoint-url", "http://127.0.0.1:9"], ["--stack", "no-such-stack"]):
        shell.said("status", *words, ends=3)


def _typed(shell: Shell, *words: str, answer: bytes) -> str:
    """What a person sees who types this when asked."""
    master, end = pty.openpty()
    running = subprocess.Popen(
        [COMMAND, *words], stdin=end, stdout=end, stderr=end, close_fds=True,
        env={**shell.environment, "TERM": "xterm", "COLUMNS": "100", "LINES": "40"},
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
