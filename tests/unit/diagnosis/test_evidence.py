# ruff: noqa: E501 - a payload reads better in one line
"""Whose fault a value was, by what the event holds; errors in unusual shapes."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.diagnosis.score_cases import explained
from tests.support.payloads import EVENT_HANDLER, OWN, bare, java, node, python
from tests.unit.diagnosis.test_kinds import BUG, INPUT, SETUP, THROTTLED, TRANSIENT, answer, source

NAMES = st.from_regex(r"[a-z][A-Za-z]{2,14}", fullmatch=True)
LIST_METHODS = ("map", "forEach", "filter", "reduce")


@settings(max_examples=60, deadline=None)
@given(NAMES, st.sampled_from(["event", "e", "evt"]), st.sampled_from(LIST_METHODS))
def test_a_list_that_the_event_lacks_is_the_event_s_fault(name: str, root: str, method: str) -> None:
    not_iterable = node("TypeError", f"{root}.{name} is not iterable", EVENT_HANDLER)
    no_method = node("TypeError", f"{root}.{name}.{method} is not a function", EVENT_HANDLER)
    for error in (not_iterable, no_method):
        for event in ({"other": 1}, {name: {"a": 1}}, {name: "text"}, {name: None}):
            assert answer(error, event) == INPUT
        assert answer(error, {name: [1]}) == BUG


@settings(max_examples=40, deadline=None)
@given(NAMES, NAMES)
def test_a_member_of_a_member_is_looked_for_as_well(outer: str, inner: str) -> None:
    error = node("TypeError", f"event.{outer}.{inner} is not iterable", EVENT_HANDLER)
    assert answer(error, {outer: {"x": 1}} if inner != "x" else {"y": 1}) == INPUT
    assert answer(error, {outer: {inner: [1]}}) == BUG


def test_a_method_that_does_not_exist_is_the_code_s_fault() -> None:
    assert (
        answer(node("TypeError", "event.Records.mapp is not a function", EVENT_HANDLER), {"Records": []})
        == BUG
    )
    assert answer(node("TypeError", "items is not iterable", EVENT_HANDLER), {"items": [1]}) == BUG


READS = {
    "iteration": ("TypeError", "'NoneType' object is not iterable", 'for r in event.get("Records"):'),
    "attribute": ("AttributeError", "'NoneType' object has no attribute 'get'", 'id = event.get("Records").get("id")'),
    "index": ("TypeError", "'NoneType' object is not subscriptable", 'id = event.get("Records")["id"]'),
}  # fmt: skip


@pytest.mark.parametrize("read", READS)
def test_python_s_line_says_what_was_read_from_the_event(read: str) -> None:
    kind, message, line = READS[read]
    assert answer(python(kind, message, source(line)), {"id": 1}) == INPUT
    elsewhere = line.replace("event.get(", "lookup(")
    assert answer(python(kind, message, source(elsewhere)), {"id": 1}) == BUG


def test_java_s_helpful_message_names_the_event_s_class() -> None:
    message = (
        'Cannot invoke "java.util.List.iterator()" because the return value of '
        '"com.amazonaws.services.lambda.runtime.events.SQSEvent.getRecords()" is null'
    )
    assert answer(java("java.lang.NullPointerException", message, "a.H.h(H.java:1)")) == INPUT


CONVERSIONS = [
    python("InvalidOperation", "[<class 'decimal.ConversionSyntax'>]", source('amount = Decimal(event["amount"])')),
    python("InvalidOperation", "[<class 'decimal.ConversionSyntax'>]"),
    python("ValueError", "could not convert string to float: 'abc'", source('amount = float(event["amount"])')),
    python("ValueError", "time data 'x' does not match format '%Y'", source('d = datetime.strptime(event["d"], "%Y")')),
    python("ValueError", "Invalid isoformat string: 'x'", OWN),
    python("ValueError", "badly formed hexadecimal UUID string", OWN),
    python("OverflowError", "cannot convert float infinity to integer", source('n = int(float(event["n"]))')),
    node("RangeError", "Invalid time value", "Date.toISOString (<anonymous>)", EVENT_HANDLER),
    node("SyntaxError", "Cannot convert abc to a BigInt", "BigInt (<anonymous>)", EVENT_HANDLER),
    node("RangeError", "The number 1.5 cannot be converted to a BigInt because it is not an integer", EVENT_HANDLER),
    node("URIError", "URI malformed", "decodeURIComponent (<anonymous>)", EVENT_HANDLER),
    java("java.lang.NumberFormatException", 'For input string: "abc"', "a.H.h(H.java:3)"),
    java("java.time.format.DateTimeParseException", "Text 'x' could not be parsed at index 0"),
    java("java.lang.IllegalArgumentException", "Invalid UUID string: abc"),
    java("java.lang.IllegalArgumentException", "No enum constant a.Colour.PINK"),
    bare("FormatException", "The input string 'abc' was not in a correct format."),
    bare("OverflowException", "Value was either too large or too small for an Int32."),
    bare("Function<ArgumentError>", 'invalid value for Integer(): "abc"'),
    bare("Function<Date::Error>", "invalid date"),
    bare("NumError", 'strconv.Atoi: parsing "abc": invalid syntax'),
    bare("ParseError", 'parsing time "x" as "2006-01-02": cannot parse "x" as "2006"'),
    bare("&core::num::error::ParseIntError", "invalid digit found in string"),
]  # fmt: skip


@pytest.mark.parametrize(
    "error", CONVERSIONS, ids=lambda error: f"{error['errorType']} {error['errorMessage'][:30]}"
)
def test_a_value_that_can_t_be_converted_is_the_input_s(error: dict[str, Any]) -> None:
    assert answer(error, {"amount": "abc"}) == INPUT


@pytest.mark.parametrize("conversion", ["Decimal", "float", "int"])
def test_unless_it_came_from_the_environment(conversion: str) -> None:
    kind = "InvalidOperation" if conversion == "Decimal" else "ValueError"
    line = f'limit = {conversion}(os.environ["LIMIT"])'
    assert answer(python(kind, "[<class 'decimal.ConversionSyntax'>]", source(line))) == SETUP


# Each of these says one of two things, in another shape.
THROTTLE = {"code": "ThrottlingException", "message": "Rate exceeded"}
REFUSED = "connect ECONNREFUSED 10.0.0.9:6379"
SHAPES: dict[str, tuple[Any, str, str]] = {
    "an object as message": (bare("Error", THROTTLE), THROTTLED, "Rate exceeded"),
    "a list of objects": ({"errorMessage": [THROTTLE]}, THROTTLED, "Rate exceeded"),
    "a list of texts": (bare("Error", [REFUSED, "again"]), TRANSIENT, "ECONNREFUSED"),
    "an object in an object": (bare("Error", {"error": THROTTLE}), THROTTLED, "Rate exceeded"),
    "capital keys": ({"ErrorType": "Error", "ErrorMessage": REFUSED, "StackTrace": ["at A.B()"]}, TRANSIENT, "ECONNREFUSED"),
    "shouted keys": ({"ERROR_TYPE": "Error", "ERROR_MESSAGE": REFUSED}, TRANSIENT, "ECONNREFUSED"),
    "an exception inside": ({"Exception": {"Type": "Error", "Message": REFUSED}}, TRANSIENT, "ECONNREFUSED"),
    "Step Functions, JSON": ({"Error": "States.TaskFailed", "Cause": json.dumps(bare("Error", REFUSED))}, TRANSIENT, "ECONNREFUSED"),
    "Step Functions, text": ({"Error": "ConnectionError", "Cause": REFUSED}, TRANSIENT, "ECONNREFUSED"),
    "a cause that is a text": ({**bare("OrderError", "not placed"), "cause": f"Error: {REFUSED}"}, TRANSIENT, ""),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_an_unusual_shape_is_read(shape: str) -> None:
    response, right, title = SHAPES[shape]
    assert answer(response) == right
    assert title in explained(json.dumps(response)).title


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 120))
def test_the_deepest_cause_decides_however_deep_it_is(depth: int) -> None:
    error = java("java.net.ConnectException", "Connection refused")
    for number in range(depth):
        error = java(f"com.acme.Layer{number}Exception", "the layer below failed", cause=error)
    assert answer(error) == TRANSIENT
    assert "Connection refused" in explained(json.dumps(error)).title


@pytest.mark.parametrize(
    ("kind", "message", "field"),
    [
        ("FunctionError", 'keyNotFound(CodingKeys(stringValue: "orderId", intValue: nil), Swift.DecodingError.Context(codingPath: [], debugDescription: "No value", underlyingError: nil))', "orderId"),
        ("FunctionError", 'typeMismatch(Swift.Int, Swift.DecodingError.Context(codingPath: [CodingKeys(stringValue: "qty", intValue: nil)], debugDescription: "a string instead"))', "qty"),
        ("FunctionError", 'dataCorrupted(Swift.DecodingError.Context(codingPath: [], debugDescription: "The given data was not valid JSON."))', None),
        ("kotlinx.serialization.MissingFieldException", "Field 'orderId' is required for type with serial name 'a.Order', but it was missing at path: $", "orderId"),
        ("kotlinx.serialization.json.internal.JsonDecodingException", "Unexpected JSON token at offset 0: Expected start of the object '{', but had 'x' instead at path: $", None),
        ("kotlinx.serialization.json.internal.JsonDecodingException", "Encountered an unknown key 'colour' at path: $", "colour"),
        ("kotlinx.serialization.SerializationException", "a.Colour does not contain element with name 'PINK' at path $.colour", None),
    ],
)  # fmt: skip
def test_swift_s_and_kotlin_s_decoders_are_understood(kind: str, message: str, field: str | None) -> None:
    assert answer(bare(kind, message)) == INPUT
    found = explained(json.dumps(bare(kind, message))).fingerprint_parts.get("discriminators", {})
    assert isinstance(found, dict)
    if field is not None:
        assert found["field"] == field
