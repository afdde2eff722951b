"""Lines to JSON documents: on one line or many, behind one another, broken in any place."""

import json
import time
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_replay_cli.explain.input.documents import NEITHER, Document, documents
from lambda_replay_cli.explain.input.location import Location, Problem
from tests.support.world.service import record_text


def split(text: str) -> list[Document | Problem]:
    return list(documents(text.splitlines(keepends=True)))


def texts(text: str) -> list[str]:
    """All of it must be documents."""
    found = split(text)
    assert not [one for one in found if isinstance(one, Problem)], found
    return [one.text for one in found if isinstance(one, Document)]


def places(text: str) -> list[str]:
    return [f"{type(one).__name__.lower()} {one.place}" for one in split(text)]


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.lists(st.dictionaries(st.text(max_size=4), JSON_VALUES, max_size=3), max_size=5)


@given(DOCUMENTS, st.sampled_from([None, 2]), st.sampled_from(["\n", "\n\n", " ", "\r\n", ",\n", ""]))
def test_documents_behind_one_another_come_out_as_they_stand(
    values: list[object], indent: int | None, between: str
) -> None:
    printed = [json.dumps(value, indent=indent, ensure_ascii=False) for value in values]
    lines = between.join(printed).split("\n")
    found = list(documents([line + "\n" for line in lines]))
    assert [one.text for one in found if isinstance(one, Document)] == printed
    assert len(found) == len(printed)


@pytest.mark.parametrize("text", ['{"a":1.10, "a" :1e400}', '[ {"x":"\\u00e9é"} , 1 ]', '"a string"'])
def test_text_is_a_slice_of_the_input(text: str) -> None:
    assert texts(f" \t{text} \r\n") == [text]


def test_nothing_is_no_document() -> None:
    assert split("") == split("\n \n\t\n") == []


def test_places_name_the_line_a_document_begins_on() -> None:
    assert places('{}\n\n{\n"a":1\n}\n{} {}\n[]') == [
        "document line 1",
        "document line 3",
        "document line 6",
        "document line 6, record 2",
        "document line 7",
    ]


def test_brackets_and_quotes_in_strings_are_text() -> None:
    pretty = '{\n"a": "}]\\"{[",\n"b": "\\\\"\n}'
    assert texts(pretty + "\n" + pretty) == [pretty, pretty]


@pytest.mark.parametrize(
    "cut",
    ['{"a":"b', '{"a":', '{"a":{', '{"a":[', '{"a":[1,', '{"a":1', "[", '{"a"', "{", '{"a":"b\\', "}", "x"],
)
def test_a_cut_off_line_costs_no_other(cut: str) -> None:
    whole = ['{"n":1}', '{"n":2}', '{"n":3}']
    found = split("\n".join([whole[0], cut, *whole[1:]]))
    assert [one.text for one in found if isinstance(one, Document)] == whole
    assert [one.place for one in found if isinstance(one, Problem)] == [Location(2)]


def test_a_list_that_is_cut_off_gives_the_records_that_fill_a_line() -> None:
    found = split('[\n{"n":1},\n{"n":2},\n{"n":')
    assert [one.text for one in found if isinstance(one, Document)] == ['{"n":1}', '{"n":2}']
    assert [str(one.place) for one in found] == ["line 1", "line 2", "line 3"]


def test_the_end_of_a_cut_off_document_is_called_so() -> None:
    (found,) = split('{\n  "a": [\n    1,\n')
    assert found == Problem(Location(1), "not complete JSON: it is cut off")


def test_the_fault_in_a_long_document_is_named_by_line_and_column() -> None:
    (found,) = split('{}{\n "a": 1,\n "b": tru\n}\n')[1:]
    assert isinstance(found, Problem)
    assert found.why == "not complete JSON: Expecting value (line 3, column 7)"


def test_a_problem_quotes_nothing() -> None:
    for text in (
        "secret",
        '{"secret":secret}',
        '{"secret":"secret\n',
        "'secret'",
        '{"a":1}secret',
        "[secret]",
    ):
        (problem,) = [one for one in split(text) if isinstance(one, Problem)]
        assert "secret" not in problem.why


@pytest.mark.parametrize("text", ["1", "null", "NaN", "2026-01-31 ERROR {}", "not json"])
def test_what_is_neither_object_nor_list_is_one_problem(text: str) -> None:
    (found,) = split(text + "\n")
    assert found == Problem(Location(1), NEITHER)


def test_no_line_is_read_before_the_documents_so_far_are_taken() -> None:
    read: list[int] = []

    def lines() -> Iterator[str]:
        for number in range(3):
            read.append(number)
            yield '{"a":1}\n'

    found = documents(lines())
    next(found)
    assert read == [0]


@pytest.mark.parametrize("broken", ["", '{"cut":[\n'])
def test_many_lines_need_the_memory_of_one(broken: str) -> None:
    line = record_text("r") + "\n"

    def lines() -> Iterator[str]:
        yield broken
        for _ in range(10_000):
            yield line

    tracemalloc.start()
    try:
        count = sum(isinstance(found, Document) for found in documents(lines()))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 10_000
    assert peak < 100 * len(line)


HOSTILE = {
    "escaped quotes": '"' + '\\"' * 100_000,
    "open strings": '{"a\n' * 100_000,
    "open objects": "{\n" * 100_000,
    "open lists": "[\n" * 100_000,
    "open lists in one line": "[" * 1_000_000,
    "closed lists in one line": "[" * 500_000 + "]" * 500_000,
    "elements": "[\n" + "{},\n" * 100_000,
    "blank lines": "[" + "\n" * 100_000 + "{}\n" * 10,
    "commas": "," * 1_000_000,
    "junk": "x\n" * 100_000,
    "one line": '{"a":[' + "{}," * 300_000 + "{}]}",
    "behind one another": "{}" * 100_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_time_grows_with_the_input_and_no_faster(text: str) -> None:
    """A megabyte at most; what is quadratic takes minutes."""
    start = time.process_time()
    split(text)
    assert time.process_time() - start < 10
