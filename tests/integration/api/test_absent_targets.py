"""Functions, aliases and versions that don't exist: said by plans and policies, and no job is a success that
sent nothing."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.conftest import QUEUE, SOURCE, Stack, code
from tests.integration.jobs import NAME, adds_up, fail, plan, start

POLICY = f"/functions/{NAME}/policy"
NO_ALIAS = f"the function {NAME} has no alias or version lvie: did you mean live?"


@pytest.fixture(autouse=True)
def existing(stack: Stack) -> None:
    """The source function, with an alias."""
    stack.functions.has(SOURCE, "live", OnFailure=QUEUE)


def not_found(_: Any) -> Any:
    answer: Any = {
        "Error": {"Code": "ResourceNotFoundException", "Message": "no"},
        "ResponseMetadata": {"HTTPStatusCode": 404},
    }
    raise ClientError(answer, "Invoke")


def test_a_plan_through_an_alias_that_does_not_exist_sends_nothing(stack: Stack) -> None:
    fail(stack, 2)
    body = plan(stack, qualifier="lvie")
    assert (body["matched"], body["eligible"]) == (2, 0)
    assert body["ineligible"] == {"qualifier_not_found": 2}
    assert body["absent"] == [
        {
            "target": f"{SOURCE}:lvie",
            "reason": "qualifier_not_found",
            "near": ["live"],
            "message": NO_ALIAS,
        }
    ]
    assert body["warnings"][0] == NO_ALIAS
    right = plan(stack, qualifier="live")
    assert (right["eligible"], right["absent"]) == (2, [])


def test_a_plan_with_a_function_that_does_not_exist_suggests_one_that_failed(stack: Stack) -> None:
    fail(stack, 1)
    body = plan(stack, function="lambda-replay-sources-swich")
    assert body["ineligible"] == {"function_deleted": 1}
    [absent] = body["absent"]
    assert absent["near"] == [NAME]
    assert f"did you mean {NAME}?" in body["warnings"][0]


def test_a_plan_of_a_function_that_never_failed_suggests_one_that_did(stack: Stack) -> None:
    fail(stack, 1)
    body = plan(stack, filter={"function": "lambda-replay-sources-swich"})
    assert (body["matched"], body["warnings"]) == (0, [f"nothing is selected: did you mean {NAME}?"])


def test_what_can_not_be_read_passes(stack: Stack) -> None:
    stack.functions.functions.clear()
    fail(stack, 1)
    body = plan(stack, qualifier="lvie")
    assert (body["eligible"], body["absent"]) == (1, [])
    assert stack.call("PUT", POLICY, json={"categories": ["timeout"], "qualifier": "lvie"})[0] == 200


def test_a_replay_through_it_is_refused_and_uses_up_none(stack: Stack) -> None:
    fail(stack, 1)
    for dry_run in (True, False):
        option = {"qualifier": "lvie", "dry_run": dry_run}
        status, body = stack.call("POST", "/executions/event-000/replay", json=option)
        said = (body["refusal"], body["message"]) if dry_run else tuple(body["error"].values())
        assert (status, *said) == (200 if dry_run else 409, "qualifier_not_found", NO_ALIAS)
    assert stack.call("GET", "/executions/event-000")[1]["replays"] == []
    assert stack.aws.sent == []


def test_a_job_of_which_lambda_took_nothing_is_halted_with_the_reason(stack: Stack) -> None:
    fail(stack, 2)
    stack.aws.answer = not_found
    job = stack.drive(start(stack, qualifier="lvie", guard=None)["id"])
    adds_up(job)
    assert job["status"] == "halted"
    assert job["message"] == "nothing was sent: 2 rejected (function_deleted 2)"


def test_a_policy_for_a_function_or_an_alias_that_does_not_exist_is_refused(stack: Stack) -> None:
    fail(stack, 1)
    policy = {"categories": ["timeout"]}
    cases: list[tuple[str, dict[str, Any], int, str, str]] = [
        (NAME, {"qualifier": "lvie"}, 409, "qualifier_not_found", NO_ALIAS),
        (NAME, {"by_category": {"timeout": {"qualifier": "lvie"}}}, 409, "qualifier_not_found", NO_ALIAS),
        (f"{NAME}h", {}, 409, "function_deleted", f"there is no function {NAME}h in us-east-1"),
        (f"{NAME}h", {"enabled": False}, 409, "function_deleted", f"did you mean {NAME}?"),
        (NAME[1:], {}, 403, "not_allow_listed", f"did you mean {NAME}?"),
    ]
    for name, option, *refused, said in cases:
        answer = stack.call("PUT", f"/functions/{name}/policy", json={**policy, **option})
        assert code(answer) == tuple(refused), answer
        assert said in answer[1]["error"]["message"]
        assert stack.call("GET", f"/functions/{name}/policy")[1]["policy"]["version"] == 0
    for option in ({}, {"qualifier": "live"}, {"qualifier": "$LATEST"}):
        assert stack.call("PUT", POLICY, json={**policy, **option})[0] == 200


def test_a_policy_of_a_function_that_was_deleted_can_be_taken_back(stack: Stack) -> None:
    stack.call("PUT", POLICY, json={"categories": ["timeout"]})
    del stack.functions.functions[SOURCE]
    stack.functions.has(SOURCE.replace("switch", "other"))
    assert stack.call("DELETE", POLICY)[1]["policy"]["origin"] == "none"


def test_a_bad_field_is_reported_before_any_question(stack: Stack) -> None:
    answer = stack.call("PUT", POLICY, json={"qualifier": "lvie", "base_seconds": 100, "cap_seconds": 99})
    assert code(answer) == (400, "policy_invalid")
