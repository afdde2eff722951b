"""Twice the input is at most about twice the work, counted in calls: a clock would tell of the machine."""

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from lambda_replay.domain.diagnosis import Evidence, diagnose
from lambda_replay.domain.diagnosis.bounded_json import MAX_VALUES
from lambda_replay.domain.diagnosis.frames import MAX_FRAMES
from lambda_replay.domain.diagnosis.shapes import MAX_CAUSES
from lambda_replay.domain.diagnosis.unwrap import MAX_VIEWS, views

MEGABYTE = 1_000_000
# A larger document may be the first that is read only at its start, which takes so many calls at most.
START = 20 * MAX_VALUES


def message(unit: str) -> Callable[[int], str]:
    return lambda size: json.dumps({"errorType": "Error", "errorMessage": unit * (size // len(unit))})


def trace(line: Any) -> Callable[[int], str]:
    return lambda size: json.dumps({"errorType": "E", "stackTrace": [line] * (size // len(json.dumps(line)))})


def nested(key: str) -> Callable[[int], str]:
    head = '{"errorType": "Error", "errorMessage": "x: y", "' + key + '": '
    # No parser follows a megabyte of these: as deep as one goes, and the rest as text.
    depth = 600
    return lambda size: (
        head * depth + json.dumps({"errorMessage": "z" * (size - depth * (len(head) + 1))}) + "}" * depth
    )


def inside(size: int) -> str:
    text = json.dumps({"errorMessage": "a" * (size // 1000)})
    while len(text) < size:
        text = json.dumps({"errorType": "Error", "errorMessage": text})
    return text


KINDS: dict[str, Callable[[int], str]] = {
    "nested causes": nested("cause"),
    "nested errors": nested("error"),
    "JSON inside messages": inside,
    "braces inside a message": message('{"errorMessage":"'),
    "frames": trace('  File "/var/task/a.py", line 2, in f\n    x\n'),
    "frames as lists": trace(["/var/task/a.py", 1, "f", "c"]),
    "frames as objects": trace({"path": "a/b.go", "line": 3, "label": "main"}),
    "frames of PHP": trace("#1 /var/task/a.php(2): A->f()"),
    "lines that are no frames": trace("at "),
    "Caused by": message("Caused by: java.lang.Error: x\n"),
    "nested exception is": message("nested exception is a.BError: "),
    "arrows": message(" ---> System.AException: x"),
    "tracebacks": message("Traceback (most recent call last):\n  File\nAError: x\n"),
    "traces in a message": message("AError: x\n\tat a.B(C.java:1)\n"),
    "one letter": message("a"),
    "line ends": message("\n"),
    "blanks": message(" "),
    "open quotes": message("'a "),
    "open double quotes": message('"a '),
    "open backticks": message("Path `"),
    "open brackets": message("["),
    "open types": message("A::B\\"),
    "error codes": message("ERR_A_"),
    "Kafka": message("KafkaError{code="),
    "gRPC": message("14 UNAVAILABLE: "),
    "validation errors": message("validation errors for A\n"),
    "digits": message("1"),
    "small objects": lambda size: "[" + "{}," * (size // 3) + "{}]",
    "small members": lambda size: '{"a":1' + ',"a":1' * (size // 6) + "}",
    "brackets": lambda size: "[" * (size // 2) + "]" * (size // 2),
    "text that is no JSON": lambda size: "{" * size,
}


def calls(response: str) -> int:
    """How many functions, of Python and of C, one diagnosis calls."""
    evidence = Evidence(
        function="f", condition="RetriesExhausted", status_code=200, response=response, payload="{}"
    )
    diagnose(evidence)  # patterns are compiled on first use
    count = 0

    def seen(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(seen)
    try:
        diagnose(evidence)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("kind", KINDS)
def test_work_grows_no_faster_than_the_input(kind: str) -> None:
    half, whole = (calls(KINDS[kind](size)) for size in (MEGABYTE // 2, MEGABYTE))
    assert whole <= 2 * half + START


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_kept_of_a_megabyte_is_little(kind: str) -> None:
    report = diagnose(
        Evidence(
            function="f",
            condition="RetriesExhausted",
            status_code=200,
            response=KINDS[kind](MEGABYTE),
            payload=None,
        )
    ).error
    assert len(report.frames) <= MAX_FRAMES
    assert len(report.causes) <= MAX_CAUSES
    assert len(views(report)) <= MAX_VIEWS
    assert len(report.message) <= 4096
