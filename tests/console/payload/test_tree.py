"""A payload's tree: what stands in it is what was sent."""

import json
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_replay_cli.console.executions import payload_tree as trees
from lambda_replay_cli.console.executions.payload import payload
from lambda_replay_cli.console.executions.payload_tree import Node, NotJsonError, tree

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=25,
)


def written(node: Node) -> str:
    """The text of a tree that is drawn whole."""
    assert (node.cut, node.left_out) == (0, 0)
    if node.kind == "object":
        return "{" + ",".join(f"{one.name}:{written(one)}" for one in node.children) + "}"
    if node.kind == "array":
        return "[" + ",".join(map(written, node.children)) + "]"
    return node.text


def nodes(node: Node) -> list[Node]:
    return [node, *chain.from_iterable(map(nodes, node.children))]


@given(JSON, st.booleans())
def test_a_tree_is_its_text(value: object, ascii_only: bool) -> None:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=ascii_only)
    assert written(tree(text)) == text
    spaced = json.dumps(value, indent=3, ensure_ascii=ascii_only)
    assert written(tree(f"\n {spaced}\t")) == text


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1.10,"a":2}',
        '{"a":1e400}',
        '["\\u00e9\\/"]',
        "-0.0",
        '{"a":{"b":1},"a":{}}',
        "[1E+5,0.10]",
        '""',
    ],
)
def test_what_parsers_lose_is_kept(text: str) -> None:
    assert written(tree(text)) == text


def test_equal_names_stay_two_and_are_marked() -> None:
    found = tree('{"a": 1, "b": 2, "a": 3}')
    assert [(one.name, one.text, one.repeated) for one in found.children] == [
        ('"a"', "1", False), ('"b"', "2", False), ('"a"', "3", True),
    ]  # fmt: skip


@given(st.text(max_size=40) | st.text(alphabet='{}[]",:\\ntrue1.0e- ', max_size=40))
def test_what_is_no_json_is_said_to_be_none(text: str) -> None:
    """As Python's parser has it, which takes more constants."""
    try:
        json.loads(text, parse_constant=lambda name: (_ for _ in ()).throw(ValueError(name)))
        valid = True
    except (ValueError, RecursionError):
        valid = False
    if valid and text.isascii():
        tree(text)
    elif not valid:
        with pytest.raises(NotJsonError):
            tree(text)


HUGE = {
    "a million names": "{" + ",".join(f'"k{n}":{n}' for n in range(80_000)) + "}",
    "deep": "[" * 200_000 + "]" * 200_000,
    "deep objects": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "one long line": '"' + "x" * 1_000_000 + '"',
    "one long number": "1" * 1_000_000,
    "a long name": '{"' + "n" * 1_000_000 + '":1}',
    "many lists": "[" + ",".join("[1,2,3]" for _ in range(100_000)) + "]",
}


@pytest.mark.parametrize("name", HUGE)
def test_what_is_drawn_is_bounded(name: str) -> None:
    found = nodes(tree(HUGE[name]))
    assert len(found) <= trees.MOST_NODES + 1
    assert all(len(one.text) <= trees.LONGEST for one in found)
    assert all(len(one.name or "") <= trees.LONGEST + 2 for one in found)
    assert all(len(one.children) <= trees.MOST_IN_ONE for one in found)


def test_what_is_not_drawn_is_counted() -> None:
    assert tree(HUGE["a million names"]).left_out == 80_000 - trees.MOST_IN_ONE
    [only] = nodes(tree(HUGE["one long line"]))
    assert only.cut == 1_000_002 - trees.LONGEST


@pytest.mark.parametrize("name", ["open strings", "open lists", "quotes"])
def test_what_is_no_json_is_given_up_at_once(name: str) -> None:
    broken = {"open strings": '"' + "\\" * 999_999, "open lists": "[" * 1_000_000, "quotes": '"' * 1_000_001}
    with pytest.raises(NotJsonError):
        tree(broken[name])


def test_bytes_that_are_no_text_are_shown_as_bytes() -> None:
    found = payload(b'{"name": "caf\xe9"}')
    assert found.tree is not None
    assert found.tree.children[0].text == '"caf\udce9"'
    assert payload(b"\xff\xfe").tree is None
