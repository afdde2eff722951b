"""What plans and replays say before anything is sent: that nothing will be reported, that it can't help."""

from typing import Any

import pytest

from tests.integration.api.jobs.test_plans import THROTTLED
from tests.integration.conftest import QUEUE, SOURCE, Stack, code
from tests.integration.jobs import ALL, KEY_ERROR, NAME, fail, plan, start

SILENT = f"{SOURCE}:$LATEST: no destination: the outcome will not be reported"
NEVER = "its verdict is never: sending the same payload again can't help"
PATH = "/executions/event-000/replay"
LATEST = {"qualifier": "$LATEST"}


def replay(stack: Stack, **options: Any) -> tuple[int, Any]:
    return stack.call("POST", PATH, json={**LATEST, **options})


def test_a_function_without_a_destination_is_named_by_plan_and_replay(stack: Stack) -> None:
    stack.functions.has(SOURCE)
    fail(stack, 1, response=THROTTLED)
    planned = plan(stack, **LATEST)
    assert SILENT in planned["warnings"]
    assert planned["code"][0]["unreported"] == "no destination: the outcome will not be reported"
    status, body = replay(stack, dry_run=True)
    assert (status, body["would_replay"], body["warnings"]) == (200, True, [SILENT])
    status, body = replay(stack)
    assert (status, body["warnings"]) == (202, [SILENT])


def test_one_with_a_destination_is_not(stack: Stack) -> None:
    stack.functions.has(SOURCE, OnFailure=QUEUE)
    fail(stack, 1, response=THROTTLED)
    planned = plan(stack, **LATEST)
    assert not [said for said in planned["warnings"] if "reported" in said]
    assert planned["code"][0]["unreported"] is None
    assert replay(stack)[1]["warnings"] == []


def test_a_dead_letter_queue_of_the_team_reports_nothing_here(stack: Stack) -> None:
    stack.functions.has(SOURCE)
    stack.functions.dead_letters[SOURCE] = "arn:aws:sqs:us-east-1:123456789012:team-dlq"
    fail(stack, 1, response=THROTTLED)
    assert any("team-dlq, not to this stack" in said for said in plan(stack, **LATEST)["warnings"])
    stack.functions.dead_letters[SOURCE] = QUEUE
    assert not [said for said in plan(stack, **LATEST)["warnings"] if "reported" in said]


def test_a_replay_under_way_names_its_time_and_force_passes_it(stack: Stack) -> None:
    stack.functions.has(SOURCE)
    fail(stack, 1, response=THROTTLED)
    due = replay(stack)[1]["replay"]["outcome_due_at"]
    status, body = replay(stack)
    assert (status, body["error"]["code"]) == (409, "replay_in_flight")
    assert f"due at {due[:19]}Z (outcome_due_at)" in body["error"]["message"]
    assert "mode 'force'" in body["error"]["message"]
    assert replay(stack, dry_run=True)[1]["message"] == body["error"]["message"]
    status, body = replay(stack, mode="force")
    assert (status, body["replay"]["number"]) == (202, 2)
    replays = stack.call("GET", "/executions/event-000")[1]["replays"]
    assert [attempt["status"] for attempt in replays] == ["unconfirmed", "accepted"]


def test_a_plan_counts_verdicts_and_warns_of_never(stack: Stack) -> None:
    fail(stack, 2)
    fail(stack, 1, first=5, response=THROTTLED)
    fail(stack, 1, first=6, response=KEY_ERROR, payload=None)
    body = plan(stack)
    assert body["verdicts"] == {"never": 2, "as_is": 1}
    assert any(said.startswith("2 of 3 have the verdict never") for said in body["warnings"])
    left = plan(stack, skip_never=True)
    assert (left["eligible"], left["verdicts"]) == (1, {"as_is": 1})
    assert left["ineligible"] == {"verdict_never": 2, "payload_missing": 1}
    assert not [said for said in left["warnings"] if "the verdict never" in said]


def test_a_job_leaves_them_out(stack: Stack) -> None:
    fail(stack, 2)
    fail(stack, 1, first=5, response=THROTTLED)
    job = start(stack, skip_never=True)
    assert job["skip_never"] is True
    stack.drive(job["id"], turns=3)
    done = stack.call("GET", f"/jobs/{job['id']}")[1]
    assert done["counts"]["skipped"] == {"verdict_never": 2}
    assert len(stack.aws.sent) == 1


def test_a_replay_warns_of_never_and_leaves_it_out(stack: Stack) -> None:
    fail(stack, 1)
    dry = stack.call("POST", PATH, json={"dry_run": True})[1]
    assert (dry["would_replay"], dry["warnings"]) == (True, [NEVER])
    assert code(stack.call("POST", PATH, json={"skip_never": True})) == (409, "verdict_never")
    dry = stack.call("POST", PATH, json={"skip_never": True, "dry_run": True})[1]
    assert (dry["would_replay"], dry["refusal"]) == (False, "verdict_never")
    assert stack.aws.sent == []
    assert stack.call("POST", PATH)[1]["warnings"] == [NEVER]


@pytest.mark.parametrize("path", ["/jobs/plan", "/jobs"])
@pytest.mark.parametrize("group", ["zzzz", "0" * 32])
def test_a_group_that_does_not_exist_is_a_failure(stack: Stack, path: str, group: str) -> None:
    fail(stack, 1)
    status, body = stack.call("POST", path, json={"filter": {"group": group, "function": NAME}})
    assert (status, body["error"]["code"]) == (404, "group_not_found")
    assert group in body["error"]["message"]
    assert stack.machine.started == {}


def test_a_group_that_exists_is_planned(stack: Stack) -> None:
    fail(stack, 2)
    [group] = stack.call("GET", "/groups")[1]["groups"]
    wanted = {"filter": {"group": group["fingerprint"]}}
    assert stack.call("POST", "/jobs/plan", json=wanted)[1]["matched"] == 2
    assert stack.call("POST", "/jobs/plan", json=ALL)[1]["matched"] == 2
