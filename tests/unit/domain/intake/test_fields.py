"""Single values: what they should be, None, or the message is refused."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_replay.domain.intake import fields
from lambda_replay.domain.intake.fields import NotARecordError

any_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters()),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=5,
)
DEEP = "[" * 9_000 + "]" * 9_000
LONG_NUMBER = "7" * 5_000


def found(value: str) -> fields.Members:
    return fields.scan(f'{{"it": {value}}}')


@pytest.mark.parametrize(
    ("value", "expected"), [("1.5", 1.5), ("null", None), ('"a"', "a"), ("[]", []), (LONG_NUMBER, None)]
)
def test_a_value_that_can_not_be_read_is_none(value: str, expected: Any) -> None:
    assert fields.value(found(value), "it") == expected
    assert fields.value(found(value), "other") is None


@pytest.mark.parametrize(
    ("value", "expected"), [('{"a":1}', {"a": 1}), ("[]", None), ('"{}"', None), ("null", None), ("7", None)]
)
def test_a_mapping_is_an_object(value: str, expected: Any) -> None:
    assert fields.mapping(found(value), "it") == expected


def test_an_object_that_can_not_be_read_is_refused_by_its_name() -> None:
    """Lambda prints no such number in its own members."""
    with pytest.raises(NotARecordError, match="it can't be read"):
        fields.mapping(found(f'{{"a":{LONG_NUMBER}}}'), "it")


@pytest.mark.parametrize(
    ("value", "expected"), [('"a\\u0041"', "aA"), ('""', ""), ("7", None), ("null", None), ('["a"]', None)]
)
def test_a_string_is_a_text(value: str, expected: str | None) -> None:
    assert fields.string(found(value), "it") == expected


def test_a_string_of_half_a_character_is_refused() -> None:
    with pytest.raises(NotARecordError, match="surrogate"):
        fields.string(found(r'"\ud800"'), "it")


def test_two_halves_of_a_character_are_one() -> None:
    assert fields.string(found(r'"\ud83d\ude00"'), "it") == "😀"


@pytest.mark.parametrize("id_", ["a", "0e2bf791-7885-41fc-95f3-1f16efa789f7", "x" * 128, "a.2", "a_b"])
def test_an_id(id_: str) -> None:
    assert fields.request_id(id_, "id", fallback="m") == id_


@pytest.mark.parametrize("id_", ["", "-a", ".a", "a b", "a/b", "a\n", "x" * 129, "é", 7, True, [], {}, b"a"])
def test_no_id(id_: object) -> None:
    with pytest.raises(NotARecordError, match=r"^here is no request id$"):
        fields.request_id(id_, "here", fallback="m")


def test_no_id_at_all_is_the_messages() -> None:
    assert fields.request_id(None, "here", fallback="m") == "m"


@pytest.mark.parametrize(
    "arn",
    [None, 7, [], "", "orders", "arn:aws:sqs:us-east-1:123456789012:orders", "\ud800",
     "arn:aws:lambda:us-east-1:123456789012:function:orders:", "arn:aws:lambda:us-east-1:1:function:orders",
     "arn:aws:lambda:us-east-1:123456789012:function:orders\n",
     "arn:aws:lambda:us-east-1:123456789012:layer:x"],
)  # fmt: skip
def test_what_is_no_functions_arn_is_refused(arn: object) -> None:
    with pytest.raises(NotARecordError, match=r"^here is not the ARN of a Lambda function$"):
        fields.function_arn(arn, "here")


@pytest.mark.parametrize(
    ("given_", "expected"),
    [("a", "a"), ("", None), (7, None), (None, None), (["a"], None), ("\ud800", "?"), ("x" * 300, "x" * 256)],
)
def test_a_word(given_: object, expected: str | None) -> None:
    assert fields.word(given_) == expected


@pytest.mark.parametrize(
    ("given_", "expected"),
    [(0, 0), (200, 200), (-1, None), (2**31, None), (True, None), ("200", None), (200.0, None), (None, None)],
)
def test_an_integer(given_: object, expected: int | None) -> None:
    assert fields.integer(given_) == expected


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("2026-01-31T09:00:00.123Z", datetime(2026, 1, 31, 9, 0, 0, 123_000, UTC)),
        ("2026-01-31T09:00:00.123999Z", datetime(2026, 1, 31, 9, 0, 0, 123_000, UTC)),
        ("2026-01-31T10:00:00+01:00", datetime(2026, 1, 31, 9, 0, 0, 0, UTC)),
        ("2026-01-31T09:00:00", datetime(2026, 1, 31, 9, 0, 0, 0, UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("yesterday", None), ("", None), ("\ud800", None), (7, None), (None, None), ([], None),
        ("٢٠٢٦-01-31", None),
    ],
)  # fmt: skip
def test_a_moment_has_whole_milliseconds_in_utc(given_: object, expected: datetime | None) -> None:
    assert fields.moment(given_) == expected


def test_a_deep_object_is_refused_and_a_deep_member_is_only_refused_where_it_is_read() -> None:
    members = found(DEEP)
    assert fields.string(members, "it") is None
    assert fields.mapping(members, "it") is None
    with pytest.raises(NotARecordError, match="nested too deeply"):
        found("[" * 200_000 + "]" * 200_000)


@given(any_value)
def test_no_value_raises_anything_else(value: Any) -> None:
    members = found(json.dumps(value))
    assert fields.value(members, "other") is None
    fields.value(members, "it")
    fields.word(value)
    fields.integer(value)
    fields.moment(value)
    for read in (
        lambda: fields.mapping(members, "it"), lambda: fields.string(members, "it"),
        lambda: fields.request_id(value, "it", fallback="m"), lambda: fields.function_arn(value, "it"),
    ):  # fmt: skip
        try:
            read()
        except NotARecordError:
            continue


@given(st.text(alphabet=st.characters()))
def test_any_text_is_scanned_or_refused(text: str) -> None:
    try:
        fields.scan(text)
    except NotARecordError:
        return
    assert isinstance(json.loads(text), dict)
