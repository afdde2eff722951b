"""A function that isolates its tenants, by the API: replays, plans, jobs, policies."""

from typing import Any

import pytest

from tests.integration.conftest import SOURCE, Stack, code
from tests.support.world.service import record_text

PATH = "/executions/event-1/replay"
PAYLOAD = '{"detail": {"customer": "blue"}}'
TENANT = "jmespath:detail.customer"
NAME = SOURCE.rpartition(":")[2]


@pytest.fixture
def isolated(stack: Stack) -> Stack:
    stack.functions.has(SOURCE)
    stack.functions.more["TenancyConfig"] = {"TenantIsolationMode": "PER_TENANT"}
    assert stack.triage(record_text("event-1", arn=SOURCE, payload=PAYLOAD)) == []
    return stack


def test_a_replay_names_one(isolated: Stack) -> None:
    assert code(isolated.call("POST", PATH)) == (400, "tenant_required")
    assert code(isolated.call("POST", PATH, json={"tenant": "jmespath:["})) == (400, "tenant_path_invalid")
    assert code(isolated.call("POST", PATH, json={"tenant": "jmespath:a"})) == (400, "tenant_not_found")
    assert isolated.call("POST", PATH, json={"tenant": TENANT})[0] == 202
    assert isolated.aws.sent[-1]["TenantId"] == "blue"
    assert "DurableExecutionName" not in isolated.aws.sent[-1]


def test_a_dry_run_says_so(isolated: Stack) -> None:
    status, preview = isolated.call("POST", PATH, json={"dry_run": True})
    assert (status, preview["would_replay"], preview["refusal"]) == (200, False, "tenant_required")
    _, preview = isolated.call("POST", PATH, json={"dry_run": True, "tenant": TENANT})
    assert preview["would_replay"]


@pytest.mark.parametrize("tenant", ["", "x" * 257, "blü", "a\n"])
def test_what_is_none_is_refused_by_name(isolated: Stack, tenant: str) -> None:
    status, body = isolated.call("POST", PATH, json={"tenant": tenant})
    assert status == 400
    assert body["error"]["message"].startswith("tenant")


def test_plans_and_jobs(isolated: Stack) -> None:
    wanted: dict[str, Any] = {"ids": ["event-1"], "rate": 1}
    assert isolated.call("POST", "/jobs/plan", json=wanted)[1]["ineligible"] == {"tenant_required": 1}
    for path in ("/jobs/plan", "/jobs"):
        bad = isolated.call("POST", path, json={**wanted, "tenant": "jmespath:["})
        assert code(bad) == (400, "tenant_path_invalid")
    status, job = isolated.call("POST", "/jobs", json={**wanted, "tenant": TENANT})
    assert (status, job["tenant"]) == (202, TENANT)


def test_policies(isolated: Stack) -> None:
    path, policy = f"/functions/{NAME}/policy", {"categories": ["timeout"]}
    assert code(isolated.call("PUT", path, json=policy)) == (400, "tenant_required")
    bad = {**policy, "tenant": TENANT, "by_category": {"throttling": {"tenant": "jmespath:["}}}
    assert code(isolated.call("PUT", path, json=bad)) == (400, "tenant_path_invalid")
    status, standing = isolated.call("PUT", path, json={**policy, "tenant": TENANT})
    assert (status, standing["policy"]["tenant"]) == (200, TENANT)
