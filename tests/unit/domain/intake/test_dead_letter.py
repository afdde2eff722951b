"""Dead letters: the event is the body, all else is in the attributes, and the queue says whose it is."""

import json

import pytest

from lambda_replay.domain.intake.channel import Channel
from lambda_replay.domain.intake.dead_letter import DeadLetter, DeadLetterOwners, InvalidOwnersError
from lambda_replay.domain.intake.execution_record import ExecutionRecord
from lambda_replay.domain.intake.fields import NotARecordError
from tests.support.world.service import record_text

QUEUE = "arn:aws:sqs:us-east-1:123456789012:letters"
TOPIC = "arn:aws:sns:us-east-1:123456789012:letters"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:orders"
OTHER = "arn:aws:lambda:us-east-1:123456789012:function:invoices:live"
OWNERS = DeadLetterOwners.parse(f"{QUEUE}={FUNCTION}, {TOPIC}={OTHER},")


def record(body: str = "{}", source: str = QUEUE, **attributes: str) -> ExecutionRecord:
    return OWNERS.record(DeadLetter(source, body, {"RequestID": "run-1", **attributes}))


def test_a_letter_becomes_the_record_that_a_destination_would_have_got() -> None:
    found = record(' {"n":1.10}\n', ErrorCode="200", ErrorMessage='say "no" \\ λ')
    assert (found.request_id, str(found.function)) == ("run-1", FUNCTION)
    assert (found.condition, found.status_code, found.channel) == (
        "RetriesExhausted",
        200,
        Channel.DEAD_LETTER,
    )
    assert found.payload == ' {"n":1.10}\n'
    assert found.response is not None
    assert json.loads(found.response) == {"errorMessage": 'say "no" \\ λ'}
    assert (found.unreplayable, found.timestamp, found.invoke_count) == (None, None, None)


@pytest.mark.parametrize(
    ("attributes", "condition", "status"),
    [
        ({"ErrorCode": "200", "ErrorMessage": "boom"}, "RetriesExhausted", 200),
        ({"ErrorCode": "429", "ErrorMessage": "Rate Exceeded."}, "EventAgeExceeded", 429),
        ({"ErrorCode": "404", "ErrorMessage": "Function not found: arn"}, "RetriesExhausted", 404),
        ({"ErrorMessage": "Function not invoked."}, "ZeroReservedConcurrency", None),
        ({}, "ZeroReservedConcurrency", None),
    ],
)
def test_the_condition_follows_from_the_code(
    attributes: dict[str, str], condition: str, status: int | None
) -> None:
    """As destinations call the same ends (docs/reference/lambda.md#dead-letters)."""
    found = record(**attributes)
    assert (found.condition, found.status_code) == (condition, status)


@pytest.mark.parametrize("code", ["429", "404", None])
def test_only_a_function_that_ran_has_answered(code: str | None) -> None:
    attributes = {"ErrorMessage": "Rate Exceeded."} | ({} if code is None else {"ErrorCode": code})
    assert record(**attributes).response is None


@pytest.mark.parametrize("code", ["", "-1", "2e2", " 200", "٢٠٠", "²", "9" * 5000, "200.0", "0x1"])
def test_a_code_that_is_no_number_is_none(code: str) -> None:
    assert record(ErrorCode=code, ErrorMessage="boom").status_code is None


@pytest.mark.parametrize("source", [QUEUE, TOPIC])
def test_the_queue_or_topic_says_whose_it_is(source: str) -> None:
    assert str(record(source=source).function) == {QUEUE: FUNCTION, TOPIC: OTHER}[source]


@pytest.mark.parametrize(
    "body", ["", "no json", record_text("event-1"), '{"Records":[]}', "λ" * 500_000, "\u0000\ufffe"]
)
def test_the_body_is_the_payload_whatever_it_looks_like(body: str) -> None:
    assert record(body).payload == body


def test_half_a_character_is_refused() -> None:
    with pytest.raises(NotARecordError, match="surrogate"):
        record('"\ud800"')


def test_half_a_character_in_the_error_is_kept_as_an_escape() -> None:
    assert record(ErrorCode="200", ErrorMessage="\ud800").response == '{"errorMessage": "\\ud800"}'


@pytest.mark.parametrize("request_id", ["", " ", "a/b", "x" * 129, "run-1\n", "\ud800", "۱"])
def test_an_id_that_no_invocation_has_is_refused(request_id: str) -> None:
    with pytest.raises(NotARecordError, match="RequestID is no request id"):
        record(RequestID=request_id)


def test_a_dead_letter_of_an_unknown_queue_is_refused_with_the_fix() -> None:
    elsewhere = QUEUE + "-2"
    with pytest.raises(
        NotARecordError, match=f"from {elsewhere}, which is no function's: name it in DeadLetterQ"
    ):
        record("swordfish", elsewhere)


@pytest.mark.parametrize(
    "source", ["", "swordfish", "arn:aws:s3:::swordfish", QUEUE + ":swordfish", QUEUE + "\n"]
)
def test_a_source_that_is_no_queue_or_topic_is_not_quoted(source: str) -> None:
    """It stood in the message."""
    with pytest.raises(NotARecordError, match="from an unknown queue or topic") as refusal:
        record("{}", source)
    assert "swordfish" not in str(refusal.value)


@pytest.mark.parametrize("text", ["", ",", " , ,"])
def test_there_may_be_no_owners(text: str) -> None:
    assert DeadLetterOwners.parse(text) == DeadLetterOwners()


@pytest.mark.parametrize("pair", [QUEUE, f"{QUEUE}=", f"{QUEUE}=orders", f"={QUEUE}", f"{QUEUE}={QUEUE}"])
def test_a_pair_that_names_no_function_is_named(pair: str) -> None:
    with pytest.raises(InvalidOwnersError, match="expected QUEUE_ARN=FUNCTION_ARN") as refusal:
        DeadLetterOwners.parse(f"{QUEUE}={FUNCTION},{pair}")
    assert str(refusal.value).startswith(pair)
