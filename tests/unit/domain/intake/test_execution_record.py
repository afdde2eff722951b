"""Execution records as Lambda sends them (docs/reference/lambda.md#the-record), and as nobody should."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_replay.domain.intake.execution_record import parse_record
from lambda_replay.domain.intake.fields import NotARecordError
from lambda_replay.domain.refusals import Reason

ID = "e4b46cbf-b738-4c8e-8880-a18cdf61200e"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:my-function:$LATEST"
NEVER_EXECUTED = (
    '{"version":"1.0","timestamp":"2026-09-14T16:32:54.817Z","requestContext":{"requestId":"' + ID + '",'
    '"functionArn":"' + ARN + '","condition":"EventAgeExceeded","approximateInvokeCount":0},'
    '"requestPayload": {"label": "never-executed", "nested": {"unicode": "λ", "nil": null}}\n'
    ',"responseContext":{"statusCode":429}}'
)


def record_text(payload: str | None = "{}", **context: object) -> str:
    """A record spliced as Lambda does it."""
    context = {"requestId": ID, "functionArn": ARN, "condition": "RetriesExhausted", **context}
    middle = "" if payload is None else f'"requestPayload":{payload},'
    return (
        f'{{"version":"1.0","timestamp":"2019-11-14T18:16:05.568Z","requestContext":{json.dumps(context)},'
        f'{middle}"responseContext":{{"statusCode":200,"executedVersion":"$LATEST",'
        f'"functionError":"Unhandled"}},"responsePayload":{{"errorMessage":"boom"}}}}'
    )


def test_the_canonical_record() -> None:
    record = parse_record(
        record_text('{"ORDER_IDS":["9e07af03"]}', approximateInvokeCount=3), fallback_id="m"
    )
    assert record.request_id == ID
    assert str(record.function) == ARN
    assert (record.function.name, record.function.qualifier) == ("my-function", "$LATEST")
    assert (record.condition, record.invoke_count) == ("RetriesExhausted", 3)
    assert record.timestamp == datetime(2019, 11, 14, 18, 16, 5, 568_000, UTC)
    assert (record.status_code, record.executed_version, record.function_error) == (
        200,
        "$LATEST",
        "Unhandled",
    )
    assert record.payload == '{"ORDER_IDS":["9e07af03"]}'
    assert record.response == '{"errorMessage":"boom"}'
    assert record.unreplayable is None
    assert not record.succeeded


def test_lambdas_own_splice_keeps_the_white_space_that_was_sent() -> None:
    """The body on the wire (docs/reference/lambda.md#conditions): the payload sent was ` {…}\\n`."""
    record = parse_record(NEVER_EXECUTED, fallback_id="m")
    assert record.payload == ' {"label": "never-executed", "nested": {"unicode": "λ", "nil": null}}\n'
    assert (record.status_code, record.response, record.invoke_count) == (429, None, 0)


@given(
    before=st.text(alphabet=" \t\r\n", max_size=3),
    after=st.text(alphabet=" \t\r\n", max_size=3),
    value=st.sampled_from(
        ["1.10", "1e400", "-0.0", "null", '""', "[]", '{"a":1,"a":2}', r'"\ud800"', '"λ😀"']
    ),
)
def test_every_byte_of_a_spliced_payload_survives(before: str, after: str, value: str) -> None:
    payload = before + value + after
    assert parse_record(record_text(payload), fallback_id="m").payload == payload


@pytest.mark.parametrize("indent", [None, 2, "\t"])
@pytest.mark.parametrize("last", [True, False])
def test_a_record_printed_again_by_other_hands(indent: int | str | None, last: bool) -> None:
    """White space that all of Lambda's own members have is formatting, not payload."""
    record = json.loads(record_text("{}"))
    record["requestPayload"] = [1.5, "x"]
    if last:
        record["requestPayload"] = record.pop("requestPayload")
    parsed = parse_record(json.dumps(record, indent=indent), fallback_id="m")
    assert parsed.payload == (
        "[1.5, \"x\"]" if indent is None else json.dumps([1.5, "x"], indent=indent).replace(
            "\n", "\n" + ("\t" if indent == "\t" else "  ")
        )
    )  # fmt: skip


def test_a_megabyte() -> None:
    payload = '{"blob":"' + "x" * 1_048_000 + '"}'
    assert parse_record(record_text(payload), fallback_id="m").payload == payload


def test_null_is_a_payload_and_a_missing_key_is_none() -> None:
    assert parse_record(record_text("null"), fallback_id="m").payload == "null"
    without = parse_record(record_text(None), fallback_id="m")
    assert (without.payload, without.unreplayable) == (None, Reason.PAYLOAD_MISSING)


def test_a_stream_batch_has_positions_instead_of_a_payload() -> None:
    """Unqualified ARN, `*BatchInfo`, no requestPayload (docs/reference/lambda.md#event-source-mappings)."""
    text = (
        '{"requestContext":{"requestId":"' + ID + '","functionArn":"' + ARN.removesuffix(":$LATEST") + '",'
        '"condition":"RetryAttemptsExhausted","approximateInvokeCount":2},"responseContext":null,'
        '"version":"1.0","timestamp":"2025-11-25T00:38:06.021Z","KinesisBatchInfo":{"batchSize":1}}'
    )
    record = parse_record(text, fallback_id="m")
    assert record.unreplayable is Reason.STREAM_BATCH
    assert record.function.qualifier is None
    assert record.status_code is None


def test_an_emulators_thin_record_is_named_after_its_message() -> None:
    text = (
        '{"requestContext": {"functionArn": "'
        + ARN
        + '", "condition": "RetriesExhausted"}, "requestPayload": 1}'
    )
    record = parse_record(text, fallback_id="message-1")
    assert (record.request_id, record.timestamp, record.payload) == ("message-1", None, "1")


def test_an_unknown_condition_is_kept_as_it_is() -> None:
    assert (
        parse_record(record_text(condition="RecursionStopped"), fallback_id="m").condition
        == "RecursionStopped"
    )


def test_a_lone_surrogate_in_the_records_own_words_is_replaced() -> None:
    text = record_text(condition="\ud800x").replace(
        '"executedVersion":"$LATEST"', '"executedVersion":"\\udfff"'
    )
    record = parse_record(text, fallback_id="m")
    assert (record.condition, record.executed_version) == ("?x", "?")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("not json", "not a complete JSON object"),
        (NEVER_EXECUTED[:-20], "not a complete JSON object"),
        ('{"hello":"world"}', "no requestContext"),
        ('{"requestContext":[]}', "no requestContext"),
        (record_text(requestId=7), "requestId"),
        (record_text(requestId="a/b"), "requestId"),
        (record_text(requestId="x" * 200), "requestId"),
        (record_text(functionArn=None), "functionArn"),
        (record_text(functionArn="arn:aws:sqs:eu-west-1:123456789012:queue"), "functionArn"),
        (record_text(functionArn=ARN + ":too:much"), "functionArn"),
        (record_text('"\ud800"'), "surrogate"),
        ('{"requestContext":{"requestId":' + "[" * 200_000 + "]" * 200_000 + "}}", "nested too deeply"),
    ],
)
def test_what_is_no_record_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(NotARecordError, match=why):
        parse_record(text, fallback_id="m")


@pytest.mark.parametrize("timestamp", ['"yesterday"', "7", "null", '"9999-12-31T23:59:59-23:00"', '""'])
def test_an_odd_timestamp_is_none(timestamp: str) -> None:
    text = record_text().replace('"2019-11-14T18:16:05.568Z"', timestamp)
    assert parse_record(text, fallback_id="m").timestamp is None


@given(st.text() | st.recursive(st.none() | st.text(), lambda x: st.lists(x)).map(json.dumps))
def test_any_text_is_a_record_or_refused(text: str) -> None:
    with pytest.raises(NotARecordError):
        parse_record(text, fallback_id="m")
    with pytest.raises(NotARecordError):
        parse_record(f'{{"requestContext":{json.dumps({"functionArn": text})}}}', fallback_id="m")
