"""What services put around a record comes off, and no more (docs/reference/lambda.md#destinations)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_replay.domain.intake.channel import Channel
from lambda_replay.domain.intake.dead_letter import DeadLetter
from lambda_replay.domain.intake.envelope import Content, ObjectName, UnwrappedRecord, opened, texts
from lambda_replay.domain.intake.execution_record import ExecutionRecord
from lambda_replay.domain.intake.fields import NotARecordError
from lambda_replay.domain.refusals import Reason
from tests.support.world.service import record_text

TOPIC = "arn:aws:sns:us-east-1:123456789012:results"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:letters"

AWKWARD = [
    "1.10", "1e400", "-0.0", '{"a":1,"a":2}', r'"\u0000"', r'"\ud83d\ude00 \ud800 \/ \u00e9"', '"é λ 😀"',
    ' {"leading":1}', '{"trailing":1}\n', "\t[ 1 , 2 ]\r\n", "null", '""', "{}", r'"{\"quoted\": 1.10}"',
    "9" * 5000,
]  # fmt: skip


def sns(text: str, **members: Any) -> str:
    return json.dumps({"Type": "Notification", "TopicArn": TOPIC, "Message": text, **members}, indent=2)


def sns_raw_characters(text: str) -> str:
    """As SNS prints it: nothing beyond ASCII is escaped."""
    return json.dumps({"Type": "Notification", "TopicArn": TOPIC, "Message": text}, ensure_ascii=False)


def bus(text: str) -> str:
    return f'{{"version":"0","detail-type":"Lambda Function Invocation Result - Failure","detail":{text}}}'


def to_function(text: str) -> str:
    """What SNS gives to a function."""
    notification = {"Type": "Notification", "TopicArn": TOPIC, "Message": text, "MessageAttributes": {}}
    return json.dumps({"Records": [{"EventSource": "aws:sns", "Sns": notification}]})


def in_a_batch(text: str) -> str:
    """What SQS gives to a function."""
    return json.dumps({"Records": [{"messageId": "m", "body": text, "messageAttributes": {}}]})


def notification(*keys: str, bucket: str = "failures") -> str:
    entries = [{"s3": {"bucket": {"name": bucket}, "object": {"key": key, "size": 1}}} for key in keys]
    return json.dumps({"Records": entries})


ENVELOPES: dict[str, Callable[[str], str]] = {
    "sns": sns, "sns, raw characters": sns_raw_characters, "eventbridge": bus, "batch": in_a_batch,
    "sns to a function": to_function,
}  # fmt: skip
SIMPLE = sorted(set(ENVELOPES) - {"sns to a function"})  # which is two, one in the other


def only(text: str, channel: Channel = Channel.QUEUE) -> Content:
    (content,) = opened(text, channel)
    return content


def record(text: str) -> ExecutionRecord:
    content = only(text)
    assert isinstance(content, UnwrappedRecord)
    return content.record(fallback_id="m")


@pytest.mark.parametrize("payload", AWKWARD, ids=lambda payload: repr(payload[:20]))
@pytest.mark.parametrize("envelope", ENVELOPES)
def test_the_payload_comes_out_as_it_went_in(envelope: str, payload: str) -> None:
    found = record(ENVELOPES[envelope](record_text("event-1", payload=payload)))
    assert (found.request_id, found.payload) == ("event-1", payload)


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_a_megabyte_comes_out_as_it_went_in(envelope: str) -> None:
    payload = '{"blob":"' + "λ" * 500_000 + '"}'
    assert record(ENVELOPES[envelope](record_text("event-1", payload=payload))).payload == payload


@given(chain=st.lists(st.sampled_from(SIMPLE), max_size=5), payload=st.sampled_from(AWKWARD))
def test_up_to_five_envelopes_come_off_in_any_order(chain: list[str], payload: str) -> None:
    text = record_text("event-1", payload=payload)
    for envelope in chain:
        text = ENVELOPES[envelope](text)
    assert record(text).payload == payload


@given(chain=st.lists(st.sampled_from(SIMPLE), min_size=6, max_size=8))
def test_more_than_five_envelopes_are_refused(chain: list[str]) -> None:
    text = record_text("event-1")
    for envelope in chain:
        text = ENVELOPES[envelope](text)
    with pytest.raises(NotARecordError, match="wrapped more than 5 times"):
        list(opened(text))


def test_a_text_that_wraps_itself_a_thousand_times_is_refused() -> None:
    with pytest.raises(NotARecordError, match="wrapped more than 5 times"):
        list(opened('{"detail-type":"x","detail":' * 1000 + "0" + "}" * 1000))


@pytest.mark.parametrize(
    ("text", "channel"),
    [
        (record_text("event-1"), Channel.QUEUE),
        (sns(record_text("event-1")), Channel.SNS),
        (bus(record_text("event-1")), Channel.EVENTBRIDGE),
        (to_function(record_text("event-1")), Channel.SNS),
        (in_a_batch(record_text("event-1")), Channel.QUEUE),
        (in_a_batch(sns(record_text("event-1"))), Channel.SNS),
        (sns(bus(record_text("event-1"))), Channel.SNS),
        (bus(sns(record_text("event-1"))), Channel.EVENTBRIDGE),
    ],
)
def test_the_outermost_envelope_is_the_way_in(text: str, channel: Channel) -> None:
    assert record(text).channel is channel


def test_what_is_known_of_the_way_in_stays() -> None:
    """An object's content came by S3, whatever is around it."""
    content = only(sns(record_text("event-1")), Channel.S3)
    assert isinstance(content, UnwrappedRecord)
    assert content.channel is Channel.S3


def test_a_topic_that_takes_no_large_records_is_named_as_the_reason() -> None:
    """Lambda drops the payload, not the record (docs/reference/lambda.md#missing-and-odd-members)."""
    text = record_text("event-1", payload=None)
    assert record(sns(text)).unreplayable is Reason.PAYLOAD_DROPPED_BY_SNS
    assert record(bus(text)).unreplayable is Reason.PAYLOAD_MISSING
    assert record(text).unreplayable is Reason.PAYLOAD_MISSING
    assert record(sns(record_text("event-1"))).unreplayable is None


@pytest.mark.parametrize(
    ("quoted", "key"),
    [
        ("aws/lambda/async/f/2026-01-31T09.00.00-x", "aws/lambda/async/f/2026-01-31T09.00.00-x"),
        ("a+b%2Bc%20d", "a b+c d"),
        ("%CE%BB/%F0%9F%98%80", "λ/😀"),
        ("100%25", "100%"),
        ("%F0", "\ufffd"),  # half a character
        ("k" * 1024, "k" * 1024),
    ],
)  # fmt: skip
def test_a_notification_names_its_object(quoted: str, key: str) -> None:
    """S3 prints keys as in a query."""
    assert only(notification(quoted)) == ObjectName("failures", key)


@pytest.mark.parametrize("around", [sns, bus, to_function, in_a_batch, lambda text: sns(bus(text))])
def test_a_notification_comes_through_other_services(around: Callable[[str], str]) -> None:
    assert only(around(notification("a%20b"))) == ObjectName("failures", "a b")


def test_a_notification_may_name_several_objects() -> None:
    assert list(opened(notification("a", "b"))) == [ObjectName("failures", "a"), ObjectName("failures", "b")]


@pytest.mark.parametrize(
    ("given", "version"),
    [("3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbr_HY-", "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbr_HY-"), ("null", "null"),
     ("", None), (None, None), (7, None)],
)  # fmt: skip
def test_a_notification_of_a_versioned_bucket_names_the_version(given: object, version: str | None) -> None:
    entry = {"s3": {"bucket": {"name": "failures"}, "object": {"key": "k", "versionId": given}}}
    assert only(json.dumps({"Records": [entry]})) == ObjectName("failures", "k", version)


@pytest.mark.parametrize("version", ["v" * 1025, "a b", "\ud800", "v\n"])
def test_a_version_that_no_object_can_have_is_refused(version: str) -> None:
    entry = {"s3": {"bucket": {"name": "failures"}, "object": {"key": "k", "versionId": version}}}
    with pytest.raises(NotARecordError):
        list(opened(json.dumps({"Records": [entry]})))


@pytest.mark.parametrize("key", ["", "k" * 1025, "λ" * 513, "\ud800", "a\ud83d"])
def test_a_key_that_no_object_can_have_is_refused(key: str) -> None:
    with pytest.raises(NotARecordError):
        list(opened(notification(key)))


TEST_EVENT = '{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"failures"}'


@pytest.mark.parametrize("text", [TEST_EVENT, sns(TEST_EVENT), '{"Records": []}', sns(sns(TEST_EVENT))])
def test_what_holds_nothing_is_not_refused(text: str) -> None:
    assert list(opened(text)) == []


def letter_by_topic(body: str, **attributes: Any) -> str:
    given = {name: {"Type": "String", "Value": value} for name, value in attributes.items()}
    return sns(body, MessageAttributes=given)


@pytest.mark.parametrize(
    "body", [*AWKWARD, "no json", "{", record_text("event-1"), bus("{}"), notification("a")]
)
def test_a_dead_letter_of_a_topic_is_the_event_as_it_was(body: str) -> None:
    """Whatever its body looks like: it is known by its attribute."""
    text = letter_by_topic(body, RequestID="run-1", ErrorCode="200", ErrorMessage="boom")
    attributes = {"RequestID": "run-1", "ErrorCode": "200", "ErrorMessage": "boom"}
    assert only(text) == DeadLetter(TOPIC, body, attributes)


@pytest.mark.parametrize("value", [None, 7, {}, [], True])
def test_an_attribute_that_is_no_text_makes_no_dead_letter(value: Any) -> None:
    assert record(letter_by_topic(record_text("event-1"), RequestID=value)).request_id == "event-1"


@pytest.mark.parametrize("prefix", ["string", "String"])
def test_a_dead_letter_in_a_batch_keeps_its_attributes(prefix: str) -> None:
    """As Lambda and as the SQS API print them."""
    attribute = {f"{prefix}Value": "run-1", "dataType": "String"}
    entry = {"body": " {} ", "messageAttributes": {"RequestID": attribute}, "eventSourceARN": QUEUE}
    assert only(json.dumps({"Records": [entry]})) == DeadLetter(QUEUE, " {} ", {"RequestID": "run-1"})


@pytest.mark.parametrize(
    "given", [None, [], "x", 7, {"a": None}, {"a": "x"}, {"a": {"stringValue": 7}}, {"a": {}}]
)
def test_attributes_that_are_no_texts_are_left_out(given: Any) -> None:
    assert texts(given) == {}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (sns("", Type="SubscriptionConfirmation", Token="swordfish"), "SubscriptionConfirmation"),
        (sns("", Type="UnsubscribeConfirmation", SubscribeURL="swordfish"), "UnsubscribeConfirmation"),
        (sns("", Type="swordfish"), "type unknown"),
        (sns("", Type=7, Subject="swordfish"), "type unknown"),
        (sns("", Message={"a": "swordfish"}), "type Notification"),
        (sns("swordfish"), "not a complete JSON object"),
        (bus('"swordfish"'), "not a complete JSON object"),
        (bus('{"secret":"swordfish"}'), "no requestContext"),
        (bus('["swordfish"]'), "not a complete JSON object"),
        ('{"Records":"swordfish"}', "Records is no list"),
        ('{"Records":{"swordfish":1}}', "Records is no list"),
        ('{"Records":["swordfish"]}', "no notification of S3, SNS or SQS"),
        ('{"Records":[{"dynamodb":{"Keys":"swordfish"}}]}', "no notification of S3, SNS or SQS"),
        ('{"Records":[{"kinesis":{"data":"swordfish"}}]}', "no notification of S3, SNS or SQS"),
        ('{"Records":[{"s3":{"bucket":{"name":"swordfish"}}}]}', "no notification of S3, SNS or SQS"),
        ('{"Records":[{"Sns":"swordfish"}]}', "no notification of S3, SNS or SQS"),
        ('{"Records":[{"Sns":{"Message":"swordfish"}}]}', "no requestContext"),
        ('{"Records":[{"body":{"a":"swordfish"}}]}', "no notification of S3, SNS or SQS"),
        ('{"Records":[' + "[" * 100_000 + '"swordfish"', "nested too deeply"),
        ('{"Records":[' + "7" * 5000 + "]}", "Records is no list"),
        ('{"secret":"swordfish"}', "no requestContext"),
        ('["swordfish"]', "not a complete JSON object"),
        ('{"swordfish', "not a complete JSON object"),
        ('"swordfish"', "not a complete JSON object"),
        ("swordfish", "not a complete JSON object"),
        ("", "not a complete JSON object"),
        ('{"swordfish": "\ud800"}', "surrogate"),
    ],
)  # fmt: skip
def test_what_is_none_of_these_is_refused_with_the_reason_and_without_its_text(text: str, why: str) -> None:
    with pytest.raises(NotARecordError, match=why) as refusal:
        [letter.record(fallback_id="m") for letter in opened(text) if isinstance(letter, UnwrappedRecord)]
    assert "swordfish" not in str(refusal.value)


def test_one_bad_entry_is_reported_after_the_good_ones() -> None:
    contents = opened('{"Records":[{"s3":{"bucket":{"name":"b"},"object":{"key":"k"}}},7]}')
    assert next(contents) == ObjectName("b", "k")
    with pytest.raises(NotARecordError):
        next(contents)
