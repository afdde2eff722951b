"""Durable and tenant-isolated functions on the deployed service, with IAM enforced."""

import uuid
from datetime import UTC, datetime
from typing import Any

from local.client import Stack, wait_until
from tests.e2e.test_loop import send, source_arn
from tests.support.world.service import record_text


def test_how_a_run_ended_is_asked_for(stack: Stack) -> None:
    """No record tells of a success: the sweep asks, and reports to the failure queue."""
    function = source_arn(stack, "Durable") + ":$LATEST"
    answer = stack.client("lambda").invoke(
        FunctionName=function, InvocationType="Event", Payload=b'{"Success": false, "n": 1.10}'
    )
    fails, succeeds = answer["ResponseMetadata"]["RequestId"], str(uuid.uuid4())
    send(stack, record_text(succeeds, arn=function, payload='{"Success": true}', at=datetime.now(UTC)))
    stack.execution(succeeds, "failed")
    assert stack.execution(fails, "failed")["channel"] == "dead_letter"
    for execution_id in (fails, succeeds):
        answer = stack.call("POST", f"/executions/{execution_id}/replay")
        assert answer.status == 202, answer.text
        assert answer.body["replay"]["durable_execution"].startswith(f"{execution_id}-1-")
    stack.execution(succeeds, "recovered", patience=200)
    wait_until(lambda: replays(stack, fails)[0]["status"] == "failed", "it fails again", patience=200)
    # Its dead letter may have been faster, which knows no type of the error.
    assert "Success is false" in replays(stack, fails)[0]["failure"]["title"]


def test_a_tenant_is_asked_for_and_found_in_the_payload(stack: Stack) -> None:
    execution_id = str(uuid.uuid4())
    arn = source_arn(stack, "Tenants") + ":$LATEST"
    payload = '{"Success": true, "detail": {"customer": "blue"}}'
    send(stack, record_text(execution_id, arn=arn, payload=payload, at=datetime.now(UTC)))
    stack.execution(execution_id, "failed")
    path = f"/executions/{execution_id}/replay"
    refused = stack.call("POST", path)
    assert (refused.status, refused.body["error"]["code"]) == (400, "tenant_required")
    preview = stack.call("POST", path, body={"dry_run": True, "tenant": "jmespath:detail.nothing"})
    assert preview.body["refusal"] == "tenant_not_found"
    plan = stack.call("POST", "/jobs/plan", body={"ids": [execution_id], "rate": 1})
    assert plan.body["ineligible"] == {"tenant_required": 1}
    refused = stack.call(
        "PUT", f"/functions/{stack.sources['Tenants']}/policy", body={"categories": ["timeout"]}
    )
    assert (refused.status, refused.body["error"]["code"]) == (400, "tenant_required")

    assert stack.call("POST", path, body={"tenant": "jmespath:detail.customer"}).status == 202
    stack.execution(execution_id, "recovered")


def replays(stack: Stack, execution_id: str) -> Any:
    return stack.execution(execution_id)["replays"]
