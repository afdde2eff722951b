"""An edited payload as a patch: what the service makes of it is what was written."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lambda_replay.adapters.json_patch import patch
from lambda_replay_cli.console.client import UsageError
from lambda_replay_cli.console.executions.payload_diff import MOST_OPERATIONS, difference

NAMES = st.sampled_from(["a", "b", "a/b", "~", "", "~1", "0", "é"])
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-100, 10**20)
    | st.text(max_size=4)
    | st.sampled_from([1.5, -0.25, 1e30]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)


@given(JSON, JSON)
def test_the_patch_makes_of_one_the_other(before: Any, after: Any) -> None:
    old, new = json.dumps(before), json.dumps(after)
    assume(old != new)
    try:
        found = difference(old, new)
    except UsageError:
        # What is written otherwise and is the same.
        assert json.loads(old) == json.loads(new)
        return
    patched = patch(old.encode(), json.dumps(found.operations))
    assert json.loads(patched, parse_float=Decimal) == json.loads(new, parse_float=Decimal)
    assert len(found.changes) == len(found.operations)


def test_what_is_not_touched_keeps_its_digits() -> None:
    before = '{"amount": 1.10, "big": 1e400, "note": "a"}'
    found = difference(before, before.replace('"a"', '"b"'))
    assert found.operations == [{"op": "replace", "path": "/note", "value": "b"}]
    assert patch(before.encode(), json.dumps(found.operations)) == b'{"amount":1.10,"big":1E+400,"note":"b"}'
    assert found.warnings == []


def test_a_number_that_is_sent_otherwise_is_said_to_be() -> None:
    found = difference('{"amount": 1.10}', '{"amount": 2.50}')
    assert found.operations == [{"op": "replace", "path": "/amount", "value": 2.5}]
    assert [(one.was, one.becomes) for one in found.changes] == [("1.10", "2.50")]
    assert "2.50 is sent as 2.5" in found.warnings[0]


def test_equal_names_are_warned_of() -> None:
    found = difference('{"a": 1, "a": 2, "b": 1}', '{"a": 1, "a": 2, "b": 2}')
    assert [one["path"] for one in found.operations] == ["/b"]
    assert "equal names" in found.warnings[0]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("{}", "{}", "nothing was changed"),
        ("{}", '{"a":', "the edited text is no JSON"),
        ("{}", "", "the edited text is no JSON"),
        ("nope", "{}", "the payload is no JSON"),
        ("{}", '{"a": NaN}', "NaN is no JSON"),
        ("{}", '{"a": 1e999}', "/a"),
        ("{}", '{"a": ' + "1" * 5000 + "}", "/a"),
        ("[" * 90_000 + "]" * 90_000, "[]", "nested too deeply"),
        (json.dumps(list(range(500))), json.dumps([-n for n in range(1, 501)]), str(MOST_OPERATIONS)),
    ],
)
def test_what_can_not_be_sent_is_said(before: str, after: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        difference(before, after)


def test_a_line_break_of_a_form_is_no_change() -> None:
    """Browsers send each as two signs."""
    with pytest.raises(UsageError, match="nothing was changed"):
        difference('{\n "a": 1\n}', '{\r\n "a": 1\r\n}')
