"""Replaying and deciding through the API, good and bad (docs/reference/service.md#api)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

import replay.composition_root
from tests.integration.conftest import SOURCE, Stack, code
from tests.support.world.service import record_text

CALLER = "arn:aws:iam::123456789012:user/on-call"


def test_a_replay_to_its_outcome(failed: Stack) -> None:
    status, body = failed.call("POST", "/executions/event-1/replay", json={"reason": "fixed"})
    assert status == 202
    assert body["execution"]["status"] == "replaying"
    assert body["replay"]["number"] == 1
    assert body["replay"]["status"] == "accepted"
    assert body["replay"]["request_id"] == "run-1"
    assert body["replay"]["by"] == CALLER
    assert body["replay"]["reason"] == "fixed"
    failed.triage(record_text("run-1", arn=SOURCE + ":live", condition="Success"))
    body = failed.call("GET", "/executions/event-1")[1]
    assert (body["status"], body["replays"][0]["status"]) == ("recovered", "succeeded")


def test_a_replay_that_fails_again_keeps_the_history(failed: Stack) -> None:
    failed.call("POST", "/executions/event-1/replay")
    again = '{"errorType":"KeyError","errorMessage":"\'id\'"}'
    failed.triage(record_text("run-1", arn=SOURCE + ":live", response=again))
    body = failed.call("GET", "/executions/event-1")[1]
    assert body["status"] == "failed"
    assert body["failure"]["error_type"] == "KeyError"
    assert body["error"]["message"] == "'id'"
    assert body["first_failure"]["error_type"] == "ValueError"
    assert body["replays"][0]["failure"]["error_type"] == "KeyError"
    assert len(failed.call("GET", "/executions")[1]["executions"]) == 1


def test_a_second_replay_in_flight_is_refused(failed: Stack) -> None:
    assert failed.call("POST", "/executions/event-1/replay")[0] == 202
    for mode in ("if_not_replayed", "force"):
        answer = failed.call("POST", "/executions/event-1/replay", json={"mode": mode})
        assert code(answer) == (409, "replay_in_flight")
    assert len(failed.aws.sent) == 1


def test_a_recovered_execution_is_replayed_by_force_only(failed: Stack) -> None:
    failed.call("POST", "/executions/event-1/replay")
    failed.triage(record_text("run-1", arn=SOURCE, condition="Success"))
    assert code(failed.call("POST", "/executions/event-1/replay")) == (409, "already_recovered")
    assert failed.call("POST", "/executions/event-1/replay", json={"mode": "force"})[0] == 202


def test_the_same_key_never_starts_a_second_replay(failed: Stack) -> None:
    headers = {"Idempotency-Key": "incident-42"}
    first = failed.call("POST", "/executions/event-1/replay", headers=headers)
    failed.triage(record_text("run-1", arn=SOURCE, response='{"errorType":"Again"}'))
    second = failed.call("POST", "/executions/event-1/replay", headers=headers)
    assert (first[0], second[0]) == (202, 202)
    assert first[1]["replay"]["request_id"] == second[1]["replay"]["request_id"]
    assert len(failed.aws.sent) == 1
    other = failed.call("POST", "/executions/event-1/replay", headers=headers, json={"qualifier": "7"})
    assert code(other) == (409, "idempotency_key_reused")


def test_another_qualifier(failed: Stack) -> None:
    assert failed.call("POST", "/executions/event-1/replay", json={"qualifier": "$LATEST"})[0] == 202
    assert failed.aws.sent[0]["FunctionName"] == SOURCE + ":$LATEST"
    assert "Qualifier" not in failed.aws.sent[0]


def test_a_dry_run_sends_and_changes_nothing(failed: Stack) -> None:
    status, body = failed.call("POST", "/executions/event-1/replay", json={"dry_run": True})
    assert (status, body["would_replay"], body["refusal"]) == (200, True, None)
    assert body["target"] == SOURCE + ":live"
    assert failed.aws.sent == []
    assert failed.call("GET", "/executions/event-1")[1]["replays"] == []


def test_a_dry_run_says_why_not(stack: Stack) -> None:
    stack.triage(record_text("event-1", arn="arn:aws:lambda:us-east-1:123456789012:function:other"))
    status, body = stack.call("POST", "/executions/event-1/replay", json={"dry_run": True})
    assert (status, body["would_replay"], body["refusal"]) == (200, False, "not_allow_listed")


def test_a_forged_function_is_never_invoked(stack: Stack) -> None:
    stack.triage(record_text("event-1", arn="arn:aws:lambda:us-east-1:123456789012:function:other"))
    for body in ({}, {"mode": "force"}, {"qualifier": "live"}):
        answer = stack.call("POST", "/executions/event-1/replay", json=body)
        assert code(answer) == (403, "not_allow_listed")
    assert stack.aws.sent == []


def test_without_a_payload_there_is_nothing_to_replay(stack: Stack) -> None:
    stack.triage(record_text("event-1", arn=SOURCE, payload=None))
    for mode in ("if_not_replayed", "force"):
        answer = stack.call("POST", "/executions/event-1/replay", json={"mode": mode})
        assert code(answer) == (409, "payload_missing")
    assert code(stack.call("GET", "/executions/event-1/payload")) == (409, "payload_missing")


def test_the_cap_on_replays(failed: Stack) -> None:
    for number in range(1, 6):
        assert failed.call("POST", "/executions/event-1/replay")[0] == 202
        failed.triage(record_text(f"run-{number}", arn=SOURCE))
    assert code(failed.call("POST", "/executions/event-1/replay")) == (409, "replay_limit")


def refusing(status: int, error: str) -> Any:
    def answer(_: dict[str, Any]) -> dict[str, Any]:
        details: Any = {
            "Error": {"Code": error, "Message": "no"},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }
        raise ClientError(details, "Invoke")

    return answer


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (404, "ResourceNotFoundException", (409, "function_deleted")),
        (403, "AccessDeniedException", (409, "access_denied")),
        (409, "ResourceConflictException", (409, "function_not_ready")),
        (413, "RequestTooLargeException", (413, "payload_too_large")),
        (400, "InvalidRequestContentException", (409, "payload_invalid")),
        (400, "SomethingNew", (409, "invoke_refused")),
        (429, "TooManyRequestsException", (429, "throttled")),
    ],
)
def test_what_lambda_refuses_is_rejected_with_its_reason(
    failed: Stack, monkeypatch: pytest.MonkeyPatch, status: int, error: str, expected: tuple[int, str]
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    replay.composition_root.replayer.cache_clear()
    failed.aws.answer = refusing(status, error)
    assert code(failed.call("POST", "/executions/event-1/replay")) == expected
    body = failed.call("GET", "/executions/event-1")[1]
    assert body["status"] == "failed"
    assert (body["replays"][0]["status"], body["replays"][0]["rejection"]) == ("rejected", expected[1])
    failed.aws.answer = None
    assert failed.call("POST", "/executions/event-1/replay")[0] == 202


def test_an_alias_that_is_gone_is_distinguished_from_a_function_that_is_gone(failed: Stack) -> None:
    def answer(call: dict[str, Any]) -> dict[str, Any]:
        if call["InvocationType"] == "DryRun":
            assert call["FunctionName"] == SOURCE
            return {"StatusCode": 204}
        result: dict[str, Any] = refusing(404, "ResourceNotFoundException")(call)
        return result

    failed.aws.answer = answer
    assert code(failed.call("POST", "/executions/event-1/replay")) == (409, "qualifier_not_found")


@pytest.mark.parametrize(
    "error",
    [
        ReadTimeoutError(endpoint_url="https://lambda"),
        ClientError(
            {"Error": {"Code": "ServiceException"}, "ResponseMetadata": {"HTTPStatusCode": 500}},  # type: ignore[typeddict-item]  # as much as is read
            "Invoke",
        ),
    ],
)
def test_a_lost_answer_is_uncertain_and_sent_once(failed: Stack, error: Exception) -> None:
    def answer(_: dict[str, Any]) -> dict[str, Any]:
        raise error

    failed.aws.answer = answer
    assert code(failed.call("POST", "/executions/event-1/replay")) == (502, "outcome_uncertain")
    body = failed.call("GET", "/executions/event-1")[1]
    assert (body["status"], body["replays"][0]["status"]) == ("failed", "uncertain")
    assert len(failed.aws.sent) == 1


def test_an_unreachable_endpoint_is_tried_again_and_rejected(
    failed: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(_: dict[str, Any]) -> dict[str, Any]:
        raise EndpointConnectionError(endpoint_url="https://lambda")

    monkeypatch.setattr("time.sleep", lambda _: None)
    replay.composition_root.replayer.cache_clear()
    failed.aws.answer = answer
    assert code(failed.call("POST", "/executions/event-1/replay")) == (502, "endpoint_unreachable")
    assert len(failed.aws.sent) == 4


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("{", "body"),
        ("[]", "body"),
        ('"text"', "body"),
        ('{"mode": "twice"}', "mode"),
        ('{"qualifier": "a b"}', "qualifier"),
        ('{"qualifier": 7}', "qualifier"),
        ('{"dry_run": "perhaps"}', "dry_run"),
        ('{"reason": ""}', "reason"),
        ('{"reason": "' + "x" * 300 + '"}', "reason"),
        ('{"colour": "red"}', "colour"),
    ],
)
def test_a_bad_body_is_named(failed: Stack, body: str, names: str) -> None:
    status, answer = failed.call("POST", "/executions/event-1/replay", body=body)
    assert (status, answer["error"]["code"]) == (400, "invalid_request")
    assert names in answer["error"]["message"]
    assert failed.aws.sent == []


@pytest.mark.parametrize("key", ["", "a b", "x" * 129, "é"])
def test_a_bad_idempotency_key_is_named(failed: Stack, key: str) -> None:
    status, answer = failed.call("POST", "/executions/event-1/replay", headers={"Idempotency-Key": key})
    assert status == 400
    assert "idempotency-key" in answer["error"]["message"].lower()


def test_ignore_and_reopen(failed: Stack) -> None:
    status, body = failed.call("POST", "/executions/event-1/ignore", json={"reason": "duplicate order"})
    assert (status, body["status"]) == (200, "ignored")
    assert body["decisions"][0]["by"] == CALLER
    assert body["decisions"][0]["reason"] == "duplicate order"
    assert code(failed.call("POST", "/executions/event-1/replay")) == (409, "ignored")
    status, body = failed.call("POST", "/executions/event-1/reopen", json={"reason": "not a duplicate"})
    assert (status, body["status"]) == (200, "failed")
    assert [decision["verb"] for decision in body["decisions"]] == ["ignored", "reopened"]
    assert failed.call("POST", "/executions/event-1/replay")[0] == 202


def test_ignored_until(failed: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"reason": "wait for the partner", "until": "2020-01-01T00:00:00+01:00"}
    with monkeypatch.context() as patch:
        patch.setattr("api.executions.routes.now", lambda: datetime(2019, 1, 1, tzinfo=UTC))
        assert failed.call("POST", "/executions/event-1/ignore", json=body)[1]["status"] == "ignored"
    failed.sweep()
    answer = failed.call("GET", "/executions/event-1")[1]
    assert answer["status"] == "failed"
    until = datetime.fromisoformat(answer["decisions"][0]["until"])
    assert until == datetime.fromisoformat(body["until"])


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("", "body"),
        ("{}", "reason"),
        ('{"reason": "  "}', "reason"),
        ('{"reason": "x", "until": "soon"}', "until"),
        ('{"reason": "x", "until": "2099-01-01T00:00:00"}', "until"),
        ('{"reason": "x", "until": "2000-01-01T00:00:00Z"}', "until"),
        ('{"reason": "x", "until": "9999-12-31T23:59:59-14:00"}', "until"),
    ],
)
def test_a_bad_ignore_is_named(failed: Stack, body: str, names: str) -> None:
    status, answer = failed.call("POST", "/executions/event-1/ignore", body=body)
    assert status == 400
    assert names in answer["error"]["message"]


def test_what_is_replaying_or_recovered_cannot_be_ignored(failed: Stack) -> None:
    failed.call("POST", "/executions/event-1/replay")
    ignore = {"reason": "x"}
    assert code(failed.call("POST", "/executions/event-1/ignore", json=ignore)) == (409, "replay_in_flight")
    failed.triage(record_text("run-1", arn=SOURCE, condition="Success"))
    assert code(failed.call("POST", "/executions/event-1/ignore", json=ignore)) == (409, "already_recovered")
    assert code(failed.call("POST", "/executions/event-1/reopen")) == (409, "not_ignored")


@pytest.mark.parametrize("path", ["/executions/event-1/replay", "/groups/" + "0" * 32 + "/note"])
def test_a_number_that_cannot_be_read_is_named(failed: Stack, path: str) -> None:
    status, answer = failed.call("POST", path, body='{"text": ' + "1" * 5000 + "}")
    assert (status, answer["error"]["code"]) == (400, "invalid_request")
    assert "digits" in answer["error"]["message"]


def test_of_two_who_set_rules_at_once_one_is_refused(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = replay.composition_root.storage().rules
    monkeypatch.setattr(type(rules), "current", lambda _: None)
    assert stack.call("PUT", "/rules", json={"rules": []})[0] == 200
    assert code(stack.call("PUT", "/rules", json={"rules": []})) == (409, "changed_concurrently")


def test_rules_of_then_that_cannot_be_read_now_are_no_fault(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {"id": "ours", "category": "throttling", "verdict": "as_is", "when": {"message": "boom"}}
    assert stack.call("PUT", "/rules", json={"rules": [row]})[0] == 200
    stack.triage(record_text("event-9", arn=SOURCE))
    assert stack.call("GET", "/executions/event-9")[1]["error"]["reasons"] == ["matched a rule of yours"]

    def refused(_: object) -> None:
        raise ValueError("a field of another version")

    monkeypatch.setattr("lambda_replay.domain.team_rules.RuleSet.load", refused)
    status, answer = stack.call("GET", "/executions/event-9")
    assert (status, answer["failure"]["rule"]) == (200, "ours")


def test_a_group_that_was_quiet_for_long_is_still_listed(
    failed: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = datetime.now(UTC) + timedelta(days=200)
    monkeypatch.setattr("api.pagination.now", lambda: later)
    assert len(failed.call("GET", "/groups")[1]["groups"]) == 1
