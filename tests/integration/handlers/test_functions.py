"""The three functions with the sample events, as `sam local invoke` runs them."""

import hashlib
import json
from typing import Any

import pytest

import api.app
import replay.app
import triage.app
import triage.composition_root
from lambda_replay.use_cases.executions.identify import Place
from lambda_replay.use_cases.intake.triage import Arrival, FailedRun, Triage
from tests.integration.conftest import Printed, Stack
from tests.support.events import Context, queue_event, sample, samples
from tests.support.world.service import record_text
from triage.app import NotHandledError

SOURCE = "arn:aws:lambda:us-east-1:123456789012:function:lambda-replay-sources-switch"


def record_of(name: str) -> str:
    body: str = sample(name)["Records"][0]["body"]
    return body


def test_the_batch_mates_of_a_bad_message_are_stored(stack: Stack) -> None:
    good = [record_text(f"good-{number}") for number in range(3)]
    bad = ["not JSON either", "not json", '{"requestContext":{}}', good[0][:-10]]
    assert stack.triage(good[0], bad[0], bad[1], good[1], bad[2], bad[3], good[2]) == []
    assert stack.refused() == bad
    listed = stack.call("GET", "/executions")[1]["executions"]
    assert {execution["id"] for execution in listed} == {"good-0", "good-1", "good-2"}


def test_why_a_message_was_refused_is_logged_without_its_text(stack: Stack, printed: Printed) -> None:
    stack.triage('{"secret": "swordfish"')
    lines = printed.lines()
    refused = [line for line in lines if line.get("message") == "message refused"]
    assert len(refused) == 1
    assert "not a complete JSON object" in refused[0]["reason"]
    assert "swordfish" not in json.dumps(lines)


def test_nothing_of_a_payload_or_a_message_is_logged(stack: Stack, printed: Printed) -> None:
    response = '{"errorType":"ValueError","errorMessage":"card 4111-1111-1111-1111 declined"}'
    body = record_text("event-1", payload='{"secret":"swordfish"}', arn=SOURCE, response=response)
    stack.triage(body)
    stack.call("POST", "/executions/event-1/replay", json={})
    stack.call("GET", "/executions/event-1/payload")
    stack.call("GET", "/executions/event-1")
    text = printed.text()
    assert "event-1" in text
    for secret in ("swordfish", "4111"):
        assert secret not in text


@pytest.mark.parametrize("event", [{}, [], None, "text"])
def test_an_event_that_is_no_record_fails_so_that_lambda_keeps_it(
    stack: Stack, printed: Printed, event: Any
) -> None:
    with pytest.raises(NotHandledError):
        triage.app.handler(event, Context())
    assert [line["message"] for line in printed.lines() if "reason" in line] == ["message refused"]


def test_an_empty_batch_is_fine(stack: Stack) -> None:
    assert triage.app.handler({"Records": []}, Context()) == {"batchItemFailures": []}


def test_a_table_that_is_gone_keeps_every_message(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE_NAME", "elsewhere")
    triage.composition_root.parts.cache_clear()
    bodies = [record_text("event-1"), record_text("event-2")]
    assert stack.triage(*bodies) == bodies


def break_diagnosis(monkeypatch: pytest.MonkeyPatch, *culprits: str) -> list[str]:
    """Of these runs, diagnosing raises what no check foresaw; returns where they will be noted."""
    diagnose, broken = Triage.diagnose, list[str]()

    def fail(self: Triage, arrival: Arrival, place: Place, *, count_batch: str) -> FailedRun:
        if arrival.record.request_id in culprits:
            broken.append(arrival.record.request_id)
            raise RecursionError("deeper than anything foresaw")
        return diagnose(self, arrival, place, count_batch=count_batch)

    monkeypatch.setattr(Triage, "diagnose", fail)
    return broken


def test_a_message_that_breaks_its_batch_goes_alone(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, printed: Printed
) -> None:
    """Of ten messages nine are stored, and each of them counts once."""
    break_diagnosis(monkeypatch, "run-4")
    bodies = [record_text(f"run-{number}", arn=SOURCE) for number in range(10)]

    assert stack.triage(*bodies) == [bodies[4]]

    listed = stack.call("GET", "/executions")[1]["executions"]
    assert {execution["id"] for execution in listed} == {f"run-{n}" for n in range(10)} - {"run-4"}
    [group] = stack.call("GET", "/groups")[1]["groups"]
    assert group["count"] == 9
    failed = [
        line for line in printed.lines() if line.get("message") == "message failed, and will be retried"
    ]
    assert len(failed) == 1
    assert "RecursionError" in failed[0]["exception"]


def test_messages_are_tried_alone_only_while_there_is_time(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that does not answer makes each try as long as the first one was; the function must not be
    killed over it, for a killed batch leaves nothing in the log."""
    break_diagnosis(monkeypatch, "run-0", "run-1", "run-2")
    bodies = [record_text(f"run-{number}", arn=SOURCE) for number in range(4)]
    event = queue_event(*bodies)

    answer = triage.app.handler(event, Context(remaining_ms=1_000))

    assert answer is not None
    again = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
    assert again == {record["messageId"] for record in event["Records"]}


def test_where_nothing_can_be_stored_few_are_tried_and_bad_ones_starve_no_other(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two in a row end it; in another order the good one is among those that are tried."""
    bad = [f"run-{number}" for number in range(5)]
    broken = break_diagnosis(monkeypatch, *bad)
    bodies = [record_text(run, arn=SOURCE) for run in (*bad, "good")]
    rounds, waiting = 0, bodies
    while bodies[-1] in waiting:
        rounds += 1
        waiting = stack.triage(*bodies)
        assert rounds < 200
    assert waiting == bodies[:-1]
    # One breaks the batch; of those tried alone two fail, or three with the good one in between.
    assert len(broken) <= rounds * (1 + 3)


@pytest.mark.parametrize("name", samples("replay"))
def test_every_replay_sample(stack: Stack, name: str) -> None:
    triage.app.handler(sample("triage-python"), Context())
    answer = replay.app.handler(sample(name), Context())
    refused = {"replay-reopen": "not_ignored", "replay-job-pause": "job_not_found"}.get(name)
    assert (answer.get("refused") or {}).get("reason") == refused


@pytest.mark.parametrize("event", [{}, {"command": "drop"}, [], None, {"command": ["sweep"]}])
def test_an_unknown_command_is_named(stack: Stack, event: Any) -> None:
    with pytest.raises(ValueError, match="unknown command"):
        replay.app.handler(event, Context())


def test_the_sweep_stops_when_its_time_is_up(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEASE_SECONDS", "0")
    stack.triage(*[record_text(f"event-{n}", arn=SOURCE) for n in range(3)])
    for n in range(3):
        assert stack.call("POST", f"/executions/event-{n}/replay")[0] == 202
    assert replay.app.handler({"command": "sweep"}, Context(remaining_ms=5_000)) == {"handled": 0}
    assert stack.sweep() == {"handled": 4}  # and the new group's alert


@pytest.mark.parametrize("name", samples("api"))
def test_every_api_sample(stack: Stack, name: str) -> None:
    triage.app.handler(sample("triage-python"), Context())
    answer = api.app.handler(sample(name), Context())
    expected = {
        "api-list-bad-limit": 400,
        "api-replay": 202,
        "api-reopen": 409,
        "api-job-start": 202,
        # Of the job that this one starts.
        **{f"api-job-{what}": 404 for what in ("get", "pause", "resume", "cancel")},
    }
    assert answer["statusCode"] == expected.get(name, 200), answer["body"]


def test_the_awkward_sample_is_replayed_byte_for_byte(stack: Stack) -> None:
    triage.app.handler(sample("triage-awkward-bytes"), Context())
    sent = record_of("triage-awkward-bytes").split('"requestPayload":')[1].split(',"responseContext"')[0]
    execution = stack.call("GET", "/executions")[1]["executions"][0]
    assert execution["payload"]["sha256"] == hashlib.sha256(sent.encode()).hexdigest()
    assert stack.call("POST", f"/executions/{execution['id']}/replay")[0] == 202
    assert [call["Payload"] for call in stack.aws.sent] == [sent.encode()]
    assert stack.aws.sent[0]["FunctionName"] == execution["function_arn"]
    assert stack.aws.sent[0]["InvocationType"] == "Event"


@pytest.mark.parametrize(
    "payload",
    [
        "null",
        '""',
        "[]",
        "7",
        "1.10",
        "1e400",
        '{"a":1,"a":2}',
        ' \n{"x":"λ"}\t',
        '"' + "x" * 1_000_000 + '"',
    ],
    ids=lambda payload: repr(payload[:20]),
)
def test_payloads_of_every_kind_are_replayed_byte_for_byte(stack: Stack, payload: str) -> None:
    assert stack.triage(record_text("event-1", arn=SOURCE, payload=payload)) == []
    assert stack.call("POST", "/executions/event-1/replay")[0] == 202
    assert stack.aws.sent[0]["Payload"] == payload.encode()


def test_metrics_are_those_that_the_alarms_name(stack: Stack, printed: Printed) -> None:
    triage.app.handler(queue_event("no json"), Context())
    lines = printed.lines()
    metrics = next(line for line in lines if "_aws" in line)
    assert metrics["MessageRefused"] == [1.0]
    assert metrics["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "LambdaReplay"
    assert sorted(metrics["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0]) == ["service", "stack"]
