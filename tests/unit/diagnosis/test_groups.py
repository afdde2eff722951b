# ruff: noqa: E501
"""What keeps failures in one group, and what parts them; titles; the labelled corpus."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.diagnosis.score import CORPORA, PARTS, measure
from lambda_replay.domain.diagnosis import Diagnosis, Evidence, diagnose


def found(response: Any, **changes: Any) -> Diagnosis:
    known: dict[str, Any] = {
        "function": "orders",
        "condition": "RetriesExhausted",
        "status_code": 200,
        "response": json.dumps(response),
        "payload": None,
    }
    return diagnose(Evidence(**{**known, **changes}))


def python_error(kind: str, message: str, *frames: tuple[str, int, str, str]) -> dict[str, Any]:
    trace = [f'  File "{path}", line {line}, in {name}\n    {code}\n' for path, line, name, code in frames]
    return {"errorType": kind, "errorMessage": message, "stackTrace": trace}


LINES = st.integers(1, 99_999)
UUIDS = st.uuids().map(str)
IPS = st.tuples(*[st.integers(1, 254)] * 4).map(lambda parts: ".".join(map(str, parts)))
NUMBERS = st.integers(0, 10**12)
STAMPS = st.datetimes().map(lambda moment: moment.isoformat(timespec="milliseconds") + "Z")
ROOTS = st.sampled_from(["/var/task", "/opt", "/app", "/home/app/src", "/usr/src/app"])


@settings(max_examples=60, deadline=None)
@given(UUIDS, IPS, NUMBERS, STAMPS, NUMBERS)
def test_ids_times_and_numbers_do_not_split(uuid: str, ip: str, number: int, stamp: str, size: int) -> None:
    text = f"Job {uuid} from {ip} at {stamp} failed after {number} ms and {size} bytes at 0x{size:x}"
    fixed = (
        "Job 0b2f9c1e-9f0a-4d6b-8a51-0a8d3f1c7b11 from 10.0.0.1 at 2024-01-01T00:00:00.000Z failed after 5 ms "
        "and 6 bytes at 0x7f"
    )
    assert found({"errorType": "E", "errorMessage": text}).fingerprint == (
        found({"errorType": "E", "errorMessage": fixed}).fingerprint
    )


@settings(max_examples=40, deadline=None)
@given(LINES, LINES, ROOTS)
def test_lines_and_install_paths_do_not_split(first: int, second: int, root: str) -> None:
    def body(one: int, two: int, where: str) -> dict[str, Any]:
        return python_error(
            "ValueError", "no", (f"{where}/a.py", one, "h", "f()"), (f"{where}/b.py", two, "f", "x")
        )

    # /opt and /usr hold other people's code: only roots of customers' code are compared.
    where = root if root not in ("/opt", "/usr/src/app") else "/app"
    assert found(body(first, second, where)).fingerprint == found(body(1, 2, "/var/task")).fingerprint


TOGETHER = [
    (
        "time and request id of a timeout",
        {"errorMessage": "2020-11-10T05:46:57.874Z 160788cd-45ff-4583-809f-c7e31127cb95 Task timed out after 3.07 seconds"},
        {"errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: 1-2-3 Error: Task timed out after 3.01 seconds"},
    ),
    (
        "V8's two wordings",
        {"errorType": "TypeError", "errorMessage": "Cannot read property 'x' of undefined"},
        {"errorType": "TypeError", "errorMessage": "Cannot read properties of undefined (reading 'x')"},
    ),
    (
        "Ruby's two quotes",
        {"errorType": "Function<NoMethodError>", "errorMessage": "undefined method `x' for nil:NilClass",
        "stackTrace": ["/var/task/a.rb:1:in `h'"]},
        {"errorType": "Function<NoMethodError>", "errorMessage": "undefined method 'x' for nil",
        "stackTrace": ["/var/task/a.rb:9:in 'h'"]},
    ),
    (
        "client class and modelled class of one AWS code",
        {"errorType": "ClientError", "errorMessage": "An error occurred (Throttling) when calling the GetX operation: Rate exceeded"},
        {"errorType": "Throttling", "errorMessage": "An error occurred (Throttling) when calling the GetX operation (reached max retries: 4): Rate exceeded"},
    ),
    (
        "numbers of compiler generated .NET names",
        {"errorType": "E", "errorMessage": "m", "stackTrace": ["at A.B.<Get>d__1.MoveNext()",
        "at A.B.<>c__DisplayClass3_0.<Run>b__2(X x)"]},
        {"errorType": "E", "errorMessage": "m", "stackTrace": ["at A.B.<Get>d__7.MoveNext()",
        "at A.B.<>c__DisplayClass9_1.<Run>b__5(X x)"]},
    ),
    (
        "numbers of Java lambdas",
        {"errorType": "a.E", "errorMessage": "m", "stackTrace": ["a.H.lambda$run$0(H.java:3)"]},
        {"errorType": "a.E", "errorMessage": "m", "stackTrace": ["a.H.lambda$run$4(H.java:9)"]},
    ),
    (
        "module version in a Go path",
        {"errorType": "errorString", "errorMessage": "runtime error: x",
        "stackTrace": [{"path": "github.com/a/b@v1.2.3/c.go", "line": 1, "label": "F"}]},
        {"errorType": "errorString", "errorMessage": "runtime error: x",
        "stackTrace": [{"path": "github.com/a/b@v2.0.0/c.go", "line": 5, "label": "F"}]},
    ),
    (
        "Ruby 3.4's names with their class",
        {"errorType": "Function<E>", "errorMessage": "m", "stackTrace": ["/var/task/a.rb:1:in `block in run'"]},
        {"errorType": "Function<E>", "errorMessage": "m",
        "stackTrace": ["/var/task/a.rb:1:in 'block in Orders::Job#run'"]},
    ),
    (
        "a trace inside the message, of another version of the library",
        {"errorType": "E", "errorMessage": "start failed\n\tat a.B.c(B.java:3)\n\tat a.B.d(Unknown Source)"},
        {"errorType": "E", "errorMessage": "start failed\n\tat a.B.c(B.java:9)\n\tat a.B.e(B.java:4)"},
    ),
    (
        "a cause told in the message, and the cause itself",
        {"errorType": "a.WrapperException", "errorMessage": "no; nested exception is java.net.SocketException: reset by x"},
        {"errorType": "java.net.SocketException", "errorMessage": "reset by x"},
    ),
    (
        "the gRPC status in two spellings",
        {"errorType": "Error", "errorMessage": "14 UNAVAILABLE: no connection"},
        {"errorType": "Error", "errorMessage": 'rpc error: code = Unavailable desc = "no connection"'},
    ),
    (
        "a rejection that nobody handled and the error inside",
        {"errorType": "Runtime.UnhandledPromiseRejection",
        "errorMessage": "ReferenceError: x is not defined"},
        {"errorType": "ReferenceError", "errorMessage": "x is not defined"},
    ),
    (
        "order of cancellation reasons",
        {"errorType": "TransactionCanceledException",
        "errorMessage": "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]"},
        {"errorType": "TransactionCanceledException",
        "errorMessage": "Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed, None]"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("why", "one", "two"), TOGETHER, ids=[why for why, _, _ in TOGETHER])
def test_one_cause_one_group(why: str, one: Any, two: Any) -> None:
    assert dict(found(one).fingerprint_parts) == dict(found(two).fingerprint_parts)
    assert found(one).fingerprint == found(two).fingerprint


def boto(code: str, operation: str) -> dict[str, str]:
    return {
        "errorType": "ClientError",
        "errorMessage": f"An error occurred ({code}) when calling the {operation} operation: no",
    }


APART = {
    "AWS code": (boto("AccessDenied", "GetObject"), boto("NoSuchBucket", "GetObject")),
    "AWS operation": (boto("AccessDenied", "GetObject"), boto("AccessDenied", "PutObject")),
    "HTTP status": (python_error("HTTPError", "HTTP Error 403: Forbidden"), python_error("HTTPError",
    "HTTP Error 500: x")),
    "errno": (python_error("Error", "connect ECONNREFUSED"), python_error("Error", "connect ETIMEDOUT")),
    "module": (python_error("ImportError", "No module named 'a'"), python_error("ImportError",
    "No module named 'b'")),
    "key": (python_error("KeyError", "'a'"), python_error("KeyError", "'b'")),
    "type": (python_error("AError", "m"), python_error("BError", "m")),
    "signal": (
        {"errorType": "Runtime.ExitError", "errorMessage": "Runtime exited with error: signal: killed"},
        {"errorType": "Runtime.ExitError", "errorMessage": "Runtime exited with error: signal: aborted"},
    ),
    "exit status": (
        {"errorType": "Runtime.ExitError", "errorMessage": "Runtime exited with error: exit status 1"},
        {"errorType": "Runtime.ExitError", "errorMessage": "Runtime exited with error: exit status 2"},
    ),
    "call site": (
        python_error("ValueError", "m", ("/var/task/a.py", 1, "f", "x")),
        python_error("ValueError", "m", ("/var/task/a.py", 1, "g", "x")),
    ),
    "host": (
        python_error("ReadTimeout", "HTTPSConnectionPool(host='a.example', port=443): Read timed out."),
        python_error("ReadTimeout", "HTTPSConnectionPool(host='b.example', port=443): Read timed out."),
    ),
    "phase": (
        {"errorType": "Function<TypeError>", "errorMessage": "m"},
        {"errorType": "Init<TypeError>", "errorMessage": "m"},
    ),
    "constant": (python_error("Error", "net::ERR_NAME_NOT_RESOLVED at a", ("/var/task/a.py", 1, "f", "x")),
    python_error("Error", "net::ERR_CONNECTION_RESET at a", ("/var/task/a.py", 1, "f", "x"))),
    "words of a type that covers everything": (
        python_error("WebDriverException", "chrome crashed", ("/var/task/a.py", 1, "f", "x")),
        python_error("WebDriverException", "tab went away", ("/var/task/a.py", 1, "f", "x")),
    ),
    "words of a service's only type": (
        {"errorType": "AmazonS3Exception", "errorMessage": "Access Denied", "stackTrace": ["at A.B.C(D d)"]},
        {"errorType": "AmazonS3Exception", "errorMessage": "Please reduce your request rate.",
        "stackTrace": ["at A.B.C(D d)"]},
    ),
    "field": (
        python_error("ValidationError", "1 validation error for Order\nid\n  Field required", ("/var/task/a.py", 1, "f", "x")),
        python_error("ValidationError", "1 validation error for Order\nsize\n  Field required", ("/var/task/a.py", 1, "f", "x")),
    ),
    "words": (python_error("Exception", "the moon is full"), python_error("Exception", "the sun is out")),
}  # fmt: skip


@pytest.mark.parametrize("difference", APART)
def test_two_causes_two_groups(difference: str) -> None:
    one, two = APART[difference]
    assert found(one).fingerprint != found(two).fingerprint


def test_functions_never_share_a_group() -> None:
    assert (
        found({"errorMessage": "x"}).fingerprint != found({"errorMessage": "x"}, function="pay").fingerprint
    )


def test_vendored_frames_do_not_part() -> None:
    own = ("/var/task/app.py", 3, "handler", "call()")
    one = python_error("ClientError", "m", own, ("/var/task/botocore/client.py", 9, "_api_call", "x"))
    two = python_error("ClientError", "m", own, ("/var/runtime/botocore/client.py", 5, "_call", "y"))
    assert found(one).fingerprint == found(two).fingerprint
    assert [frame.in_app for frame in found(one).error.frames] == [False, True]


@pytest.mark.parametrize(
    ("message", "secret"),
    [
        ("no user jane.doe@example.com", "jane"),
        ("invalid literal for int() with base 10: '4111 1111 1111 1111'", "4111"),
        ("order 8837261 failed", "8837261"),
        ("token 7af7ce94-f3a6-11e6-9625-69fa5c90b751 rejected", "7af7"),
        ("cannot open https://files.example/a?signature=abc", "signature"),
        ('bad value "hunter2 hunter2"', "hunter2"),
        ("User: arn:aws:sts::123456789012:assumed-role/Secret is not authorized", "Secret"),
    ],
)
def test_title_is_safe_for_logs(message: str, secret: str) -> None:
    title = found({"errorType": "ValueError", "errorMessage": message}).title
    assert secret not in title
    assert title.startswith("ValueError: ")


def test_title_keeps_names_of_code_and_is_one_line() -> None:
    error = {"errorType": "ModuleNotFoundError", "errorMessage": "No module named 'requests'\nsecond line"}
    assert found(error).title == "ModuleNotFoundError: No module named 'requests' second line"
    assert len(found({"errorType": "E", "errorMessage": "word " * 200}).title) == 160


@pytest.mark.parametrize("corpus", CORPORA)
@pytest.mark.parametrize("part", PARTS)
def test_corpus(part: str, corpus: str) -> None:
    """The quality the product promises, on the development part as on the part rules were not written for."""
    ratios = measure(part, [corpus]).ratios()
    assert ratios["category"] >= 0.75
    assert ratios["category_lenient"] >= 0.88
    assert ratios["verdict_lenient"] >= 0.88
    assert ratios["grouping"] >= 0.90
