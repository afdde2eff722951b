"""The exact text of the function's own event, as Lambda's Python runtime lets a function keep it."""

import importlib
import json
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from lambda_replay.adapters.aws.raw_event import RawEvent, RawMarshaller, keep_raw_events
from lambda_replay.domain.intake.channel import Channel
from tests.support.world.service import record_text
from triage.messages import is_batch, own, queued

TRIAGE = "arn:aws:lambda:us-east-1:123456789012:function:triage"
MODULE = "awslambdaric.lambda_runtime_client"
MARSHALLER: Any = importlib.import_module("awslambdaric.lambda_runtime_marshaller").LambdaMarshaller
AWKWARD = ' {"n":1.10,"n":1e400,"text":"\\u0000\\ud83d\\ude00 λ \\/"}\n'


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A runtime that is running, with the marshaller of the real one."""
    client = type("LambdaRuntimeClient", (), {"marshaller": MARSHALLER()})
    monkeypatch.setitem(sys.modules, MODULE, SimpleNamespace(LambdaRuntimeClient=client))
    return client


@pytest.mark.parametrize("text", [AWKWARD, record_text("event-1", payload=AWKWARD), "{}", '\t{"a" : 1}\r\n'])
def test_an_object_is_what_it_was_and_knows_its_text(text: str) -> None:
    event = RawMarshaller(MARSHALLER()).unmarshal_request(text.encode())
    assert isinstance(event, RawEvent)
    assert event.text == text
    assert event == MARSHALLER().unmarshal_request(text.encode())
    assert isinstance(event, dict)


@pytest.mark.parametrize(
    "text", ['{"Records": [{"body": "1.10"}]}', '{"Records": []}', "[1]", '"x"', "7", "null"]
)
def test_a_batch_and_what_is_no_object_come_as_ever(text: str) -> None:
    """A batch's messages are texts: no parser changes them."""
    event = RawMarshaller(MARSHALLER()).unmarshal_request(text.encode())
    assert not isinstance(event, RawEvent)
    assert event == json.loads(text)


def test_another_content_type_comes_as_ever() -> None:
    assert RawMarshaller(MARSHALLER()).unmarshal_request(b"\xff", "application/cbor") == b"\xff"


@pytest.mark.parametrize("request_", [b"{", b"", b"\xff", b'"\xff"', b"{}x"])
def test_what_the_runtime_refuses_is_refused_alike(request_: bytes) -> None:
    with pytest.raises(Exception, match="Unable to unmarshal input") as expected:
        MARSHALLER().unmarshal_request(request_)
    with pytest.raises(type(expected.value), match="Unable to unmarshal input"):
        RawMarshaller(MARSHALLER()).unmarshal_request(request_)


@pytest.mark.parametrize("response", [None, {"batchItemFailures": []}, b"x", "λ"])
def test_responses_go_out_as_ever(response: Any) -> None:
    assert RawMarshaller(MARSHALLER()).marshal_response(response) == MARSHALLER().marshal_response(response)


def test_the_running_runtime_gets_it_once(runtime: Any) -> None:
    theirs = runtime.marshaller
    keep_raw_events()
    first = runtime.marshaller
    keep_raw_events()
    assert runtime.marshaller is first
    assert isinstance(first, RawMarshaller)
    assert first._own is theirs
    assert runtime().marshaller.unmarshal_request(b'{"a":1.10}').text == '{"a":1.10}'


def test_without_that_runtime_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    keep_raw_events()
    assert MODULE not in sys.modules


def test_the_real_runtime_has_the_place_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    client = importlib.import_module(MODULE).LambdaRuntimeClient
    monkeypatch.setattr(client, "marshaller", client.marshaller)
    monkeypatch.setitem(sys.modules, MODULE, importlib.import_module(MODULE))
    keep_raw_events()
    assert isinstance(client.marshaller, RawMarshaller)


# ---------------------------------------------------------------- the message made of it


def test_an_own_event_is_a_message_of_its_text() -> None:
    event = RawMarshaller(MARSHALLER()).unmarshal_request(AWKWARD.encode())
    message = own(event, "run-1", TRIAGE)
    assert (message.id, message.body, message.channel, message.exact) == (
        "run-1",
        AWKWARD,
        Channel.LAMBDA,
        True,
    )
    assert (message.attributes, message.queue) == ({}, TRIAGE)


def test_without_its_text_it_is_not_exact() -> None:
    message = own(json.loads(AWKWARD), "run-1", TRIAGE)
    assert not message.exact
    assert json.loads(message.body) == json.loads(AWKWARD)


def test_an_event_of_texts_is_exact_without_it() -> None:
    """SNS gives its messages as texts."""
    event = {"Records": [{"Sns": {"TopicArn": "t", "Message": AWKWARD}}]}
    message = own(event, "run-1", TRIAGE)
    assert message.exact
    assert json.loads(message.body)["Records"][0]["Sns"]["Message"] == AWKWARD


LETTERS = "arn:aws:sqs:us-east-1:123456789012:letters"
OF_LETTERS = {"eventSource": "aws:sqs", "eventSourceARN": LETTERS}
NO_BATCHES: list[Any] = [
    None, {}, ["x"], [None], [{}], [{"eventSource": "aws:s3", "eventSourceARN": LETTERS}],
    [OF_LETTERS, {"Sns": {}}], [{"eventSource": "aws:sqs"}], [OF_LETTERS | {"eventSourceARN": ["x"]}],
    [OF_LETTERS, OF_LETTERS | {"eventSourceARN": LETTERS + "-2"}],
]  # fmt: skip


@pytest.mark.parametrize("event", [None, [], "x", 7, {}, *({"Records": records} for records in NO_BATCHES)])
def test_only_a_queues_batch_is_one(event: Any) -> None:
    assert not is_batch(event, {LETTERS})
    assert own(event, "run-1", TRIAGE).id == "run-1"


def test_a_queues_message_keeps_its_texts() -> None:
    entry = {
        "messageId": "m", "body": AWKWARD, "attributes": {"SentTimestamp": "1769850000456"},
        "messageAttributes": {"RequestID": {"stringValue": "run-1", "dataType": "String"}},
        **OF_LETTERS,
    }  # fmt: skip
    assert is_batch({"Records": [entry]}, {LETTERS})
    message = queued(entry)
    assert (message.id, message.body, message.attributes) == ("m", AWKWARD, {"RequestID": "run-1"})
    assert message.sent_at.isoformat() == "2026-01-31T09:00:00.456000+00:00"
    assert (message.queue, message.channel, message.exact) == (entry["eventSourceARN"], Channel.QUEUE, True)
