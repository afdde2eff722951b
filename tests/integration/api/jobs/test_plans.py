"""What a job would do, and what a patch would change, through the API (docs/reference/service.md#api)."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from lambda_replay.adapters.clock import now
from lambda_replay.domain.functions.function_config import FunctionConfig
from tests.integration.conftest import SOURCE, Printed, Stack, code
from tests.integration.jobs import ALL, NAME, fail, outcomes, plan, start

THROTTLED = '{"errorType":"ThrottlingException","errorMessage":"Rate exceeded"}'


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Says when the source function was last deployed."""

    def deploy(at: datetime) -> None:
        facts = FunctionConfig(
            code="abc", version="$LATEST", modified_at=at, timeout=timedelta(seconds=3), retries=2
        )
        monkeypatch.setattr(
            "lambda_replay.adapters.aws.lambda_config.LambdaFunctions.facts", lambda *_, **__: facts
        )

    return deploy


def test_a_plan_reports_what_a_job_would_do_and_writes_nothing(stack: Stack) -> None:
    names = fail(stack, 3)
    fail(stack, 1, first=10, payload='{"n": 2}')
    fail(stack, 1, first=11, payload=None)
    fail(stack, 1, first=12, arn="arn:aws:lambda:us-east-1:123456789012:function:foreign")
    stack.call("POST", f"/executions/{names[0]}/ignore", json={"reason": "duplicate"})
    body = plan(stack, rate=0.5)
    assert (body["matched"], body["eligible"]) == (5, 3)
    assert body["ineligible"] == {"ignored": 1, "payload_missing": 1}
    assert body["functions"] == {NAME: 3}
    assert list(body["groups"].values()) == [3]
    assert (body["payloads"], body["repeated"]) == (2, 1)
    assert body["oldest"] < body["newest"]
    assert body["duration_seconds"] == 6
    assert body["usd"] > 0
    assert (body["complete"], body["looked_back_to"]) == (True, None)
    assert {one["id"] for one in body["sample"]} == {names[1], names[2], "event-010"}
    assert {one["changes"] for one in body["sample"]} == {None}
    assert "2 of 5 can't be replayed: ignored 1, payload_missing 1" in body["warnings"]
    assert "1 execution has the same payload as another one" in body["warnings"]
    assert stack.call("GET", "/jobs")[1] == {"jobs": [], "cursor": None, "unreadable": []}
    assert (stack.aws.sent, stack.machine.started) == ([], {})


def test_a_plan_of_ids(stack: Stack) -> None:
    fail(stack, 2)
    status, body = stack.call(
        "POST", "/jobs/plan", json={"ids": ["event-000", "event-000", "nobody", "event-001"]}
    )
    assert (status, body["matched"], body["eligible"]) == (200, 3, 2)
    assert body["ineligible"] == {"execution_not_found": 1}


def test_a_plan_warns_when_nothing_was_deployed_since(
    stack: Stack, deployed: Callable[[datetime], None]
) -> None:
    fail(stack, 2, response=THROTTLED)
    warning = f"nothing was deployed to {SOURCE}:$LATEST since these executions failed"
    deployed(now() - timedelta(days=1))
    body = plan(stack, qualifier="$LATEST")
    assert warning in body["warnings"]
    assert (body["code"][0]["changed"], body["code"][0]["version"]) == (False, "$LATEST")
    deployed(now())
    assert plan(stack, qualifier="$LATEST")["warnings"] == ["1 execution has the same payload as another one"]


def test_a_plan_says_when_the_function_cannot_be_read(stack: Stack) -> None:
    fail(stack, 1)
    body = plan(stack)
    assert body["code"][0]["changed"] is None
    assert any("could not be read" in warning for warning in body["warnings"])


def test_a_plan_without_time_says_that_its_numbers_are_too_small(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(stack, 12)
    monkeypatch.setattr("lambda_replay.use_cases.jobs.planning._PAGE", 5)
    monkeypatch.setattr("tests.integration.conftest.REPLAY_MS", 20_000)
    body = plan(stack)
    assert (body["complete"], body["matched"]) == (False, 5)
    assert body["looked_back_to"] is not None
    assert "there was no time to look at all; numbers are at least these" in body["warnings"]


def test_a_plan_of_nothing(stack: Stack) -> None:
    body = plan(stack)
    assert (body["matched"], body["oldest"], body["sample"]) == (0, None, [])
    assert body["warnings"] == ["nothing is selected"]


def test_too_old_ones_are_left_out(stack: Stack) -> None:
    fail(stack, 1, at=now() - timedelta(hours=3))
    fail(stack, 1, first=1)
    for age in ("2h", "120m", "7200s", 7200):
        assert plan(stack, max_age=age)["ineligible"] == {"too_old": 1}
    for age in ("1d", 4 * 3600):
        assert plan(stack, max_age=age)["eligible"] == 2


SECRETS = '{"card": "4111-1111", "items": ["swordfish", "hunter2"], "who": {"name": "Annabel"}, "n": 7.50}'
PATCHES: list[tuple[Any, list[dict[str, Any]]]] = [
    (
        {"card": "none", "who": {"name": None, "id": 8}, "new/one": [1]},
        [
            {"op": "replace", "path": "/card", "was": "a text of 9 characters", "value": "none"},
            {"op": "remove", "path": "/who/name", "was": "a text of 7 characters"},
            {"op": "add", "path": "/who/id", "value": 8},
            {"op": "add", "path": "/new~1one", "value": [1]},
        ],
    ),
    (
        [{"op": "remove", "path": "/items/0"}],
        [{"op": "remove", "path": "/items/0", "was": "a text of 9 characters"}],
    ),
    (
        [
            {"op": "test", "path": "/n", "value": 7.5},
            {"op": "add", "path": "/copy", "value": {}},
            {"op": "copy", "from": "/card", "path": "/copy/card"},
            {"op": "move", "from": "/who", "path": "/n"},
            {"op": "add", "path": "/items/0", "value": 1.5},
            {"op": "add", "path": "/items/-", "value": None},
        ],
        [
            {"op": "add", "path": "/copy", "value": {}},
            {"op": "copy", "from": "/card", "path": "/copy/card"},
            {"op": "move", "from": "/who", "path": "/n", "was": "a number"},
            {"op": "add", "path": "/items/0", "value": 1.5},
            {"op": "add", "path": "/items/-", "value": None},
        ],
    ),
    (
        [{"op": "replace", "path": "", "value": [1]}],
        [
            {"op": "replace", "path": "", "value": [1], "was": "an object of 4"},
        ],
    ),
]


@pytest.mark.parametrize(("patch", "changes"), PATCHES)
def test_what_a_patch_changes_is_shown_without_the_payload(
    stack: Stack, printed: Printed, patch: Any, changes: list[dict[str, Any]]
) -> None:
    fail(stack, 1, payload=SECRETS)
    body = plan(stack, patch=patch)
    assert body["sample"][0]["changes"] == changes
    dry = stack.call("POST", "/executions/event-000/replay", json={"dry_run": True, "patch": patch})
    assert (dry[1]["would_replay"], dry[1]["changes"]) == (True, changes)
    job = start(stack, patch=patch)
    assert job["patch"] is True
    done = stack.drive(job["id"], commit=outcomes(stack))
    assert done["counts"]["succeeded"] == 1
    reported = json.dumps([body, dry, job, done, stack.call("GET", "/executions/event-000")]) + printed.text()
    for secret in ("4111-1111", "swordfish", "hunter2", "Annabel"):
        assert secret not in reported


def test_a_patched_job_sends_the_patched_payload(stack: Stack) -> None:
    fail(stack, 1, payload='{"a": 1.10, "b": 2}')
    job = start(stack, patch=[{"op": "replace", "path": "/b", "value": 3}])
    stack.drive(job["id"], commit=outcomes(stack))
    assert [call["Payload"] for call in stack.aws.sent] == [b'{"a":1.10,"b":3}']
    attempt = stack.call("GET", "/executions/event-000")[1]["replays"][0]
    assert (attempt["patched"], attempt["job"], attempt["trigger"]) == (True, job["id"], "bulk")


def test_a_payload_that_the_patch_does_not_fit_is_reported(stack: Stack) -> None:
    fail(stack, 1)
    option = {"patch": [{"op": "remove", "path": "/nothing"}]}
    assert plan(stack, **option)["sample"][0]["refusal"] == "patch_failed"
    job = stack.drive(start(stack, **option)["id"])
    assert (job["status"], job["counts"]["skipped"]) == ("halted", {"patch_failed": 1})
    assert job["message"] == "nothing was sent: 1 skipped (patch_failed 1)"
    dry = stack.call("POST", "/executions/event-000/replay", json={"dry_run": True, **option})[1]
    assert (dry["would_replay"], dry["refusal"], dry["changes"]) == (False, "patch_failed", None)
    assert stack.aws.sent == []


@pytest.mark.parametrize("path", ["/jobs/plan", "/jobs", "/executions/event-000/replay"])
def test_a_patch_that_is_none_is_refused(stack: Stack, path: str) -> None:
    fail(stack, 1)
    option: dict[str, Any] = {"patch": [{"op": "explode", "path": "/a"}]}
    for body in (option, {**option, "dry_run": True}) if "executions" in path else ({**ALL, **option},):
        assert code(stack.call("POST", path, json=body)) == (400, "patch_invalid")
    assert stack.machine.started == {}
