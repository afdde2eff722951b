"""Huge documents are read at their start, and errors in them as if they were small."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_replay.domain.diagnosis import Diagnosis, Evidence, bounded_json, diagnose
from lambda_replay.domain.diagnosis.bounded_json import MAX_COMMAS, load_json
from tests.unit.diagnosis.test_bounds import JSON, PROFILE

FRAMES = [f'  File "/var/task/app.py", line {n}, in step_{n}\n    call_{n}()\n' for n in range(40)]


def found(response: str) -> Diagnosis:
    return diagnose(
        Evidence(function="f", condition="RetriesExhausted", status_code=200, response=response, payload=None)
    )


@PROFILE
@given(JSON, st.sampled_from([None, 1]), st.booleans())
def test_the_slower_way_reads_the_same(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounded_json, "MAX_BRACKETS", -1)
        ok, read = load_json(f" {text}\n")
    assert ok
    assert json.dumps(read) == json.dumps(json.loads(text, parse_float=str))


@PROFILE
@given(st.text(alphabet='{}[],:"\\1a .', max_size=30))
def test_the_slower_way_never_raises(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounded_json, "MAX_BRACKETS", -1)
        ok, read = load_json(text)
    try:
        expected = json.loads(text, parse_float=str)
    except (ValueError, RecursionError):
        return  # what is behind the first value is not looked at
    assert ok
    assert json.dumps(read) == json.dumps(expected)


@pytest.mark.parametrize(
    "filler",
    ["a, b, [c], {d} " * 60_000, ", " * 400_000, '{"a":1},' * 110_000, "word " * 190_000],
    ids=["separators", "commas", "quoted JSON", "words"],
)
def test_a_huge_message_hides_nothing(filler: str) -> None:
    """Type, frames and cause stand behind it; the message itself is clipped as ever."""
    small = {"errorMessage": "bad order: ", "errorType": "ValueError", "stackTrace": FRAMES}
    huge = {**small, "errorMessage": "bad order: " + filler}
    report, expected = found(json.dumps(huge)).error, found(json.dumps(small)).error
    assert (report.error_type, report.frames) == (expected.error_type, expected.frames)
    assert report.message.startswith("bad order: ")


def test_a_huge_trace_hides_nothing_in_front_of_it() -> None:
    """Of a trace longer than anybody reads, the start is enough; a trace of usual length is read whole."""
    lists = [["/var/task/app.py", n, f"step_{n}", "call()"] for n in range(MAX_COMMAS // 2)]
    report = found(json.dumps({"errorMessage": "m", "errorType": "E", "stackTrace": lists})).error
    assert (report.error_type, report.message) == ("E", "m")
    assert report.frames

    frames = FRAMES * 100
    report = found(
        json.dumps({"errorType": "E", "stackTrace": frames, "errorMessage": "m," * MAX_COMMAS})
    ).error
    assert report.message.startswith("m,m,")
    # Both ends: the innermost frame and the entry.
    assert (report.frames[0].function, report.frames[-1].function) == ("step_39", "step_0")


def test_a_cause_behind_a_huge_message_is_found() -> None:
    cause = {"errorType": "java.net.ConnectException", "errorMessage": "Connection refused"}
    error = {"errorType": "java.lang.RuntimeException", "errorMessage": "x," * 200_000, "cause": cause}
    assert found(json.dumps(error)).error.causes[0].error_type == "java.net.ConnectException"


def test_of_a_huge_document_only_the_start_is_made() -> None:
    ok, read = load_json("[" + "{}," * 300_000 + "{}]")
    assert ok
    assert isinstance(read, list)
    assert 0 < len(read) <= bounded_json.MAX_VALUES
