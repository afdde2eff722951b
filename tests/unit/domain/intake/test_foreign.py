"""A refusal says what the message is: messages of the corpus, and those that other services send."""

import json
from typing import Any

import pytest

from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.intake.channel import Channel
from lambda_replay.domain.intake.dead_letter import DeadLetterOwners
from lambda_replay.domain.intake.execution_record import ExecutionRecord
from lambda_replay.domain.intake.fields import NotARecordError
from lambda_replay.domain.intake.refusal import RefusalReason
from lambda_replay.use_cases.intake.read_message import Intake, Message
from tests.support.template import ROOT
from tests.support.world.service import FUNCTION, START, record_text
from triage.messages import queued

LETTERS = "arn:aws:sqs:eu-west-1:123456789012:orders-dlq"
FAILURES = "arn:aws:sqs:eu-west-1:123456789012:failures"
INTAKE = Intake(DeadLetterOwners.parse(f"{LETTERS}={FUNCTION}"), "failures", lambda _key, _version: None)
OWN = FunctionArn.parse("arn:aws:lambda:eu-west-1:123456789012:function:triage")
PAYLOAD = ' {"n":1.10,"n":1e400}\n'
RECORD = record_text("event-1", payload=PAYLOAD)
TARGET = {"RULE_ARN": "arn:aws:events:eu-west-1:123456789012:rule/orders", "TARGET_ARN": FUNCTION}


def read(body: str, *, queue: str = FAILURES, **more: Any) -> list[ExecutionRecord]:
    attributes = more.pop("attributes", {})
    message = Message(id="m-1", body=body, sent_at=START, queue=queue, attributes=attributes, **more)
    return INTAKE.records(message, OWN)


def refusal(body: str, **how: Any) -> NotARecordError:
    with pytest.raises(NotARecordError) as found:
        read(body, **how)
    return found.value


# ---------------------------------------------------------------- the corpus


def corpus() -> list[Any]:
    lines = [
        line
        for file in ("cases.jsonl", "cases_held_out.jsonl")
        for line in (ROOT / "tests" / "corpus" / file).read_text().splitlines()
    ]
    cases = [json.loads(line) for line in lines]
    return [case for case in cases if case["kind"].startswith("intake:")]


@pytest.mark.parametrize("case", corpus(), ids=lambda case: case["id"])
def test_a_message_of_the_corpus(case: Any) -> None:
    system = {"SentTimestamp": "1769850000000"}
    message = queued({"messageId": "m-1", "attributes": system, **case["message"]})
    wanted = case["want"]
    if wanted["outcome"] == "execution":
        (record,) = INTAKE.records(message, OWN)
        assert (record.unreplayable is None) is wanted["replayable"]
    else:
        with pytest.raises(NotARecordError, match=wanted["reason_matches"]) as found:
            INTAKE.records(message, OWN)
        assert found.value.reason is not RefusalReason.INVALID_RECORD


# ---------------------------------------------------------------- what is understood


def pipe(body: Any = RECORD, **more: Any) -> dict[str, Any]:
    """A message of SQS as EventBridge Pipes hands it on."""
    return {
        "messageId": "m-2", "receiptHandle": "r", "body": body, "attributes": {"SenderId": "AROA"},
        "messageAttributes": {}, "md5OfBody": "x", "eventSource": "aws:sqs", "eventSourceARN": FAILURES,
        "awsRegion": "eu-west-1", **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        "\ufeff" + RECORD,
        json.dumps(RECORD),
        json.dumps("\ufeff" + RECORD),
        json.dumps(json.dumps(RECORD)),
        f"\n {json.dumps(RECORD)}",
        json.dumps(pipe()),
        json.dumps([pipe()]),
        json.dumps(json.dumps(pipe())),
    ],
    ids=["byte-order mark", "string", "string with a mark", "string twice", "spaces", "pipe", "pipe's batch",
         "string of a pipe"],
)  # fmt: skip
def test_what_stands_around_a_record_is_taken_off_and_its_bytes_stay(body: str) -> None:
    (record,) = read(body)
    assert (record.request_id, record.payload, record.unreplayable) == ("event-1", PAYLOAD, None)


def test_a_pipe_that_transforms_its_input_hands_on_an_object() -> None:
    text = json.dumps(pipe("BODY")).replace('"BODY"', RECORD)
    (record,) = read(text)
    assert (record.request_id, record.payload) == ("event-1", PAYLOAD)


def test_a_dead_letter_that_comes_by_a_pipe() -> None:
    given = {"RequestID": {"stringValue": "run-1", "dataType": "String"}}
    (record,) = read(json.dumps(pipe("{}", messageAttributes=given, eventSourceARN=LETTERS)))
    assert (record.request_id, record.channel) == ("run-1", Channel.DEAD_LETTER)


def test_a_mark_within_a_dead_letter_stays() -> None:
    """There it is the event's own."""
    (record,) = read('\ufeff"x"', queue=LETTERS, attributes={"RequestID": "run-1"})
    assert record.payload == '\ufeff"x"'


@pytest.mark.parametrize(
    ("attributes", "condition", "error"),
    [
        ({"ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": 'no "right" λ'}, "NotDelivered",
         {"errorType": "NO_PERMISSIONS", "errorMessage": 'no "right" λ'}),
        ({"EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts", "ERROR_CODE": "THROTTLING"},
         "RetriesExhausted", {"errorType": "THROTTLING"}),
        ({"EXHAUSTED_RETRY_CONDITION": "MaximumEventAgeInSeconds"}, "EventAgeExceeded", None),
        ({"EXHAUSTED_RETRY_CONDITION": "OfTomorrow"}, "NotDelivered", None),
    ],
)  # fmt: skip
def test_an_event_that_was_not_delivered_to_a_function(
    attributes: dict[str, str], condition: str, error: dict[str, str] | None
) -> None:
    for queue in (FAILURES, LETTERS):
        (record,) = read(PAYLOAD, queue=queue, attributes=TARGET | attributes)
        assert (record.request_id, str(record.function)) == ("m-1", FUNCTION)
        assert (record.condition, record.invoke_count, record.channel) == (
            condition,
            0,
            Channel.EVENTBRIDGE_DLQ,
        )
        assert (record.payload, record.unreplayable) == (PAYLOAD, None)
        assert (json.loads(record.response) if record.response else None) == error


def test_one_of_an_aliased_function_names_the_alias() -> None:
    (record,) = read("{}", attributes=TARGET | {"TARGET_ARN": FUNCTION + ":live"})
    assert record.function.qualifier == "live"


def test_a_record_that_a_rule_could_not_deliver_to_the_failure_queue_is_a_record() -> None:
    """The stack's own rule has the DLQ as its target's: such a message is sent on to the failure queue."""
    attributes = TARGET | {"TARGET_ARN": FAILURES}
    (record,) = read(f'{{"detail-type":"x","detail":{RECORD}}}', attributes=attributes)
    assert (record.request_id, record.channel) == ("event-1", Channel.EVENTBRIDGE)


def test_an_event_for_this_function_itself_is_opened() -> None:
    attributes = TARGET | {"TARGET_ARN": str(OWN)}
    (record,) = read(f'{{"detail-type":"x","detail":{RECORD}}}', attributes=attributes)
    assert (record.request_id, record.payload) == ("event-1", PAYLOAD)


# ---------------------------------------------------------------- what is named

POINTER = '["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"b","s3Key":"k"}]'
NOTICE = json.dumps({"Type": "Notification", "TopicArn": "arn:aws:sns:::t", "Message": '{"n":1}'})
SCHEDULE = {"SCHEDULE_ARN": "arn:aws:scheduler:::schedule/s", "TARGET_ARN": FUNCTION, "ERROR_CODE": "x"}


@pytest.mark.parametrize(
    ("body", "how", "reason"),
    [
        ("", {}, RefusalReason.NOT_JSON),
        ('"never closed', {}, RefusalReason.NOT_JSON),
        ('"text"', {}, RefusalReason.NOT_JSON),
        ("[]", {}, RefusalReason.NOT_JSON),
        ("[" * 100_000, {}, RefusalReason.NOT_JSON),
        ("{}", {}, RefusalReason.NOT_A_RECORD),
        ('{"requestContext":{"apiId":"a"}}', {}, RefusalReason.NOT_A_RECORD),
        (record_text("a b"), {}, RefusalReason.INVALID_RECORD),
        (f"[{RECORD},{RECORD}]", {}, RefusalReason.WRAPPED_RECORD),
        (f'{{"message":{RECORD}}}', {}, RefusalReason.WRAPPED_RECORD),
        (repr(json.loads(record_text("event-1"))), {}, RefusalReason.WRAPPED_RECORD),
        ("eyJ2ZXJzaW9uIjoiMS4wIiwidGltZXN0YW1wIjoiMjAyNi0wMS0zMVQwOTowMDowMFoifQ==", {},
         RefusalReason.WRAPPED_RECORD),
        (POINTER, {}, RefusalReason.OFFLOADED_PAYLOAD),
        (POINTER.replace("software.amazon.payloadoffloading.PayloadS3Pointer",
                         "com.amazon.sqs.javamessaging.MessageS3Pointer"), {"queue": LETTERS},
         RefusalReason.OFFLOADED_PAYLOAD),
        ("{}", {"attributes": {"ExtendedPayloadSize": "300000"}}, RefusalReason.OFFLOADED_PAYLOAD),
        ("{}", {"attributes": SCHEDULE}, RefusalReason.SCHEDULER_DEAD_LETTER),
        ("{}", {"attributes": TARGET | {"TARGET_ARN": LETTERS}}, RefusalReason.EVENTBRIDGE_DEAD_LETTER),
        ("{}", {"attributes": {"RULE_ARN": "r"}, "queue": LETTERS}, RefusalReason.EVENTBRIDGE_DEAD_LETTER),
        (NOTICE, {}, RefusalReason.SNS_MESSAGE),
        (NOTICE, {"queue": LETTERS}, RefusalReason.SNS_MESSAGE),
        (NOTICE.replace("Notification", "SubscriptionConfirmation"), {}, RefusalReason.SNS_MESSAGE),
        ('{"Error":"States.Timeout","Cause":"{}"}', {}, RefusalReason.STEP_FUNCTIONS_ERROR),
        ("work", {"redriven_from": FAILURES}, RefusalReason.REDRIVEN_MESSAGE),
        ("work", {"redriven_from": FAILURES, "queue": LETTERS}, RefusalReason.REDRIVEN_MESSAGE),
        ('{"order":1}', {"queue": LETTERS}, RefusalReason.ATTRIBUTES_LOST),
        ('{"requestContext":{"apiId":"a"}}', {"queue": LETTERS}, RefusalReason.ATTRIBUTES_LOST),
        ("{}", {"attributes": {"RequestID": "run-1"}}, RefusalReason.UNKNOWN_DEAD_LETTER),
    ],
)  # fmt: skip
def test_a_refusal_says_what_the_message_is(body: str, how: dict[str, Any], reason: RefusalReason) -> None:
    found = refusal(body, **how)
    assert found.reason is reason
    assert "order" not in str(found).replace("orders", "")
