"""What triage refuses is in the DLQ at once, whole and with its reason; what it fails on stays and waits."""

import base64
import json
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest

import triage.app
import triage.composition_root
from lambda_replay.adapters.aws.sqs_queues import SqsQueues
from lambda_replay.adapters.clock import now
from lambda_replay.domain.intake.refusal import AT, LARGEST, NAMES, QUEUE, REASON, SENDER
from lambda_replay.ports.alerts import Count
from lambda_replay.use_cases.intake.keep import FIRST, LONGEST
from tests.integration.conftest import DEAD_LETTER_QUEUE, SOURCE, Printed, Stack
from tests.support.events import FAILURE_QUEUE, Context, queue_event
from tests.support.table import dead_letters
from tests.support.world.service import record_text

SENT_BY = queue_event("")["Records"][0]["attributes"]["SenderId"]


def handled(event: dict[str, Any]) -> list[str]:
    """The ids of the messages that come again."""
    answer = triage.app.handler(event, Context())
    assert answer is not None
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def texts(**values: str) -> dict[str, Any]:
    return {name: {"stringValue": value, "dataType": "String"} for name, value in values.items()}


def event_with(attributes: dict[str, Any], body: str = "no record", queue: str = FAILURE_QUEUE) -> Any:
    event = queue_event(body)
    event["Records"][0] |= {"messageAttributes": attributes, "eventSourceARN": queue}
    return event


def refusal_of(message: dict[str, Any]) -> dict[str, str]:
    """The refusal's own attributes."""
    found = message["MessageAttributes"].items()
    return {name: attribute["StringValue"] for name, attribute in found if name in NAMES}


def test_a_refused_message_is_moved_whole_with_its_reason(stack: Stack) -> None:
    body = ' {"order": 1.10, "λ": 1e400}\n'
    binary = {"binaryValue": base64.b64encode(b"\x00\xff").decode(), "dataType": "Binary.gzip"}
    given = texts(tenant="t-1") | {"n": {"stringValue": "1.10", "dataType": "Number"}, "bytes": binary}
    assert handled(event_with(given, body)) == []
    [message] = dead_letters()
    assert message["Body"] == body
    own = {n: a for n, a in message["MessageAttributes"].items() if n not in NAMES}
    assert own == {
        "tenant": {"StringValue": "t-1", "DataType": "String"},
        "n": {"StringValue": "1.10", "DataType": "Number"},
        "bytes": {"BinaryValue": b"\x00\xff", "DataType": "Binary.gzip"},
    }
    found = refusal_of(message)
    assert found[REASON] == "not_a_record: no requestContext object: not an execution record"
    assert (found[QUEUE], found[SENDER]) == (FAILURE_QUEUE, SENT_BY)
    assert datetime.fromisoformat(found[AT]).tzinfo is not None


def test_a_foreign_message_of_a_dead_letter_queue_of_ones_own_is_moved_too(stack: Stack) -> None:
    """Such a queue mostly has no other: the message would come again for ever."""
    assert handled(event_with({}, '{"order": 1}', DEAD_LETTER_QUEUE)) == []
    [message] = dead_letters()
    assert refusal_of(message)[QUEUE] == DEAD_LETTER_QUEUE
    assert refusal_of(message)[REASON].startswith("attributes_lost: ")


@pytest.mark.parametrize(("own", "added"), [(0, 4), (6, 4), (7, 3), (9, 1), (10, 0)])
def test_as_much_of_the_refusal_is_added_as_sqs_takes(stack: Stack, own: int, added: int) -> None:
    """The reason first; the message's own attributes all stay."""
    given = texts(**{f"a{number}": "x" for number in range(own)})
    assert handled(event_with(given)) == []
    [message] = dead_letters()
    assert len(message.get("MessageAttributes", {})) == own + added
    if added:
        assert list(refusal_of(message)) == sorted(NAMES[:added], key=list(refusal_of(message)).index)


def test_a_message_of_the_largest_size_is_moved_without_a_reason(stack: Stack) -> None:
    body = "x" * LARGEST
    event = event_with({}, body)
    sent: list[dict[str, Any]] = []

    def send(_: object, queue: str, body: str, attributes: Any) -> str:
        sent.append({"body": body, "attributes": attributes})
        return "moved"

    with pytest.MonkeyPatch.context() as patch:  # moto takes a quarter of what SQS takes
        patch.setattr(SqsQueues, "send", send)
        assert handled(event) == []
    assert sent == [{"body": body, "attributes": {}}]


def test_a_message_that_is_refused_once_more_has_its_last_reason(stack: Stack) -> None:
    """SQS's own redrive leaves the attributes of the first refusal."""
    old = texts(**{REASON: "wrapped_record: of old", QUEUE: "somewhere", "tenant": "t-1"})
    assert handled(event_with(old)) == []
    [message] = dead_letters()
    assert refusal_of(message)[REASON].startswith("not_json: ")
    assert refusal_of(message)[QUEUE] == FAILURE_QUEUE
    assert message["MessageAttributes"]["tenant"]["StringValue"] == "t-1"


def test_a_message_that_can_not_be_moved_stays(
    stack: Stack, printed: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAILURE_QUEUE_DLQ", "arn:aws:sqs:eu-west-1:123456789012:gone")
    triage.composition_root.parts.cache_clear()
    good = record_text("event-1", arn=SOURCE)
    assert stack.triage("swordfish", good) == ["swordfish"]
    assert [e["id"] for e in stack.call("GET", "/executions")[1]["executions"]] == ["event-1"]
    text = printed.text()
    assert "message failed, and will be retried" in text
    assert Count.MESSAGE_REFUSED not in text
    assert "swordfish" not in text


# ---------------------------------------------------------------- what can't be stored


@pytest.fixture
def waiting(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a failure queue that is there, and whose messages can't be stored."""
    sqs = boto3.client("sqs")
    url: str = sqs.create_queue(QueueName=FAILURE_QUEUE.rpartition(":")[2])["QueueUrl"]
    monkeypatch.setenv("TABLE_NAME", "elsewhere")
    triage.composition_root.parts.cache_clear()
    return url


def received(url: str, receives: int, sent_at: datetime | None = None) -> Any:
    """A batch as Lambda makes it of what the queue holds."""
    sqs = boto3.client("sqs")
    sqs.send_message(QueueUrl=url, MessageBody=record_text("event-1", arn=SOURCE))
    [message] = sqs.receive_message(QueueUrl=url, VisibilityTimeout=1260)["Messages"]
    event = queue_event(message["Body"])
    event["Records"][0] |= {"messageId": message["MessageId"], "receiptHandle": message["ReceiptHandle"]}
    attributes = event["Records"][0]["attributes"]
    attributes["ApproximateReceiveCount"] = str(receives)
    sent = sent_at or now()
    attributes["SentTimestamp"] = str(int(sent.timestamp() * 1000))
    return event


@pytest.mark.parametrize(("receives", "longest"), [(1, FIRST), (2, 2 * FIRST), (7, LONGEST), (900, LONGEST)])
def test_it_waits_longer_each_time(
    waiting: str, monkeypatch: pytest.MonkeyPatch, receives: int, longest: int
) -> None:
    asked: dict[str, int] = {}
    hide = SqsQueues.hide

    def seen(self: SqsQueues, queue: str, seconds: Any) -> None:
        assert queue == FAILURE_QUEUE
        asked.update(seconds)
        hide(self, queue, seconds)

    monkeypatch.setattr(SqsQueues, "hide", seen)
    event = received(waiting, receives)
    assert handled(event) == [event["Records"][0]["messageId"]]
    [(receipt, seconds)] = asked.items()
    assert receipt == event["Records"][0]["receiptHandle"]
    assert longest / 2 <= seconds <= longest
    assert dead_letters() == []


def test_a_queue_that_can_not_be_asked_keeps_its_messages(
    stack: Stack, waiting: str, printed: Printed
) -> None:
    event = received(waiting, 1)
    boto3.client("sqs").delete_queue(QueueUrl=waiting)
    assert len(handled(event)) == 1
    assert "messages could not be hidden for longer" in printed.text()


@pytest.mark.parametrize(("minutes", "overdue"), [(1, False), (21, True)])
def test_what_waits_for_long_is_counted(waiting: str, printed: Printed, minutes: int, overdue: bool) -> None:
    sent_at = now() - timedelta(minutes=minutes)
    assert len(handled(received(waiting, 3, sent_at))) == 1
    metrics = [line for line in printed.lines() if "_aws" in line]
    assert [line[Count.MESSAGE_OVERDUE] for line in metrics] == ([[1.0]] if overdue else [])


# ---------------------------------------------------------------- what EventBridge could not deliver

EVENT = '{"version":"0","id":"17554ea1-9b10-e0ad-26bc-7797acd41391","detail-type":"order.created","n": 1.10}'


def undelivered(target: str = SOURCE, **more: str) -> Any:
    given = {
        "RULE_ARN": "arn:aws:events:us-east-1:123456789012:rule/orders", "TARGET_ARN": target,
        "ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "events.amazonaws.com is not authorized",
        "RETRY_ATTEMPTS": "0", **more,
    }  # fmt: skip
    return event_with(texts(**given), EVENT, DEAD_LETTER_QUEUE)


def test_an_event_that_was_not_delivered_to_a_function_is_an_execution(stack: Stack) -> None:
    event = undelivered()
    assert handled(event) == []
    assert handled(event) == []  # delivered twice
    [execution] = stack.call("GET", "/executions")[1]["executions"]
    assert execution["id"] == event["Records"][0]["messageId"]
    assert (execution["channel"], execution["function_arn"]) == ("eventbridge_dlq", SOURCE)
    assert (execution["failure"]["category"], execution["origin"]) == ("permission", "unverified")
    assert stack.call("POST", f"/executions/{execution['id']}/replay")[0] == 202
    assert [call["Payload"] for call in stack.aws.sent] == [EVENT.encode()]
    assert dead_letters() == []


def test_one_of_a_function_that_is_not_allow_listed_is_stored_and_never_invoked(stack: Stack) -> None:
    target = SOURCE.replace("lambda-replay-sources-switch", "payments")
    event = undelivered(target)
    assert handled(event) == []
    status, answer = stack.call("POST", f"/executions/{event['Records'][0]['messageId']}/replay")
    assert (status, answer["error"]["code"]) == (403, "not_allow_listed")
    assert stack.aws.sent == []


def test_one_of_another_target_says_what_it_is(stack: Stack) -> None:
    assert handled(undelivered("arn:aws:sqs:us-east-1:123456789012:orders")) == []
    [message] = dead_letters()
    assert refusal_of(message)[REASON].startswith("eventbridge_dead_letter: ")
    assert json.loads(message["Body"])["detail-type"] == "order.created"
