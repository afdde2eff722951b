"""Jobs on the deployed service: from the button to the last event, and what happens when something dies."""

import json
import os
import signal
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from local.client import Stack, wait_until
from tests.e2e.conftest import configure
from tests.e2e.test_groups import alerts, mailbox, sweep  # noqa: F401  # a fixture

FUNCTION = "lambda-replay-sources-buggy"
RAMP = {"rate": 100, "ramp": [1, 5, 20], "guard": {"failed_share": 0.2, "minimum": 3}, "qualifier": "replay"}


def fail(stack: Stack, source: str, *payloads: bytes) -> list[str]:
    """Ids of the executions, once they are stored."""
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda payload: stack.invoke(source, payload), payloads))

    # By the list: asked for one by one, hundreds would take most of the test's time.
    def are_stored() -> bool:
        time.sleep(0.01 * len(names))
        return stack.executions(source).keys() >= set(names)

    wait_until(are_stored, f"{len(names)} failures of {source}", patience=180)
    return names


def bugs(kind: str, count: int, *, first: int = 0) -> list[bytes]:
    return [b'{"bug": "%s", "n": %d}' % (kind.encode(), number) for number in range(first, first + count)]


def start(stack: Stack, **request: Any) -> dict[str, Any]:
    answer = stack.call("POST", "/jobs", body=request)
    assert answer.status == 202, answer.text
    body: dict[str, Any] = answer.body
    return body


def job(stack: Stack, job_id: str, *statuses: str, patience: float = 90) -> dict[str, Any]:
    """The job, once it has one of these statuses."""
    found: dict[str, Any] = {}

    def ready() -> bool:
        nonlocal found
        found = stack.call("GET", f"/jobs/{job_id}").body
        adds_up(found["counts"])
        return not statuses or found["status"] in statuses

    try:
        wait_until(ready, f"job {job_id} {statuses}", patience=patience)
    except Exception as error:
        error.add_note(json.dumps(found))
        raise
    return found


def adds_up(counts: dict[str, Any]) -> None:
    """At every moment."""
    ends = ("succeeded", "failed_again", "unconfirmed", "uncertain", "pending")
    assert counts["issued"] == sum(counts[end] for end in ends), counts
    assert counts["failed_again"] == counts["failed_same"] + counts["failed_new"], counts
    rest = sum(counts["skipped"].values()) + sum(counts["rejected"].values()) + counts["remaining"]
    assert counts["selected"] == counts["issued"] + rest, counts


def statuses(stack: Stack, source: str, names: list[str]) -> dict[str, int]:
    found = stack.executions(source)
    return Counter(found[name]["status"] for name in names)


@dataclass(frozen=True)
class Early:
    """Jobs that were started before all others, for they take minutes."""

    crashed: str
    crashed_names: list[str]
    unconfirmed: str
    unconfirmed_names: list[str]


@pytest.fixture(scope="module", autouse=True)
def early(stack: Stack) -> Early:
    """One whose replay function is killed while it invokes, so that claims have to run out; and one over a
    function that confirms nothing, so that its outcome window has to close."""
    configure(stack, "Flaky", FAILURE_RATE="1")
    by_nobody = fail(stack, "Flaky", *[b'{"n": %d}' % n for n in range(2)])
    configure(stack, "Flaky", FAILURE_RATE="0")
    unconfirmed = start(stack, ids=by_nobody)["id"]
    names = fail(stack, "Buggy", *bugs("second", 100, first=2000))
    # Whatever the tests meanwhile fix and break, such an event succeeds.
    harmless = {"bug": "none"}
    crashed = start(stack, ids=names, rate=25, qualifier="replay", guard=None, patch=harmless)["id"]
    _kill_while_invoking(stack, crashed)
    return Early(crashed, names, unconfirmed, by_nobody)


@pytest.fixture(autouse=True)
def nothing_fixed(stack: Stack) -> None:
    configure(stack, "Buggy", FIXED="")


def test_the_job_halts_fixes_and_accounts_for_everything(stack: Stack, mailbox: str) -> None:  # noqa: F811
    """500 failures of one bug and 20 of another; only the first gets fixed."""
    request = {"filter": {"function": FUNCTION, "from": datetime.now(UTC).isoformat()}, **RAMP}
    names = fail(stack, "Buggy", *bugs("first", 500), *bugs("second", 20))

    plan = stack.call("POST", "/jobs/plan", body=request).body
    assert (plan["matched"], plan["eligible"], plan["complete"]) == (520, 520, True)
    assert sorted(plan["groups"].values()) == [20, 500]
    assert any("nothing was deployed" in warning for warning in plan["warnings"])

    unfixed = start(stack, name="too early", **request)
    halted = job(stack, unfixed["id"], "halted")
    assert halted["counts"]["issued"] <= 30
    assert halted["counts"]["failed_again"] >= 3
    assert "failed again" in halted["message"]
    assert halted["counts"]["remaining"] == 520 - halted["counts"]["issued"]

    configure(stack, "Buggy", FIXED="first")
    plan = stack.call("POST", "/jobs/plan", body=request).body
    assert not any("nothing was deployed" in warning for warning in plan["warnings"])
    assert plan["eligible"] == 520

    fixed = start(stack, name="first bug fixed", **request)
    ended = job(stack, fixed["id"], "completed", "halted")
    assert ended["status"] == "completed"
    counts = ended["counts"]
    assert (counts["selected"], counts["issued"], counts["pending"]) == (520, 520, 0)
    assert (counts["succeeded"], counts["failed_same"], counts["failed_new"]) == (500, 20, 0)
    assert ended["summary"] == "issued 520: 500 recovered, 20 failed again, 20 with the same error"
    assert statuses(stack, "Buggy", names) == {"recovered": 500, "failed": 20}

    def is_told() -> bool:
        sweep(stack)
        return any("Job completed: first bug fixed" in text for text in alerts(stack, mailbox))

    wait_until(is_told, "the end of the job", patience=60)


def test_pause_resume_and_cancel(stack: Stack) -> None:
    configure(stack, "Buggy", FIXED="")
    names = fail(stack, "Buggy", *bugs("second", 40, first=1000))
    configure(stack, "Buggy", FIXED="second")
    started = start(stack, ids=names, rate=1.5, qualifier="replay")
    path = f"/jobs/{started['id']}"
    wait_until(lambda: job(stack, started["id"])["counts"]["issued"] >= 2, "the first replays")
    assert stack.call("POST", f"{path}/pause", body={"reason": "lunch"}).body["status"] == "paused"
    assert stack.call("POST", f"{path}/pause").status == 409
    time.sleep(2)
    paused = job(stack, started["id"])["counts"]["issued"]
    time.sleep(3)
    assert job(stack, started["id"])["counts"]["issued"] == paused
    assert paused < 40
    assert stack.call("POST", f"{path}/resume").body["status"] == "running"
    wait_until(lambda: job(stack, started["id"])["counts"]["issued"] > paused, "more replays")
    assert stack.call("POST", f"{path}/cancel", body={"reason": "enough"}).body["status"] == "cancelled"
    time.sleep(2)
    cancelled = job(stack, started["id"])
    time.sleep(3)
    assert job(stack, started["id"])["counts"]["issued"] == cancelled["counts"]["issued"] < 40
    assert [decision["verb"] for decision in cancelled["decisions"]] == ["pause", "resume", "cancel"]
    again = start(stack, ids=names, rate=100, qualifier="replay")
    rest = job(stack, again["id"], "completed")["counts"]
    assert rest["issued"] == 40 - cancelled["counts"]["issued"]
    assert statuses(stack, "Buggy", names) == {"recovered": 40}


def test_a_job_whose_driver_was_stopped_is_restarted(stack: Stack) -> None:
    names = fail(stack, "Buggy", *bugs("second", 20, first=3000))
    configure(stack, "Buggy", FIXED="second")
    started = start(stack, ids=names, rate=1.5, qualifier="replay")
    wait_until(lambda: job(stack, started["id"])["counts"]["issued"] >= 2, "the first replays")
    machines, arn = stack.client("stepfunctions"), stack.outputs["ReplayJobArn"]
    for execution in machines.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]:
        machines.stop_execution(executionArn=execution["executionArn"])
    time.sleep(3)
    stopped = job(stack, started["id"])["counts"]["issued"]
    time.sleep(2)
    assert job(stack, started["id"])["counts"]["issued"] == stopped < 20
    path = f"/jobs/{started['id']}"
    stack.call("POST", f"{path}/pause")
    assert stack.call("POST", f"{path}/resume").body["status"] == "running"
    wait_until(lambda: job(stack, started["id"])["counts"]["issued"] > stopped, "more replays")
    for execution in machines.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]:
        machines.stop_execution(executionArn=execution["executionArn"])
    # A driver whose history is nearly full hands over to another one.
    old = {"job_id": started["id"], "generation": 2, "sequence": 7, "turns": 1499}
    machines.start_execution(stateMachineArn=arn, name=f"{started['id']}-old", input=json.dumps(old))
    counts = job(stack, started["id"], "completed")["counts"]
    assert (counts["issued"], counts["succeeded"]) == (20, 20)
    drivers = {e["name"] for e in machines.list_executions(stateMachineArn=arn)["executions"]}
    assert f"{started['id']}-2-8" in drivers


def test_a_success_is_confirmed_by_the_function_or_by_an_alias_for_replays(stack: Stack) -> None:
    by_alias = fail(stack, "Buggy", *bugs("first", 2, first=4000))
    by_function = fail(stack, "Switch", *[b'{"Success": false, "n": %d}' % n for n in range(2)])
    configure(stack, "Buggy", FIXED="first")
    first = start(stack, ids=by_alias, qualifier="replay")
    patch = [{"op": "replace", "path": "/Success", "value": True}]
    second = start(stack, ids=by_function, patch=patch)
    for started in (first, second):
        assert job(stack, started["id"], "completed")["counts"]["succeeded"] == 2
    assert statuses(stack, "Buggy", by_alias) == {"recovered": 2}
    assert statuses(stack, "Switch", by_function) == {"recovered": 2}


def test_only_so_many_jobs_at_once_and_one_for_a_key(stack: Stack) -> None:
    names = fail(stack, "Buggy", *bugs("second", 3, first=5000))
    slow = {"rate": 0.1, "qualifier": "replay"}
    key = {"Idempotency-Key": "once"}
    first = stack.call("POST", "/jobs", body={"ids": [names[0]], **slow}, headers=key)
    assert (
        stack.call("POST", "/jobs", body={"ids": [names[0]], **slow}, headers=key).body["id"]
        == first.body["id"]
    )
    other = stack.call("POST", "/jobs", body={"ids": [names[1]], **slow}, headers=key)
    assert (other.status, other.body["error"]["code"]) == (409, "idempotency_key_reused")
    mine = [first.body["id"]]
    refused = None
    for _ in range(3):
        answer = stack.call("POST", "/jobs", body={"ids": names, "rate": 0.1})
        if answer.status == 429:
            refused = answer
            break
        mine.append(answer.body["id"])
    assert refused is not None
    assert refused.body["error"]["code"] == "job_limit"
    for job_id in mine:
        stack.call("POST", f"/jobs/{job_id}/cancel")


def test_where_no_one_confirms_a_success_silence_is_one(stack: Stack, early: Early) -> None:
    def is_over() -> bool:
        sweep(stack)
        return bool(job(stack, early.unconfirmed)["status"] == "completed")

    wait_until(is_over, "the outcome window of a function that confirms nothing", patience=200)
    assert job(stack, early.unconfirmed)["counts"]["unconfirmed"] == 2
    assert statuses(stack, "Flaky", early.unconfirmed_names) == {"unconfirmed": 2}


def test_a_crash_in_the_middle_of_a_page(stack: Stack, early: Early) -> None:
    """Nothing is lost, and nothing was sent twice."""

    def is_over() -> bool:
        sweep(stack)
        return bool(job(stack, early.crashed)["status"] == "completed")

    wait_until(is_over, "the job whose driver was killed", patience=240)
    counts = job(stack, early.crashed)["counts"]
    assert counts["issued"] == 100
    assert counts["succeeded"] + counts["uncertain"] == 100
    found = stack.executions("Buggy")
    assert [found[name]["replay_count"] for name in early.crashed_names] == [1] * 100


def _kill_while_invoking(stack: Stack, job_id: str) -> None:
    """Kills the processes of the replay function in the middle of a page of the job's, if that can be met."""
    deadline = time.monotonic() + 3
    while (issued := job(stack, job_id)["counts"]["issued"]) % 25 == 0 or time.monotonic() > deadline:
        assert issued < 100, "the job was faster"
        if issued and time.monotonic() > deadline:
            break
    # Between two turns there is nothing to kill: then it is tried again.
    while not _failed_turns(stack, job_id):
        assert job(stack, job_id)["counts"]["issued"] < 100, "the job was faster"
        _kill_replay_functions(stack)
        time.sleep(0.3)


def _failed_turns(stack: Stack, job_id: str) -> bool:
    machine = stack.outputs["ReplayJobArn"].replace(":stateMachine:", ":execution:")
    history = stack.client("stepfunctions").get_execution_history(
        executionArn=f"{machine}:{job_id}-1", maxResults=1000
    )
    return any(event["type"] == "TaskFailed" for event in history["events"])


def _kill_replay_functions(stack: Stack) -> None:
    port = stack.description["endpoint"].rpartition(":")[2]
    name = stack.outputs["ReplayFunctionName"]
    processes = _processes()
    servers = {pid for pid, _, line in processes if "local.server" in line and f"--port {port}" in line}
    pids = [pid for pid, parent, line in processes if parent in servers and name in line]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def _processes() -> list[tuple[int, int, str]]:
    """Id, parent and command line."""
    listing = subprocess.run(
        ["/bin/ps", "-eww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    fields = [line.split(None, 2) for line in listing.stdout.splitlines()]
    return [(int(pid), int(parent), line) for pid, parent, line in fields]
