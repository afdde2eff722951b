"""Documents to records: every envelope, every way to copy it, and what is no record."""

import json
from typing import Any

import pytest

from tests.cli.support.run import explain, explained, run
from tests.support.events import sample, samples
from tests.support.template import ROOT
from tests.support.world.service import FUNCTION, record_text

RECORD = record_text("r-1")
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:orders-dlq"
DEAD = {"RequestID": "d-1", "ErrorCode": "200", "ErrorMessage": "Task timed out after 3.00 seconds"}
GUIDE = {
    "version": "1.0",
    "invocationId": "g-1",
    "functionName": "orders",
    "functionArn": FUNCTION,
    "invocationRequest": {"event": {"secret": 1}},
    "invocationError": {"errorType": "ValueError", "errorMessage": "boom"},
}


def sns(message: str, **more: Any) -> dict[str, Any]:
    topic = "arn:aws:sns:eu-west-1:123456789012:failures"
    return {"Type": "Notification", "MessageId": "m", "TopicArn": topic, "Message": message, **more}


def eventbridge(record: str) -> str:
    return f'{{"version":"0","detail-type":"Lambda Function Invocation Result - Failure","detail":{record}}}'


def sqs(body: str, attributes: dict[str, str] | None = None) -> dict[str, Any]:
    given = {name: {"stringValue": text, "dataType": "String"} for name, text in (attributes or {}).items()}
    return {"messageId": "m", "body": body, "messageAttributes": given, "eventSourceARN": QUEUE}


def received(body: str, attributes: dict[str, str] | None = None) -> dict[str, Any]:
    given = {name: {"StringValue": text, "DataType": "String"} for name, text in (attributes or {}).items()}
    return {"MessageId": "m", "ReceiptHandle": "h", "Body": body, "MessageAttributes": given}


# How many records and problems they hold; the others hold a record in each message. An object of a bucket
# can't be fetched.
NOT_ALL_RECORDS = {
    "triage-mixed-batch": (2, 3),
    "triage-s3-notification": (0, 1),
    "triage-stream-with-payload": (0, 1),
    "triage-s3-test-event": (0, 0),
}

ENVELOPES = {
    "nothing": RECORD,
    "list": f"[{RECORD}]",
    "list in a list": f"[[{RECORD}]]",
    "string": json.dumps(RECORD),
    "list of strings": json.dumps([RECORD]),
    "string of a list": json.dumps(f" [{RECORD}]"),
    "SNS": json.dumps(sns(RECORD)),
    "SNS to a function": json.dumps({"Records": [{"EventSource": "aws:sns", "Sns": sns(RECORD)}]}),
    "one record of SNS": json.dumps({"EventSource": "aws:sns", "Sns": sns(RECORD)}),
    "EventBridge": eventbridge(RECORD),
    "EventBridge by SNS": json.dumps(sns(eventbridge(RECORD))),
    "batch": json.dumps({"Records": [sqs(RECORD)]}),
    "batch of SNS": json.dumps({"Records": [sqs(json.dumps(sns(RECORD)))]}),
    "list of batches": json.dumps([{"Records": [sqs(RECORD)]}]),
    "message of a batch": json.dumps(sqs(RECORD)),
    "receive-message": json.dumps({"Messages": [received(RECORD)]}),
    "receive-message of SNS": json.dumps({"Messages": [received(json.dumps(sns(RECORD)))]}),
    "message of receive-message": json.dumps(received(RECORD)),
    "message without attributes": json.dumps({"MessageId": "m", "Body": RECORD}),
}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("text", ENVELOPES.values(), ids=ENVELOPES)
def test_every_envelope_is_opened(text: str, indent: int | None) -> None:
    printed = text if indent is None else json.dumps(json.loads(text), indent=indent)
    (found,) = explained(printed)
    assert (found["id"], found["function"], found["error_type"]) == ("r-1", "orders", "ValueError")
    assert found["condition"] == "RetriesExhausted"


@pytest.mark.parametrize(
    ("text", "channel"),
    [(RECORD, "queue"), (json.dumps(sns(RECORD)), "sns"), (eventbridge(RECORD), "eventbridge")],
)
def test_the_way_in_is_reported(text: str, channel: str) -> None:
    assert explained(text)[0]["channel"] == channel


def test_records_of_guides_are_read() -> None:
    (found,) = explained(json.dumps(GUIDE))
    assert (found["id"], found["function"], found["error_type"]) == ("g-1", "orders", "ValueError")


@pytest.mark.parametrize("name", samples("triage"))
def test_samples_are_understood_whole_and_message_by_message(name: str) -> None:
    path = ROOT / "events" / f"{name}.json"
    messages = sample(name).get("Records", [sample(name)])
    good, bad = NOT_ALL_RECORDS.get(name, (len(messages), 0))
    whole = run("explain", str(path))
    assert (len(whole.objects), whole.code) == (good, 1 if bad else 0)
    assert len(whole.problems) == (bad if good or bad else 1)
    assert {found["id"][:6] for found in whole.objects}.isdisjoint({"record", "line 1"})
    if "Records" in sample(name):
        one_by_one = explain("\n".join(json.dumps(message) for message in messages))
        assert one_by_one.objects == whole.objects


def test_the_bad_messages_of_a_batch_are_named_and_hide_no_other() -> None:
    outcome = explain(json.dumps(sample("triage-mixed-batch")))
    assert [found["id"][:8] for found in outcome.objects] == ["342d7409", "122c3cc2"]
    assert [problem.split(":")[1] for problem in outcome.problems] == [
        " standard input, record 2",
        " standard input, record 3",
        " standard input, record 4",
    ]


@pytest.mark.parametrize("message", [sqs("not json", DEAD), received("not json", DEAD)])
def test_dead_letters_are_explained_by_their_attributes(message: dict[str, Any]) -> None:
    (found,) = explained(json.dumps(message))
    assert (found["id"], found["category"], found["channel"]) == ("d-1", "timeout", "dead_letter")
    assert found["function"] == ("orders-dlq" if "body" in message else "unknown")


def test_what_eventbridge_could_not_deliver_is_explained() -> None:
    given = {
        "RULE_ARN": "arn:aws:events:eu-west-1:123456789012:rule/orders", "TARGET_ARN": FUNCTION,
        "ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "not authorized to perform: lambda:InvokeFunction",
    }  # fmt: skip
    [found] = explained(json.dumps(received('{"detail-type": "order.created"}', given)))
    assert (found["function"], found["channel"]) == (FUNCTION.rpartition(":")[2], "eventbridge_dlq")
    assert (found["category"], found["condition"]) == ("permission", "NotDelivered")


def test_dead_letters_by_way_of_sns_are_explained() -> None:
    attributes = {name: {"Type": "String", "Value": text} for name, text in DEAD.items()}
    (found,) = explained(json.dumps(sns("{}", MessageAttributes=attributes)))
    assert (found["id"], found["category"], found["function"]) == ("d-1", "timeout", "failures")


def test_dead_letters_are_so_whatever_their_body_looks_like() -> None:
    assert explained(json.dumps({"Records": [sqs(RECORD, DEAD)]}))[0]["id"] == "d-1"


def test_a_dead_letter_with_an_impossible_id_is_named() -> None:
    outcome = explain(json.dumps({"Records": [sqs("{}", {"RequestID": "no id!"}), sqs(RECORD)]}))
    assert [found["id"] for found in outcome.objects] == ["r-1"]
    assert "record 1: the attribute RequestID is no request id" in outcome.err


def test_objects_are_named_with_the_command_that_fetches_them() -> None:
    s3 = {"s3": {"bucket": {"name": "failures"}, "object": {"key": "a+b/it%27s%0A.json"}}}
    for given in ({"Records": [s3]}, s3, sns(json.dumps({"Records": [s3]}))):
        outcome = explain(json.dumps(given))
        assert (outcome.code, outcome.out) == (1, "")
        assert "the object s3://failures/a b/it's?.json" in outcome.err
        assert "aws s3 cp 's3://failures/a b/it'\"'\"'s?.json' - | lambda-replay explain -" in outcome.err


@pytest.mark.parametrize(
    "text", ["[]", '{"Records":[]}', '{"Messages":[]}', '{"Service":"Amazon S3","Event":"s3:TestEvent"}', ""]
)
def test_what_holds_no_record_is_no_mistake(text: str) -> None:
    outcome = explain(text)
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.problems == ["lambda-replay: standard input: no records in it"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('"no object"', "a JSON string that holds no JSON object"),
        ("[1]", "neither a JSON object nor a list of them"),
        ('{"hello":"world"}', "not an execution record; nor is it an error"),
        (
            json.dumps({"Type": "SubscriptionConfirmation", "TopicArn": "t", "Message": "m"}),
            "holds no record",
        ),
        (json.dumps({"Records": [{"kinesis": {}}]}), "not an execution record"),
        (json.dumps(sqs('{"errorType":')), "not a complete JSON object"),
        (json.dumps(json.dumps(json.dumps(["{"]))), "not a complete JSON object"),
        ('"[{"', "not complete JSON"),
        ("[" * 20 + "]" * 20, "wrapped more than"),
        (
            json.dumps({"requestContext": {"requestId": "r", "apiId": "a"}, "body": "{}"}),
            "requestContext names no functionArn",
        ),
    ],
)
def test_what_is_no_record_is_named(text: str, why: str) -> None:
    outcome = explain(text)
    assert (outcome.code, outcome.out) == (1, "")
    (problem,) = outcome.problems
    assert why in problem


def test_strings_in_strings_end() -> None:
    text = RECORD
    for _ in range(12):
        text = json.dumps(text)
    assert "wrapped more than" in explain(text).err


def test_no_payload_is_ever_printed() -> None:
    record = record_text("r-1", payload='{"secret":"s3cret"}')
    for text in ENVELOPES.values():
        given = text.replace(json.dumps(RECORD), json.dumps(record)).replace(RECORD, record)
        for output in ("table", "json", "jsonl"):
            outcome = explain(given + "\n" + given[:-9], "--output", output)
            assert "s3cret" not in outcome.out + outcome.err
