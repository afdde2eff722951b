"""Items that this version can't read: they are left out, counted, logged and named, and stop nobody.

After a rollback the table holds what a newer version wrote.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest

from lambda_replay.adapters.clock import now
from lambda_replay.domain.groups.group import KEPT
from lambda_replay.domain.refusals import Reason
from lambda_replay.ports.alerts import Count
from tests.integration.conftest import SOURCE, Printed, Stack, code
from tests.integration.jobs import ALL, NAME, fail, outcomes, plan, start
from tests.support.table import TABLE
from tests.support.world.service import record_text

Item = dict[str, Any]


def rewritten(item_id: str, part: str, change: Callable[[Item], object]) -> None:
    """What stands there, changed by another hand."""
    table = boto3.client("dynamodb")
    item: Any = table.get_item(TableName=TABLE, Key={"id": {"S": item_id}, "part": {"S": part}})["Item"]
    change(item)
    table.put_item(TableName=TABLE, Item=item)


def of_another_kind(item: Item) -> None:
    item["kind"] = {"S": "kind_of_tomorrow"}


def of_another_type(item: Item) -> None:
    item["failure"] = {"S": "no map any more"}


def without_its_function(item: Item) -> None:
    item["arn"] = {"S": "arn:aws:lambda:nowhere"}


def lacking(item: Item) -> None:
    del item["stored_at"]


def in_a_state_of_tomorrow(item: Item) -> None:
    """A replay whose status this version does not know may be under way: nothing is decided about it."""
    item["replays"] = {"L": [{"M": replay("status_of_tomorrow")}]}


def replay(status: str) -> Item:
    texts = {
        "claim": "c", "mode": "force", "target": SOURCE, "by": "me", "status": status,
        "claimed": "2026-01-31T09:00:00.000Z", "lease": "2026-01-31T09:02:00.000Z",
    }  # fmt: skip
    return {name: {"S": value} for name, value in texts.items()}


FAULTS = [of_another_kind, of_another_type, without_its_function, lacking, in_a_state_of_tomorrow]


@pytest.fixture(params=FAULTS, ids=lambda fault: fault.__name__)
def broken(request: pytest.FixtureRequest, stack: Stack) -> str:
    """Of three executions, the one in the middle can't be read."""
    names = fail(stack, 3)
    rewritten(names[1], "entry", request.param)
    return names[1]


def test_lists_go_on_and_name_it(stack: Stack, broken: str) -> None:
    for query in ({}, {"function": NAME}, {"limit": "1"}):
        shown: list[str] = []
        unreadable: list[str] = []
        cursor: str | None = None
        while True:
            status, page = stack.call(
                "GET", "/executions", query=query | ({"cursor": cursor} if cursor else {})
            )
            assert status == 200
            shown += [execution["id"] for execution in page["executions"]]
            unreadable += page["unreadable"]
            cursor = page["cursor"]
            if cursor is None:
                break
        assert shown == ["event-002", "event-000"]
        assert set(unreadable) == {broken}


def test_it_is_shown_as_unreadable_and_not_touched(stack: Stack, broken: str) -> None:
    path = f"/executions/{broken}"
    for answer in (
        stack.call("GET", path),
        stack.call("GET", f"{path}/payload"),
        stack.call("POST", f"{path}/replay"),
        stack.call("POST", f"{path}/replay", json={"dry_run": True}),
        stack.call("POST", f"{path}/ignore", json={"reason": "r"}),
    ):
        assert code(answer) == (409, "unreadable")
        assert broken in answer[1]["error"]["message"]
    assert stack.aws.sent == []


@pytest.mark.parametrize("by_ids", [False, True])
def test_plans_and_jobs_skip_and_count_it(stack: Stack, broken: str, by_ids: bool) -> None:
    names = ["event-000", broken, "event-002"]
    wanted: dict[str, Any] = {"ids": names, "filter": None} if by_ids else ALL
    planned = plan(stack, **wanted)
    assert (planned["matched"], planned["eligible"]) == (3, 2)
    assert planned["ineligible"] == {Reason.UNREADABLE: 1}
    job = start(stack, **wanted)
    done = stack.drive(job["id"], commit=outcomes(stack))
    assert (done["status"], done["counts"]["issued"], done["counts"]["skipped"]) == (
        "completed",
        2,
        {Reason.UNREADABLE: 1},
    )


def test_it_is_counted_and_logged_by_its_id(stack: Stack, broken: str, printed: Printed) -> None:
    stack.call("POST", f"/executions/{broken}/replay")
    text = printed.text()
    assert Count.ITEM_UNREADABLE in text
    assert '"item":"' + broken in text


def test_the_sweep_goes_on(stack: Stack, broken: str) -> None:
    def due(item: Item) -> None:
        item |= {"due_shard": {"S": "due-0"}, "due_at": {"S": "2020-01-01T00:00:00.000Z"}}

    rewritten(broken, "entry", due)
    stack.call("POST", "/executions/event-000/ignore", json={"reason": "r"})
    stack.sweep()
    assert stack.triage(record_text("event-9", arn=SOURCE, at=now())) == []


@pytest.mark.parametrize("condition", ["Success", "RetriesExhausted"])
def test_a_message_about_it_comes_again(stack: Stack, broken: str, condition: str) -> None:
    """It may be a replay's run, and its outcome must not be lost; the queue keeps it, for a newer version."""
    about = record_text(broken, arn=SOURCE, condition=condition)
    other = record_text("event-9", arn=SOURCE, at=now())
    assert stack.triage(about, other) == [about]
    assert stack.call("GET", "/executions/event-9")[0] == 200


# ----------------------------------------------------------------------------------- words of a newer version


def test_a_reason_of_tomorrow_is_shown_and_kept(stack: Stack) -> None:
    (name,) = fail(stack, 1)

    def change(item: Item) -> None:
        rejected = replay("rejected") | {
            "rejection": {"S": "reason_of_tomorrow"},
            "trigger": {"S": "trigger_of_tomorrow"},
            "mode": {"S": "mode_of_tomorrow"},
        }
        item |= {
            "unreplayable": {"S": "reason_of_tomorrow"},
            "channel": {"S": "inlet_of_tomorrow"},
            "replays": {"L": [{"M": rejected}]},
        }

    rewritten(name, "entry", change)
    page = stack.call("GET", "/executions")[1]
    assert (page["unreadable"], page["executions"][0]["unreplayable"]) == ([], "reason_of_tomorrow")
    status, body = stack.call("GET", f"/executions/{name}")
    assert (status, body["channel"]) == (200, "inlet_of_tomorrow")
    attempt = body["replays"][0]
    assert [attempt[part] for part in ("rejection", "trigger", "mode")] == [
        "reason_of_tomorrow", "trigger_of_tomorrow", "mode_of_tomorrow",
    ]  # fmt: skip
    assert code(stack.call("POST", f"/executions/{name}/replay")) == (409, "reason_of_tomorrow")
    assert plan(stack)["ineligible"] == {"reason_of_tomorrow": 1}
    job = start(stack)
    done = stack.drive(job["id"], commit=outcomes(stack))
    assert done["counts"]["skipped"] == {"reason_of_tomorrow": 1}
    assert stack.call("POST", f"/executions/{name}/ignore", json={"reason": "r"})[0] == 200
    kept: Item = {}
    rewritten(name, "entry", kept.update)
    assert kept["unreplayable"] == {"S": "reason_of_tomorrow"}
    assert kept["channel"] == {"S": "inlet_of_tomorrow"}
    assert kept["replays"]["L"][0]["M"]["trigger"] == {"S": "trigger_of_tomorrow"}


# ------------------------------------------------------------------------------------------------ other items


def group_of(stack: Stack, name: str) -> str:
    fingerprint: str = stack.call("GET", f"/executions/{name}")[1]["failure"]["group"]
    return fingerprint


def test_a_group_that_can_not_be_read(stack: Stack) -> None:
    first, *_ = fail(stack, 1)
    fail(stack, 1, first=1, response='{"errorType":"KeyError"}')
    broken, other = group_of(stack, first), group_of(stack, "event-001")
    rewritten(f"group:{broken}", "group", lambda item: item.pop("algorithm"))
    page = stack.call("GET", "/groups")[1]
    assert ([group["fingerprint"] for group in page["groups"]], page["unreadable"]) == ([other], [broken])
    assert code(stack.call("GET", f"/groups/{broken}")) == (409, "unreadable")
    assert code(stack.call("POST", f"/groups/{broken}/resolve")) == (409, "unreadable")
    assert stack.call("POST", f"/groups/{other}/resolve")[0] == 200
    assert stack.call("GET", "/stats")[0] == 200
    stack.sweep()
    assert code(stack.call("GET", f"/groups/{'0' * 32}")) == (404, "group_not_found")


def test_a_decision_of_tomorrow_leaves_a_group_open(stack: Stack) -> None:
    (name,) = fail(stack, 1)
    group = group_of(stack, name)
    stack.call("POST", f"/groups/{group}/resolve")

    def change(item: Item) -> None:
        item["decision"]["M"]["verb"] = {"S": "verb_of_tomorrow"}
        item["alert"] = {"S": "alert_of_tomorrow"}
        item |= {"due_shard": {"S": "alerts"}, "due_at": {"S": "2026-01-31T09:00:00.000Z"}}

    rewritten(f"group:{group}", "group", change)
    status, body = stack.call("GET", f"/groups/{group}")
    assert (status, body["status"], body["decision"]["verb"]) == (200, "open", "verb_of_tomorrow")
    assert stack.call("GET", "/groups")[1]["groups"][0]["alert"] == "alert_of_tomorrow"
    stack.sweep()
    assert stack.call("GET", f"/groups/{group}")[1]["alert"] is None


def test_a_job_that_can_not_be_read(stack: Stack) -> None:
    fail(stack, 2)
    broken, other = start(stack)["id"], start(stack, reason="other")["id"]
    rewritten(f"job:{broken}", "job", lambda item: item.update(status={"S": "status_of_tomorrow"}))
    page = stack.call("GET", "/jobs")[1]
    assert ([job["id"] for job in page["jobs"]], page["unreadable"]) == ([other], [broken])
    assert code(stack.call("GET", f"/jobs/{broken}")) == (409, "unreadable")
    assert code(stack.call("POST", f"/jobs/{broken}/pause")) == (409, "unreadable")
    rewritten(f"job:{broken}", "job", lambda item: item.update(due_at={"S": "2020-01-01T00:00:00.000Z"}))
    stack.sweep()
    assert stack.drive(other, commit=outcomes(stack))["status"] == "completed"


def test_count_batches_checks_and_counts_that_can_not_be_read(stack: Stack) -> None:
    (name,) = fail(stack, 1)
    group = group_of(stack, name)
    table = boto3.client("dynamodb")
    past = {"S": "2020-01-01T00:00:00.000Z"}
    expires = {"N": str(int((now() + KEPT).timestamp()))}
    for item in (
        {
            "id": "count_batch:x",
            "part": "count_batch",
            "due_shard": "count_batches-0",
            "facts": "[[1]]",
            "occurrences": "[]",
        },
        {"id": "group:" + "0" * 32, "part": "check", "due_shard": "checks", "since": "yesterday"},
    ):
        texts: Any = {key: {"S": value} for key, value in item.items()}
        table.put_item(TableName=TABLE, Item={**texts, "due_at": past, "expires_at": expires})
    job = start(stack)
    broken: Any = {"id": {"S": f"count:job:{job['id']}"}, "part": {"S": "succeeded#00"}, "n": {"S": "many"}}
    table.put_item(TableName=TABLE, Item={**broken, "expires_at": expires})
    hour: Any = {"id": {"S": f"group:{group}"}, "part": {"S": "hour#one"}, "runs": {"N": "1"}}
    table.put_item(TableName=TABLE, Item={**hour, "expires_at": expires})
    stack.sweep()
    assert stack.call("GET", f"/groups/{group}")[0] == 200
    assert stack.drive(job["id"], commit=outcomes(stack))["counts"]["succeeded"] == 1


def test_a_policy_that_can_not_be_read_replays_nothing_and_shows_why(stack: Stack) -> None:
    path = f"/functions/{NAME}/policy"
    policy = {"categories": ["invalid_input"], "base_seconds": 1, "cap_seconds": 1}
    assert stack.call("PUT", path, json=policy)[0] == 200
    standing = stack.call("GET", path)[1]
    stored_as = f"function:{standing.get('function_arn') or NAME}"
    rewritten(stored_as, "policy", lambda item: item.pop("rule"))
    fail(stack, 1)
    status, standing = stack.call("GET", path)
    assert (status, standing["policy"]["enabled"]) == (200, False)
    assert "can't read it" in standing["policy"]["reason"]
    functions = stack.call("GET", "/functions")[1]["functions"]
    assert [function["policy"]["enabled"] for function in functions] == [False]
    stack.clock.ahead = timedelta(hours=1)
    stack.sweep()
    assert stack.aws.sent == []
