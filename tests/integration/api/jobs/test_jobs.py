"""Jobs through the API, good and bad (docs/reference/service.md#api)."""

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

import replay.app
from lambda_replay.adapters.clock import now
from lambda_replay.use_cases.jobs.numbers import Account, account_of
from tests.integration.conftest import Stack, code
from tests.integration.jobs import (
    ALL,
    BOOM,
    CALLER,
    KEY_ERROR,
    NAME,
    OTHER,
    QUICK,
    adds_up,
    fail,
    outcomes,
    plan,
    start,
)
from tests.support.events import Context


def test_a_job_from_start_to_end(stack: Stack) -> None:
    fail(stack, 25)
    job = start(stack, name="after the fix", reason="v8 is out")
    assert (job["status"], job["name"], job["reason"], job["by"]) == (
        "planned", "after the fix", "v8 is out", CALLER,
    )  # fmt: skip
    assert (job["selecting"], job["seconds_left"], job["rate_now"], job["stalled"]) == (
        True, None, None, False,
    )  # fmt: skip
    assert job["filter"]["function"] == NAME
    assert job["guard"] == {"failed_share": 0.2, "minimum": 3, "new_group": False}
    adds_up(job)
    assert list(stack.machine.started) == [f"{job['id']}-1"]
    done = stack.drive(job["id"], commit=outcomes(stack))
    assert (done["status"], done["counts"]["selected"], done["counts"]["succeeded"]) == ("completed", 25, 25)
    assert (done["summary"], done["message"], done["selecting"]) == ("issued 25: 25 recovered", None, False)
    assert done["rate_now"] is not None
    assert done["ended_at"] is not None
    assert done["seconds_left"] is None
    adds_up(done)
    assert stack.call("GET", "/jobs")[1] == {"jobs": [done], "cursor": None, "unreadable": []}


def test_outcomes_are_counted_apart(stack: Stack) -> None:
    fail(stack, 12)
    commit = outcomes(stack, lambda number: {1: BOOM, 2: KEY_ERROR, 3: KEY_ERROR}.get(number))
    job = stack.drive(start(stack, guard=None)["id"], commit=commit)
    counts = job["counts"]
    assert (counts["failed_again"], counts["failed_same"], counts["failed_new"]) == (3, 1, 2)
    assert counts["succeeded"] == 9
    assert job["summary"] == "issued 12: 9 recovered, 3 failed again, 1 with the same error, 2 new"
    assert job["guard"] is None
    adds_up(job)


def test_the_guard_halts_it_and_says_why(stack: Stack) -> None:
    fail(stack, 20)
    job = start(stack, ramp=[1, 5], guard={"failed_share": 0.5, "minimum": 2})
    done = stack.drive(job["id"], commit=outcomes(stack, lambda _: BOOM))
    assert done["status"] == "halted"
    assert done["ramp"] == [1, 5]
    assert "failed again" in done["message"]
    assert done["counts"]["remaining"] == 14
    assert done["decisions"][-1]["by"] == "lambda-replay:guard"
    adds_up(done)


def test_a_running_job_reports_rate_and_time_left(stack: Stack) -> None:
    many = 40  # a turn on a busy machine may take seconds
    fail(stack, many)
    job = start(stack, rate=2, guard=None)
    running = stack.drive(job["id"], turns=4)
    assert running["status"] == "running"
    assert 0 < running["counts"]["remaining"] < many
    assert running["counts"]["pending"] == running["counts"]["issued"] > 0
    assert 0 < running["rate_now"] <= 2.1
    assert running["seconds_left"] >= running["counts"]["remaining"] / 2
    adds_up(running)


def test_numbers_add_up_while_the_job_goes_on(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver is at it between the reading of the job and of its outcomes."""
    fail(stack, 5)
    job = start(stack, guard=None)

    def denied(_: dict[str, Any]) -> dict[str, Any]:
        error: Any = {"Error": {"Code": "AccessDeniedException"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
        raise ClientError(error, "Invoke")

    said = stack.machine.started[f"{job['id']}-1"]

    def at_the_same_time(*parts: Any) -> Account:
        if not stack.aws.sent:
            replay.app.handler({"command": "drive_job", **said}, Context(60_000))
        return account_of(*parts)

    stack.aws.answer = denied
    monkeypatch.setattr("api.jobs.routes.account_of", at_the_same_time)
    seen = stack.call("GET", f"/jobs/{job['id']}")[1]
    assert seen["counts"]["rejected"] == {"access_denied": 5}
    adds_up(seen)


def test_a_job_whose_driver_is_silent_is_reported(stack: Stack) -> None:
    fail(stack, 1)
    job = start(stack)
    stack.clock.ahead += timedelta(minutes=6)
    body = stack.call("GET", f"/jobs/{job['id']}")[1]
    assert body["stalled"] is True
    assert body["stalled_since"] is not None


def test_what_fails_later_is_not_in_it(stack: Stack) -> None:
    fail(stack, 2)
    job = start(stack, filter={"function": NAME, "to": "9999-01-01T00:00:00Z"})
    fail(stack, 3, first=10, at=now() + timedelta(seconds=30))
    assert stack.drive(job["id"], commit=outcomes(stack))["counts"]["selected"] == 2


def test_a_group_is_replayed_with_those_merged_into_it(stack: Stack) -> None:
    fail(stack, 2)
    fail(stack, 3, first=10, response=KEY_ERROR)
    one, other = (group["fingerprint"] for group in stack.call("GET", "/groups")[1]["groups"])
    assert stack.call("POST", f"/groups/{one}/merge", json={"into": other})[0] == 200
    job = start(stack, filter={"group": other})
    assert sorted(job["filter"]["groups"]) == sorted([one, other])
    assert stack.drive(job["id"], commit=outcomes(stack))["counts"]["selected"] == 5


def test_named_executions(stack: Stack) -> None:
    fail(stack, 3)
    status, job = stack.call("POST", "/jobs", json={"ids": ["event-002", "event-000", "event-002", "nobody"]})
    assert (status, job["ids"], job["filter"]) == (202, 3, None)
    done = stack.drive(job["id"], commit=outcomes(stack))
    assert done["counts"]["skipped"] == {"execution_not_found": 1}
    assert done["counts"]["succeeded"] == 2
    adds_up(done)


def test_another_function_takes_the_events(stack: Stack) -> None:
    fail(stack, 2)
    names = OTHER.rpartition(":")[2], OTHER
    for name in names:
        stack.drive(start(stack, function=name, qualifier="live", mode="force")["id"], commit=outcomes(stack))
    assert {call["FunctionName"] for call in stack.aws.sent} == {f"{OTHER}:live"}
    assert len(stack.aws.sent) == 4


def test_another_function_has_to_be_allow_listed(stack: Stack) -> None:
    fail(stack, 1)
    foreign = "arn:aws:lambda:us-east-1:123456789012:function:foreign"
    assert code(stack.call("POST", "/jobs", json={**ALL, "function": foreign})) == (403, "not_allow_listed")
    for name in (foreign, "foreign"):
        assert plan(stack, function=name)["ineligible"] == {"not_allow_listed": 1}
        answer = stack.call("POST", "/executions/event-000/replay", json={"function": name})
        assert code(answer) == (403, "not_allow_listed")
    done = stack.drive(start(stack, function="foreign")["id"])
    assert done["counts"]["skipped"] == {"not_allow_listed": 1}
    assert stack.aws.sent == []


def test_one_execution_is_replayed_elsewhere_and_patched(stack: Stack) -> None:
    fail(stack, 1)
    option = {"function": "lambda-replay-sources-other", "patch": {"n": 2}}
    status, body = stack.call("POST", "/executions/event-000/replay", json=option)
    assert status == 202
    assert (body["replay"]["patched"], body["replay"]["trigger"], body["replay"]["job"]) == (
        True, "manual", None,
    )  # fmt: skip
    assert (body["execution"]["poisoned"], body["execution"]["retry_at"]) == (False, None)
    assert body["execution"]["replay_target"] == OTHER
    [call] = stack.aws.sent
    assert (call["FunctionName"], call["Payload"]) == (OTHER, b'{"n":2}')


# ------------------------------------------------------------------------------------ pause, resume, cancel


def test_pause_and_resume(stack: Stack) -> None:
    fail(stack, 6)
    job = start(stack, rate=1)
    path = f"/jobs/{job['id']}"
    stack.drive(job["id"], turns=3)
    status, paused = stack.call("POST", f"{path}/pause", json={"reason": "lunch"})
    assert (status, paused["status"], paused["seconds_left"]) == (200, "paused", None)
    assert (paused["decisions"][-1]["by"], paused["decisions"][-1]["reason"]) == (CALLER, "lunch")
    assert code(stack.call("POST", f"{path}/pause")) == (409, "job_paused")
    sent = len(stack.aws.sent)
    assert stack.drive(job["id"])["status"] == "paused"
    assert 0 < len(stack.aws.sent) == sent < 6
    status, resumed = stack.call("POST", f"{path}/resume")
    assert (status, resumed["status"]) == (200, "running")
    assert code(stack.call("POST", f"{path}/resume")) == (409, "job_not_paused")
    assert list(stack.machine.started) == [f"{job['id']}-1", f"{job['id']}-2"]
    done = stack.drive(job["id"], commit=outcomes(stack))
    assert (done["status"], done["counts"]["succeeded"], len(stack.aws.sent)) == ("completed", 6, 6)
    adds_up(done)


def test_a_cancelled_job_stays_so(stack: Stack) -> None:
    fail(stack, 6)
    job = start(stack, rate=1)
    path = f"/jobs/{job['id']}"
    stack.drive(job["id"], turns=3)
    status, body = stack.call("POST", f"{path}/cancel", json={"reason": "wrong function"})
    assert (status, body["status"], body["message"]) == (200, "cancelled", "wrong function")
    for verb in ("pause", "resume", "cancel"):
        assert code(stack.call("POST", f"{path}/{verb}")) == (409, "job_ended")
    sent = len(stack.aws.sent)
    outcomes(stack)()
    done = stack.drive(job["id"])
    assert (done["status"], done["counts"]["succeeded"], len(stack.aws.sent)) == ("cancelled", sent, sent)
    adds_up(done)


@pytest.mark.parametrize("job_id", ["job-0", "x" * 3000, "job%20one", "job-" + "0" * 20, "plan"])
def test_a_job_that_is_not_there(stack: Stack, job_id: str) -> None:
    assert code(stack.call("GET", f"/jobs/{job_id}")) == (404, "job_not_found")
    for verb in ("pause", "resume", "cancel"):
        assert code(stack.call("POST", f"/jobs/{job_id}/{verb}")) == (404, "job_not_found")


@pytest.mark.parametrize(
    ("body", "names"), [('{"reason": ""}', "reason"), ('{"until": 1}', "until"), ("[", "body")]
)
def test_a_bad_decision_is_named(stack: Stack, body: str, names: str) -> None:
    fail(stack, 1)
    job = start(stack)
    status, answer = stack.call("POST", f"/jobs/{job['id']}/pause", body=body)
    assert (status, answer["error"]["code"]) == (400, "invalid_request")
    assert names in answer["error"]["message"]


# --------------------------------------------------------------------------------- idempotency, limit, lists


def test_the_same_key_is_the_same_job(stack: Stack) -> None:
    fail(stack, 2)
    headers = {"Idempotency-Key": "incident-42"}
    body = json.dumps({**QUICK, "max_age": "2h", "patch": {"a": 1}, "name": "one"})
    first = stack.call("POST", "/jobs", body=body, headers=headers)
    stack.clock.ahead += timedelta(seconds=30)
    turned = json.dumps(dict(reversed(json.loads(body).items())))
    second = stack.call("POST", "/jobs", body=turned, headers=headers)
    assert (first[0], second[0]) == (202, 202)
    assert first[1]["id"] == second[1]["id"]
    assert len(stack.machine.started) == 1
    for other in ({"rate": 1}, {"patch": {"a": 2}}, {"name": "two"}, {"filter": {"status": "failed"}}):
        answer = stack.call("POST", "/jobs", json={**json.loads(body), **other}, headers=headers)
        assert code(answer) == (409, "idempotency_key_reused")
    stack.drive(first[1]["id"], commit=outcomes(stack))
    third = stack.call("POST", "/jobs", body=body, headers=headers)
    assert (third[0], third[1]["id"], third[1]["status"]) == (202, first[1]["id"], "completed")
    assert len(stack.aws.sent) == 2
    assert len(stack.call("GET", "/jobs")[1]["jobs"]) == 1


def test_as_many_jobs_as_are_allowed_run_for_a_function(stack: Stack) -> None:
    fail(stack, 1)
    first = start(stack)
    start(stack)
    answer = stack.call("POST", "/jobs", json=QUICK)
    assert code(answer) == (429, "job_limit")
    assert first["id"] in answer[1]["error"]["message"]
    assert len(stack.machine.started) == 2
    assert stack.call("POST", f"/jobs/{first['id']}/pause")[0] == 200
    assert stack.call("POST", "/jobs", json=QUICK)[0] == 202
    assert code(stack.call("POST", f"/jobs/{first['id']}/resume")) == (429, "job_limit")
    assert stack.call("POST", "/jobs", json={"filter": {"function": "another"}})[0] == 202


def test_ids_that_select_nothing_are_refused(stack: Stack) -> None:
    assert code(stack.call("POST", "/jobs", json={"ids": ["nobody"]})) == (400, "nothing_selected")


def test_jobs_are_listed_page_by_page_the_newest_first(stack: Stack) -> None:
    made = []
    for number in range(5):
        made.append(start(stack, filter={"function": f"function-{number}"})["id"])
        stack.clock.ahead += timedelta(seconds=1)
    listed, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        body = stack.call("GET", "/jobs", query=query)[1]
        listed += [job["id"] for job in body["jobs"]]
        cursor, pages = body["cursor"], pages + 1
    assert listed == made[::-1]
    for query, error in (
        ({"limit": "0"}, "invalid_request"),
        ({"limit": "101"}, "invalid_request"),
        ({"limit": "many"}, "invalid_request"),
        ({"cursor": "nonsense"}, "invalid_cursor"),
    ):
        assert code(stack.call("GET", "/jobs", query=query)) == (400, error)


# ------------------------------------------------------------------------------------------------- the driver


def test_a_driver_that_is_not_in_charge_does_nothing(stack: Stack) -> None:
    fail(stack, 1)
    job = start(stack)
    said = {"command": "drive_job", "job_id": job["id"], "generation": 7, "sequence": 0, "turns": 0}
    answer = replay.app.handler(said, Context(60_000))
    assert (answer["done"], answer["turns"], answer["next_sequence"]) == (True, 1, 1)
    assert answer["next_name"] == f"{job['id']}-7-1"
    assert stack.aws.sent == []


def test_the_state_machine_gets_what_it_needs(stack: Stack) -> None:
    job = start(stack)
    assert stack.machine.started == {
        f"{job['id']}-1": {"job_id": job["id"], "generation": 1, "sequence": 0, "turns": 0}
    }
