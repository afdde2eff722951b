"""Requests whose answer was lost, through the API: repeated, they do nothing twice and are not mistaken."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.integration.conftest import Stack, code
from tests.integration.jobs import QUICK, fail, outcomes

FORCE = {**QUICK, "mode": "force", "guard": None}
KEY = {"Idempotency-Key": "key-1"}


@pytest.mark.parametrize(
    "fault",
    [
        ClientError({"Error": {"Code": "InternalFailure", "Message": "500"}}, "StartExecution"),
        ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "StartExecution"),
        EndpointConnectionError(endpoint_url="https://states"),
    ],
    ids=["500", "throttled", "not connected"],
)
def test_a_job_that_can_not_be_started_is_there_and_starting(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    fail(stack, 3)

    def away(**_: Any) -> None:
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr(stack.machine, "start_execution", away)
        status, job = stack.call("POST", "/jobs", json=FORCE)
        assert (status, job["starting"], job["stalled"]) == (202, True, False)
        assert "sweep" in job["message"]
        status, again = stack.call("POST", "/jobs", json=FORCE)
        assert (status, again["id"]) == (202, job["id"])
    assert stack.machine.started == {}
    stack.sweep()
    assert [said["job_id"] for said in stack.machine.started.values()] == [job["id"]]
    assert stack.call("GET", f"/jobs/{job['id']}")[1]["starting"] is False
    done = stack.drive(job["id"], commit=outcomes(stack))
    assert (done["status"], done["message"], len(stack.aws.sent)) == ("completed", None, 3)


def test_forcing_again_without_a_key_sends_nothing_twice(stack: Stack) -> None:
    fail(stack, 3)
    first = stack.call("POST", "/jobs", json=FORCE)[1]
    stack.drive(first["id"], commit=outcomes(stack))
    status, again = stack.call("POST", "/jobs", json=FORCE)
    assert (status, again["id"], again["status"]) == (202, first["id"], "completed")
    other = stack.call("POST", "/jobs", json={**FORCE, "reason": "meant"})[1]
    keyed = stack.call("POST", "/jobs", json=FORCE, headers=KEY)[1]
    assert len({first["id"], other["id"], keyed["id"]}) == 3
    assert len(stack.aws.sent) == 3


ASKED: dict[str, Any] = {"patch": [{"op": "replace", "path": "/n", "value": 1}], "reason": "fixed"}


@pytest.mark.parametrize(
    "other",
    [
        {"patch": [{"op": "replace", "path": "/n", "value": 999}]},
        {"reason": "fixed again"},
        {"mode": "force"},
        {"qualifier": "live"},
        {"function": "lambda-replay-sources-other"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_key_is_for_one_request_alone(stack: Stack, other: dict[str, Any]) -> None:
    (name,) = fail(stack, 1)
    path = f"/executions/{name}/replay"
    assert stack.call("POST", path, json=ASKED, headers=KEY)[0] == 202
    assert stack.call("POST", path, json=ASKED, headers=KEY)[0] == 202
    changed = stack.call("POST", path, json={**ASKED, **other}, headers=KEY)
    assert code(changed) == (409, "idempotency_key_reused")
    assert len(stack.aws.sent) == 1

    job = {"ids": [name], **ASKED}
    assert stack.call("POST", "/jobs", json=job, headers=KEY)[0] == 202
    assert stack.call("POST", "/jobs", json=job, headers=KEY)[0] == 202
    changed = stack.call("POST", "/jobs", json={**job, **other}, headers=KEY)
    assert code(changed) == (409, "idempotency_key_reused")
