"""Members are sliced, never parsed and printed again (docs/reference/service.md#byte-exact)."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_replay.domain.intake import raw_json
from lambda_replay.domain.intake.raw_json import NotJsonError, members

AWKWARD = [
    "1.10", "1e400", "-0.0", "1E+2", "9" * 5000, "0.1000000000000000055511151231257827",
    '{"a":1,"a":2}', r'"\ud83d\u0000\/\u00e9"', '"é λ 😀"', "null", "true", "NaN", "-Infinity",
    '""', "[]", "{}", '[1, 2 ,3\t]', '{"x" : [ ] }', r'"quote \" and brace } inside"',
]  # fmt: skip
SPACE = st.text(alphabet=" \t\r\n", max_size=4)


@pytest.mark.parametrize("value", AWKWARD)
def test_an_awkward_value_survives_verbatim(value: str) -> None:
    assert members(f'{{"before":1,"it":{value},"behind":2}}')["it"].text == value


@given(before=SPACE, after=SPACE, value=st.sampled_from(AWKWARD))
def test_the_white_space_around_a_value_is_distinguished_from_it(before: str, after: str, value: str) -> None:
    found = members(f'{{"it":{before}{value}{after},"behind":2}}')["it"]
    assert (found.before, found.text, found.after, found.last) == (before, value, after, False)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), json_values, max_size=5), st.sampled_from([None, 1]), st.booleans())
def test_it_agrees_with_the_json_parser(
    value: dict[str, object], indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert {name: json.loads(member.text) for name, member in members(text).items()} == value


def test_a_bad_escape_in_a_name_is_refused_too() -> None:
    with pytest.raises(NotJsonError, match="escape"):
        members(r'{"\x":1}')


def test_of_duplicate_names_the_last_counts() -> None:
    assert members('{"a":1,"a":2}')["a"].text == "2"


def test_deep_values() -> None:
    """As deep as the scanner goes; deeper ones are refused, not followed for as long as a sender likes."""
    deep = "[" * 5_000 + '"]"' + "]" * 5_000
    assert members(f'{{"it":{deep},"behind":1}}')["it"].text == deep
    with pytest.raises(NotJsonError, match="nested too deeply"):
        members('{"it":' + "[" * 200_000 + "]" * 200_000 + "}")


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.sampled_from(["[" * 8, "]" * 8, "[" * 9, "]" * 10, *'[]"1,:{} a\\', "01"]),
        max_size=14,
    )
)
def test_nests_are_stepped_over_as_the_scanner_would(parts: list[str]) -> None:
    text = '{"it":' + "".join(parts) + ',"behind":1}'

    def result(few: int) -> dict[str, str] | str:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(raw_json, "_FEW", few)
            try:
                return {name: member.text for name, member in members(text).items()}
            except NotJsonError:
                return "refused"

    assert result(0) == result(10**9)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 60), st.integers(0, 60), st.sampled_from(["", "7", '"]"', "[]"]))
def test_nests_of_any_depth_are_kept_as_they_are(depth: int, more: int, inside: str) -> None:
    nest = "[" * depth + inside + "]" * depth
    value = "[" + ",".join([nest] * (more + 1)) + "]"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(raw_json, "_FEW", 0)
        assert members(f'{{"it":{value},"text":"{"[" * 20 + "]" * 20}"}}')["it"].text == value


@pytest.mark.parametrize(
    "text",
    ["", " ", "[]", "1", "null", '"text"', "{",
     '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}', '{"a" 1}', "{a:1}",
     '{"a":1} x', '{"a":"cut', '{"a":{"b":1}', '{"a":' + "[" * 200_000, '{"a":01}',
     '{"a":"line\nbreak"}', "{'a':1}", '{,}', '\ufeff{"a":1}'],
)  # fmt: skip
def test_what_is_no_object_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(NotJsonError) as refusal:
        members(text)
    assert "cut" not in str(refusal.value)
    assert "line" not in str(refusal.value)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = members(text)
    except NotJsonError:
        return
    assert set(found) == set(json.loads(text))
