"""From a message to its records: whatever is in it, in whatever shape, and nothing else is ever raised."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.intake.channel import Channel
from lambda_replay.domain.intake.dead_letter import DeadLetterOwners
from lambda_replay.domain.intake.execution_record import ExecutionRecord
from lambda_replay.domain.intake.fields import NotARecordError
from lambda_replay.domain.refusals import Reason
from lambda_replay.use_cases.intake.read_message import Intake, Message
from tests.support.world.service import FUNCTION, START, record_text

OWN = "arn:aws:lambda:eu-west-1:123456789012:function:triage"
LETTERS = "arn:aws:sqs:eu-west-1:123456789012:letters"
LETTERS_BY_TOPIC = "arn:aws:sns:eu-west-1:123456789012:letters"
FAILURES = "arn:aws:sqs:eu-west-1:123456789012:failures"
OWNERS = DeadLetterOwners.parse(f"{LETTERS}={FUNCTION},{LETTERS_BY_TOPIC}={FUNCTION}")
EVENT = ' {"n":1.10,"n":1e400,"text":"\\u0000λ"}\n'


def read(
    body: str,
    *,
    objects: dict[str, bytes] | None = None,
    attributes: dict[str, str] | None = None,
    queue: str = FAILURES,
    channel: Channel = Channel.QUEUE,
    exact: bool = True,
) -> list[ExecutionRecord]:
    message = Message(
        id="message-1",
        body=body,
        sent_at=START,
        queue=queue,
        attributes=attributes or {},
        channel=channel,
        exact=exact,
    )
    there = objects or {}
    return Intake(OWNERS, "failures", lambda key, _version: there.get(key)).records(
        message, FunctionArn.parse(OWN + ":$LATEST")
    )


def notification(*keys: str, bucket: str = "failures") -> str:
    return json.dumps({"Records": [{"s3": {"bucket": {"name": bucket}, "object": {"key": k}}} for k in keys]})


def own_failure(payload: str | None, request_id: str = "own-1") -> str:
    return record_text(request_id, payload=payload, arn=OWN + ":$LATEST")


# ---------------------------------------------------------------- objects


def test_the_record_is_the_objects_content() -> None:
    (record,) = read(notification("a%20b"), objects={"a b": record_text("event-1", payload=EVENT).encode()})
    assert (record.request_id, record.payload, record.channel) == ("event-1", EVENT, Channel.S3)


def test_a_stream_record_of_a_bucket_can_be_sent_again() -> None:
    """The batch stands in it as a text (docs/reference/lambda.md#event-source-mappings)."""
    batch = '{"Records":[{"kinesis":{"data":"eyJuIjoxLjEwfQ=="}, "n": 1.10}]}\n'
    text = record_text("event-1", payload=None)[:-1] + (
        f',"KinesisBatchInfo":{{"batchSize":1}},"payload":{json.dumps(batch)}}}'
    )
    (record,) = read(notification("k"), objects={"k": text.encode()})
    assert (record.payload, record.unreplayable) == (batch, None)
    (without,) = read(text)
    assert without.payload == batch


@pytest.mark.parametrize("payload", ["null", "7", "{}", "[]", '{"Records":[]}'])
def test_a_stream_record_whose_payload_is_no_text_has_none(payload: str) -> None:
    text = record_text("event-1", payload=None)[:-1] + f',"DDBStreamBatchInfo":{{}},"payload":{payload}}}'
    (record,) = read(text)
    assert (record.payload, record.unreplayable) == (None, Reason.STREAM_BATCH)


@pytest.mark.parametrize(
    ("body", "objects", "why"),
    [
        (notification("k"), {}, "is not there"),
        (notification("k", bucket="elsewhere"), {"k": b"{}"}, "bucket elsewhere, which is not"),
        (notification("k", bucket="Sword Fish"), {"k": b"{}"}, "in the bucket of another name"),
        (notification("k"), {"k": b'{"secret": "\xff"}'}, "not valid UTF-8 at byte 12"),
        (notification("k"), {"k": b""}, "not a complete JSON object"),
        (notification("k"), {"k": b"\xef\xbb\xbf{}"}, "no requestContext object"),
        (notification("k"), {"k": notification("k").encode()}, "an object that names another object"),
        (notification("k"), {"k": notification("j").encode(), "j": b"{}"}, "that names another object"),
        (notification(*map(str, range(1000))), {}, "is not there"),
    ],
)  # fmt: skip
def test_what_no_object_holds_is_refused(body: str, objects: dict[str, bytes], why: str) -> None:
    with pytest.raises(NotARecordError, match=why):
        read(body, objects=objects)


def test_a_thousand_names_are_not_fetched() -> None:
    fetched: list[str] = []

    def fetch(key: str, _version: str | None) -> bytes:
        fetched.append(key)
        return record_text(f"event-{key}").encode()

    body = notification(*map(str, range(1000)))
    message = Message(id="m", body=body, sent_at=START, attributes={})
    with pytest.raises(NotARecordError, match="more than 10 records in one message"):
        Intake(OWNERS, "failures", fetch).records(message, FunctionArn.parse(OWN))
    assert len(fetched) == 10


def test_a_thousand_records_in_one_message_are_refused() -> None:
    """Nothing that AWS sends; they would keep the other messages of the batch waiting."""
    entries = [{"body": record_text(f"event-{n}")} for n in range(1000)]
    with pytest.raises(NotARecordError, match="more than 10 records in one message"):
        read(json.dumps({"Records": entries}))
    assert len(read(json.dumps({"Records": entries[:10]}))) == 10


def test_records_without_ids_are_distinguished() -> None:
    thin = json.dumps({"requestContext": {"functionArn": FUNCTION}, "requestPayload": 1})
    records = read(json.dumps({"Records": [{"body": thin}, {"body": thin}]}))
    assert [record.request_id for record in records] == ["message-1", "message-1.2"]


def test_a_response_that_could_not_be_delivered_is_no_failure() -> None:
    """Why it could not stands in its place (docs/reference/lambda.md#missing-and-odd-members)."""
    text = record_text("event-1", condition="Success", response="null")
    error = '{"statusCode":400,"errorCode":"InvalidRequestContentException"}'
    (record,) = read(text.replace('"responsePayload":null', f'"deliveryError":{error}'))
    assert (record.succeeded, record.response) == (True, error)
    (both,) = read(text.replace("null}", f'null,"deliveryError":{error}}}'))
    assert (both.succeeded, both.response) == (True, "null")


@pytest.mark.parametrize(
    "body",
    [EVENT, "no json", record_text("event-1"), own_failure("{}"), notification("k"), '{"Records":[]}',
     json.dumps({"Type": "Notification", "TopicArn": "t", "Message": record_text("event-1")})],
)  # fmt: skip
def test_a_letter_in_a_dead_letter_queue_stays_one(body: str) -> None:
    (record,) = read(body, attributes={"RequestID": "run-1", "ErrorCode": "200"}, queue=LETTERS)
    assert (record.request_id, record.payload, record.channel) == ("run-1", body, Channel.DEAD_LETTER)


def test_a_record_in_a_dead_letter_queue_is_a_record() -> None:
    """A queue may be both: dead letters are those with a RequestID."""
    (record,) = read(record_text("event-1"), attributes={"ErrorCode": "200"}, queue=LETTERS)
    assert (record.request_id, record.channel) == ("event-1", Channel.QUEUE)


@pytest.mark.parametrize("body", ["no json", EVENT, "[]", notification("k"), '{"Records":[]}',
                                  '{"Event":"s3:TestEvent"}'])  # fmt: skip
def test_a_dead_letter_in_an_unknown_queue_is_refused_with_the_fix(body: str) -> None:
    """Not lost either, when its event is one that holds nothing."""
    with pytest.raises(
        NotARecordError, match="letters-2, which is no function's: name it in DeadLetterQueues"
    ):
        read(body, attributes={"RequestID": "run-1"}, queue=LETTERS + "-2")


def test_an_attribute_alone_makes_no_record_a_dead_letter() -> None:
    (record,) = read(record_text("event-1"), attributes={"RequestID": "run-1"})
    assert (record.request_id, record.channel) == ("event-1", Channel.QUEUE)


def test_a_letter_of_a_topic() -> None:
    given = {
        "RequestID": {"Type": "String", "Value": "run-1"},
        "ErrorCode": {"Type": "Number", "Value": "429"},
    }
    sent = {
        "Type": "Notification",
        "TopicArn": LETTERS_BY_TOPIC,
        "Message": EVENT,
        "MessageAttributes": given,
    }
    (record,) = read(json.dumps(sent))
    assert (record.request_id, record.payload, record.condition) == ("run-1", EVENT, "EventAgeExceeded")
    with pytest.raises(NotARecordError, match="from an unknown queue or topic, which is no function's"):
        read(json.dumps({**sent, "TopicArn": None}))


# ---------------------------------------------------------------- this function's own events and failures


def test_an_own_event_is_the_record() -> None:
    (record,) = read(record_text("event-1", payload=EVENT), channel=Channel.LAMBDA)
    assert (record.payload, record.channel, record.unreplayable) == (EVENT, Channel.LAMBDA, None)


def test_an_own_event_that_was_parsed_is_kept_and_not_sent_again() -> None:
    (record,) = read(record_text("event-1"), channel=Channel.LAMBDA, exact=False)
    assert record.unreplayable is Reason.PAYLOAD_NOT_EXACT
    (without,) = read(record_text("event-1", payload=None), channel=Channel.LAMBDA, exact=False)
    assert without.unreplayable is Reason.PAYLOAD_MISSING


def test_an_own_failure_holds_what_this_function_failed_on() -> None:
    (record,) = read(own_failure(record_text("event-1", payload=EVENT)))
    assert (record.request_id, record.payload, record.channel) == ("event-1", EVENT, Channel.LAMBDA)


def test_an_own_failure_on_an_envelope_is_opened() -> None:
    event = {"Records": [{"Sns": {"TopicArn": "t", "Message": record_text("event-1", payload=EVENT)}}]}
    (record,) = read(own_failure(json.dumps(event)))
    assert (record.request_id, record.payload) == ("event-1", EVENT)
    (fetched,) = read(own_failure(notification("k")), objects={"k": record_text("event-2").encode()})
    assert fetched.request_id == "event-2"


def test_an_own_failure_without_its_event_is_refused() -> None:
    with pytest.raises(NotARecordError, match="without the event that it failed on"):
        read(own_failure(None))


def test_own_failures_inside_each_other_come_to_an_end() -> None:
    text = record_text("event-1", payload=EVENT)
    for _ in range(3):
        text = own_failure(text)
    assert [record.payload for record in read(text)] == [EVENT]
    for _ in range(1000):
        text = own_failure(text)
    with pytest.raises(NotARecordError, match="own failures, too many inside each other"):
        read(text)


def test_an_object_that_is_an_own_failure_naming_it_comes_to_an_end() -> None:
    with pytest.raises(NotARecordError):
        read(notification("k"), objects={"k": own_failure(notification("k")).encode()})


# ---------------------------------------------------------------- hostile values

HOSTILE: list[Any] = [None, True, 7, -1, 1.5, 10**400, float("inf"), float("nan"), "", "x", "\ud800",
                      "\u0000", "a" * 2000, [], {}, [[]], {"a": {"b": []}}, ["\ud800"], {"\ud800": "\ud800"},
                      "{}", "[]"]  # fmt: skip
SHAPES: dict[str, Any] = {
    "record": json.loads(record_text("event-1")),
    "stream": {
        "requestContext": {"requestId": "r", "functionArn": FUNCTION, "condition": "RetryAttemptsExhausted"},
        "responseContext": None, "timestamp": "2025-11-25T00:38:06.021Z", "payload": "{}",
        "KinesisBatchInfo": {"batchSize": 1, "streamArn": "arn"},
    },
    "delivery error": {
        "requestContext": {"requestId": "r", "functionArn": FUNCTION, "condition": "Success"},
        "requestPayload": 1, "deliveryError": {"statusCode": 400},
    },
    "guide": {
        "version": "1.0", "invocationId": "r", "functionName": "orders", "functionArn": FUNCTION,
        "timestamp": "2026-01-31T09:00:00Z", "invocationRequest": {"event": {"n": 1}, "context": {}},
        "invocationResponse": {"status": 500, "body": {}}, "invocationError": {"errorType": "E"},
    },
    "sns": {
        "Type": "Notification", "TopicArn": LETTERS_BY_TOPIC, "Message": record_text("event-1"),
        "MessageAttributes": {"Other": {"Type": "String", "Value": "x"}},
    },
    "letter of a topic": {
        "Type": "Notification", "TopicArn": LETTERS_BY_TOPIC, "Message": EVENT,
        "MessageAttributes": {
            "RequestID": {"Type": "String", "Value": "run-1"},
            "ErrorCode": {"Type": "Number", "Value": "200"},
            "ErrorMessage": {"Type": "String", "Value": "boom"},
        },
    },
    "eventbridge": {"detail-type": "x", "source": "lambda", "detail": json.loads(record_text("event-1"))},
    "notification": json.loads(notification("k")),
    "sns to a function": {"Records": [{"EventSource": "aws:sns", "Sns": {
        "Type": "Notification", "TopicArn": "t", "Message": record_text("event-1"),
        "MessageAttributes": {}}}]},
    "batch": {"Records": [{"body": EVENT, "eventSourceARN": LETTERS, "messageAttributes": {
        "RequestID": {"stringValue": "run-1", "dataType": "String"},
        "ErrorCode": {"stringValue": "200", "dataType": "Number"}}}]},
    "test event": {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "failures"},
    "own failure": json.loads(own_failure(record_text("event-1"))),
}  # fmt: skip


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a value may be exchanged: every place in it."""
    yield path
    for key, inner in (
        value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
    ):
        yield from paths(inner, (*path, key))


def exchanged(shape: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = copy.deepcopy(shape)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


def is_storable_or_refused(text: str, **how: Any) -> None:
    try:
        records = read(text, objects={"k": record_text("event-1").encode()}, **how)
    except NotARecordError as refusal:
        str(refusal).encode()  # it goes to the log
        return
    for record in records:
        for part in (
            record.request_id,
            record.condition,
            record.payload,
            record.response,
            record.function_error,
        ):
            assert part is None or part.encode().decode() == part


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_is_understood_as_it_is(name: str) -> None:
    records = read(json.dumps(SHAPES[name]), objects={"k": record_text("event-1").encode()})
    assert len(records) == (0 if name == "test event" else 1)


@pytest.mark.parametrize("name", SHAPES)
def test_no_value_anywhere_raises_anything_but_a_refusal(name: str) -> None:
    for path in paths(SHAPES[name]):
        for value in HOSTILE:
            is_storable_or_refused(json.dumps(exchanged(SHAPES[name], path, value)))


@pytest.mark.parametrize("name", SHAPES)
def test_no_member_that_is_missing_raises_anything_but_a_refusal(name: str) -> None:
    for path in paths(SHAPES[name]):
        if path:
            changed = copy.deepcopy(SHAPES[name])
            place = changed
            for key in path[:-1]:
                place = place[key]
            del place[path[-1]]
            is_storable_or_refused(json.dumps(changed))


WORDS = sorted(
    {str(key) for shape in SHAPES.values() for path in paths(shape) for key in path if isinstance(key, str)}
)
leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters(), max_size=8)
    | st.sampled_from([FUNCTION, OWN, LETTERS, "Notification", "s3:TestEvent", "failures", "k", "Success",
                       record_text("event-1"), notification("k")])
)  # fmt: skip
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=6),
    max_leaves=20,
)


@given(anything, st.sampled_from(sorted(SHAPES)), st.data())
def test_arbitrary_json_around_the_shapes_is_a_record_or_refused(
    value: Any, name: str, data: st.DataObject
) -> None:
    is_storable_or_refused(json.dumps(value))
    path = data.draw(st.sampled_from(list(paths(SHAPES[name]))))
    is_storable_or_refused(json.dumps(exchanged(SHAPES[name], path, value)))


@given(st.dictionaries(st.sampled_from(WORDS), anything, min_size=1, max_size=8))
def test_arbitrary_members_are_a_record_or_refused(members: dict[str, Any]) -> None:
    is_storable_or_refused(json.dumps(members))
    is_storable_or_refused(json.dumps(members), attributes={"RequestID": "run-1"})


@given(st.text(alphabet=st.characters()))
def test_arbitrary_text_is_a_record_or_refused(text: str) -> None:
    is_storable_or_refused(text)
    is_storable_or_refused(text, attributes={"RequestID": "run-1"})
    is_storable_or_refused(text, attributes={"RequestID": text, "ErrorCode": text}, queue=LETTERS)
    is_storable_or_refused(json.dumps({"Type": "Notification", "TopicArn": text, "Message": text}))
    is_storable_or_refused(notification(text))
    is_storable_or_refused(notification("k", bucket=text))


@given(st.binary())
def test_arbitrary_bytes_of_an_object_are_a_record_or_refused(content: bytes) -> None:
    try:
        read(notification("k"), objects={"k": content})
    except NotARecordError as refusal:
        str(refusal).encode()
