"""The shape that some guides document: `invocationRequest` and `invocationResponse` or `invocationError`."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_replay.domain.intake.envelope import UnwrappedRecord, opened
from lambda_replay.domain.intake.execution_record import ExecutionRecord
from lambda_replay.domain.intake.fields import NotARecordError
from lambda_replay.domain.refusals import Reason

ARN = "arn:aws:lambda:us-east-1:123456789012:function:orders"
ERROR = '{"errorType":"ValueError","errorMessage":"boom","stackTrace":[]}'


def text(event: str | None = '{"n": 1.10}', **members: str) -> str:
    """Members as the text they have."""
    given = {
        "version": '"1.0"', "invocationId": '"run-1"', "functionName": '"orders"', "functionArn": f'"{ARN}"',
        "timestamp": '"2026-01-31T09:00:00.123Z"',
        "invocationRequest": '{"context":{}}' if event is None else f'{{"event":{event},"context":{{}}}}',
    } | members  # fmt: skip
    return "{" + ",".join(f'"{name}": {value}' for name, value in given.items()) + "}"


def record(body: str) -> ExecutionRecord:
    (letter,) = opened(body)
    assert isinstance(letter, UnwrappedRecord)
    return letter.record(fallback_id="message-1")


def test_a_failure() -> None:
    found = record(text(invocationError=ERROR))
    assert (found.request_id, str(found.function)) == ("run-1", ARN)
    assert (found.condition, found.succeeded, found.unreplayable) == ("Unknown", False, None)
    assert (found.payload, found.response) == ('{"n": 1.10}', ERROR)
    assert found.timestamp == datetime(2026, 1, 31, 9, 0, 0, 123_000, UTC)
    assert (found.status_code, found.invoke_count, found.function_error) == (None, None, None)


@pytest.mark.parametrize(
    "event",
    [
        "1.10",
        "1e400",
        "null",
        '""',
        '{"a":1,"a":2}',
        r'"\u0000\ud83d\ude00\ud800"',
        '"λ"',
        "[ 1 ]",
        "9" * 5000,
    ],
)
def test_the_event_comes_out_as_it_stands(event: str) -> None:
    assert record(text(event, invocationError=ERROR)).payload == event


def test_the_white_space_around_the_event_is_formatting() -> None:
    printed = json.dumps(json.loads(text("[1]", invocationError=ERROR)), indent=2)
    assert json.loads(record(printed).payload or "") == [1]
    assert (record(printed).payload or "")[0] + (record(printed).payload or "")[-1] == "[]"


@pytest.mark.parametrize(
    "status", ["200", "202", "299", '"success"', '"Success"', '"SUCCEEDED"', '"ok"', '"200"', "null", None]
)
def test_a_good_status_or_none_is_a_success(status: str | None) -> None:
    response = '{"body":{"ok":true}}' if status is None else f'{{"status":{status},"body":{{"ok":true}}}}'
    found = record(text(invocationResponse=response))
    assert found.succeeded
    assert found.response == '{"ok":true}'


@pytest.mark.parametrize(
    "status", ["500", "199", "300", "-200", '"error"', '"Unhandled"', '"500"', "true", "[]", "{}", '""']
)
def test_any_other_status_is_a_failure(status: str) -> None:
    found = record(text(invocationResponse=f'{{"status":{status},"body":{ERROR}}}'))
    assert not found.succeeded
    assert found.response == ERROR


def test_an_error_makes_a_good_status_a_failure() -> None:
    found = record(text(invocationResponse='{"status":200,"body":1}', invocationError=ERROR))
    assert not found.succeeded
    assert found.response == ERROR


def test_an_error_that_is_null_is_none() -> None:
    """A sender may print both members, whatever happened."""
    assert record(text(invocationResponse='{"status":200}', invocationError="null")).succeeded
    assert not record(text(invocationResponse='{"status":500}', invocationError="null")).succeeded


@pytest.mark.parametrize("response", ["null", "{}", "[]", '"x"', "7"])
def test_a_response_that_says_nothing_is_no_success(response: str) -> None:
    found = record(text(invocationResponse=response))
    assert (found.succeeded, found.response) == (False, None)


def test_neither_response_nor_error_is_a_failure() -> None:
    assert record(text()).condition == "Unknown"
    assert record(text(condition='"RetriesExhausted"')).condition == "RetriesExhausted"


@pytest.mark.parametrize("request_", ['{"context":{}}', "{}", "null", "[]", '"x"', "7"])
def test_without_an_event_there_is_nothing_to_send_again(request_: str) -> None:
    found = record(text(invocationRequest=request_, invocationError=ERROR))
    assert (found.payload, found.unreplayable) == (None, Reason.PAYLOAD_MISSING)


def test_a_record_without_an_id_is_named_after_its_message() -> None:
    assert record(text(invocationId="null")).request_id == "message-1"


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"invocationId": '"a/b"'}, "invocationId is no request id"),
        ({"invocationId": "7"}, "invocationId is no request id"),
        ({"functionArn": "null"}, "functionArn is not the ARN of a Lambda function"),
        ({"functionArn": '"orders"'}, "functionArn is not the ARN of a Lambda function"),
        ({"functionArn": '{"swordfish":1}'}, "functionArn is not the ARN of a Lambda function"),
        ({"functionArn": r'"\ud800"'}, "functionArn is not the ARN of a Lambda function"),
    ],
)
def test_what_can_not_be_meant_is_refused(members: dict[str, str], why: str) -> None:
    with pytest.raises(NotARecordError, match=why) as refusal:
        record(text(**members))
    assert "swordfish" not in str(refusal.value)


NAMES = ("invocationId", "functionArn", "timestamp", "invocationRequest", "invocationResponse",
         "invocationError", "condition")  # fmt: skip
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters()),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["event", "status", "body", "a"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(NAMES), any_json, max_size=7))
def test_whatever_the_members_are_it_is_a_record_or_refused(members: dict[str, Any]) -> None:
    body = {"invocationId": "run-1", "functionArn": ARN} | members
    try:
        found = record(json.dumps(body))
    except NotARecordError:
        return
    for part in (found.request_id, found.condition, found.payload or "", found.response or ""):
        part.encode()  # storable
