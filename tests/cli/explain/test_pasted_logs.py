# ruff: noqa: E501 - lines of logs are long
"""What people have at hand when they ask why: a line out of CloudWatch, a JSON log entry, a trace."""

import json
from typing import Any

import pytest

from tests.cli.support.run import explain, explained
from tests.support.template import ROOT
from tests.support.world.service import record_text

ID = "0638bcc9-5472-4a56-b723-3c63f09893e2"
STAMP = "2026-11-27T12:17:59.036Z"
NODE_ERROR = {
    "errorType": "Error", "errorMessage": "connect ECONNREFUSED 10.0.0.9:6379",
    "code": "ECONNREFUSED", "stack": ["Error: connect ECONNREFUSED 10.0.0.9:6379", "    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16)"],
}  # fmt: skip
PYTHON_TRACE = """Traceback (most recent call last):
  File "/var/task/app.py", line 7, in handler
    return place(event)
  File "/var/task/orders.py", line 3, in place
    return event["orderId"]
KeyError: 'orderId'
"""
REPORT = f"REPORT RequestId: {ID}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 30 MB"

# What is pasted, and the category that is right.
PASTED: dict[str, tuple[str, str]] = {
    "Node's line": (f"{STAMP}\t{ID}\tERROR\tInvoke Error \t{json.dumps(NODE_ERROR)}", "transient_dependency"),
    "Node's line of a rejection": (f"{STAMP}\t{ID}\tERROR\tUnhandled Promise Rejection \t{json.dumps(NODE_ERROR)}", "transient_dependency"),
    "Node's line before the handler": (f"{STAMP}\tundefined\tERROR\tUncaught Exception \t{json.dumps({'errorType': 'Runtime.ImportModuleError', 'errorMessage': 'Error: Cannot find module'})}", "configuration"),
    "what `aws logs tail` prints": (f"2026-11-27T12:17:59.036000+00:00 2026/11/27/[$LATEST]0123456789abcdef0123456789abcdef {STAMP}\t{ID}\tERROR\tInvoke Error \t{json.dumps(NODE_ERROR)}", "transient_dependency"),
    "console.error of a trace": (f"{STAMP}\t{ID}\tERROR\tTypeError: Cannot read properties of undefined (reading 'total')\n    at place (/var/task/orders.js:3:7)\n    at Runtime.handler (/var/task/index.js:9:3)", "code_bug"),
    "Python's line": (f"[ERROR] KeyError: 'orderId'\n{PYTHON_TRACE}".removesuffix("KeyError: 'orderId'\n"), "invalid_input"),
    "Python's line as CloudWatch keeps it": ("[ERROR] KeyError: 'orderId'\rTraceback (most recent call last):\r\xa0\xa0File \"/var/task/app.py\", line 7, in handler\r\xa0\xa0\xa0\xa0return event[\"orderId\"]", "invalid_input"),
    "Python's line as the console copies it": ("[ERROR] KeyError: 'orderId' Traceback (most recent call last):   File \"/var/task/app.py\", line 7, in handler     return event[\"orderId\"]", "invalid_input"),
    "Python's logger": (f"[ERROR]\t{STAMP}\t{ID}\tOperationalError: connection refused\n{PYTHON_TRACE}", "invalid_input"),
    "a time-out": (f"{STAMP} {ID} Task timed out after 3.00 seconds", "timeout"),
    "an exit": (f"RequestId: {ID} Error: Runtime exited with error: signal: killed\nRuntime.ExitError", "out_of_memory"),
    "a report that says how it ended": (f"{REPORT}\tStatus: timeout", "timeout"),
    "a report with a type": (f"{REPORT}\tStatus: error\tError Type: Runtime.OutOfMemory", "out_of_memory"),
    "a traceback": (PYTHON_TRACE, "invalid_input"),
    "a traceback behind another": (f"{PYTHON_TRACE}\nDuring handling of the above exception, another exception occurred:\n\n" + PYTHON_TRACE.replace("KeyError: 'orderId'", "ConnectionRefusedError: [Errno 111] Connection refused"), "transient_dependency"),
    "Node's trace": ("Error: connect ETIMEDOUT 10.0.0.9:5432\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16)\n", "transient_dependency"),
    "Node's trace without message": ("AggregateError [ECONNREFUSED]: \n    at internalConnectMultiple (node:net:1122:18)\n", "transient_dependency"),
    "Java's trace": ('Exception in thread "main" java.lang.RuntimeException: not placed\n\tat com.acme.H.h(H.java:3)\nCaused by: java.net.ConnectException: Connection refused\n\tat java.base/sun.nio.ch.Net.connect(Net.java:1)\n\t... 3 more', "transient_dependency"),
    "the trace that Lambda writes for Java": ("not placed: java.lang.NullPointerException\njava.lang.NullPointerException: not placed\n\tat com.acme.H.h(H.java:3)\n", "code_bug"),
    ".NET's trace": ("System.NullReferenceException: Object reference not set to an instance of an object.\n   at Acme.H.Run(Order o) in /src/H.cs:line 12\n", "code_bug"),
    "Go's panic": ("panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation]\n\ngoroutine 1 [running]:\nmain.handler(0x1)\n\t/src/main.go:12 +0x1d\n", "code_bug"),
    "Ruby's trace": ("/var/task/app.rb:3:in `handler': undefined method `total' for nil:NilClass (NoMethodError)\n\tfrom /var/task/app.rb:9:in `main'\n", "code_bug"),
    "one line": ("botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the GetObject operation: Access Denied", "permission"),
    "Lambda's JSON format, Node": (json.dumps({"timestamp": STAMP, "level": "ERROR", "requestId": ID, "message": NODE_ERROR}), "transient_dependency"),
    "Lambda's JSON format, Python": (json.dumps({"timestamp": STAMP, "log_level": "ERROR", "errorMessage": "'orderId'", "errorType": "KeyError", "requestId": ID, "stackTrace": ['  File "/var/task/app.py", line 7, in handler\n    return event["orderId"]\n']}), "invalid_input"),
    "Lambda's JSON events": (json.dumps({"time": STAMP, "type": "platform.report", "record": {"requestId": ID, "status": "timeout", "metrics": {}}}), "timeout"),
    "Powertools for Python": (json.dumps({"level": "ERROR", "location": "handler:9", "message": "failed", "timestamp": STAMP, "service": "orders", "function_name": "orders", "function_request_id": ID, "exception": PYTHON_TRACE, "exception_name": "KeyError"}), "invalid_input"),
    "Powertools for TypeScript": (json.dumps({"level": "ERROR", "message": "failed", "service": "orders", "error": {"name": "Error", "location": "a.js:1", "message": "connect ECONNREFUSED 10.0.0.9:6379", "stack": "Error: connect ECONNREFUSED 10.0.0.9:6379\n    at x (/var/task/a.js:1:2)"}}), "transient_dependency"),
    "pino": (json.dumps({"level": 50, "time": 1, "pid": 1, "err": {"type": "Error", "message": "connect ECONNREFUSED 10.0.0.9:6379", "stack": "Error: x\n    at x (/var/task/a.js:1:2)"}, "msg": "failed"}), "transient_dependency"),
    "logback": (json.dumps({"@timestamp": STAMP, "level": "ERROR", "message": "failed", "logger_name": "a.H", "stack_trace": "java.net.ConnectException: Connection refused\n\tat a.H.h(H.java:3)\n"}), "transient_dependency"),
    "a JSON entry with a line in it": (json.dumps({"level": "ERROR", "message": f"{STAMP} {ID} Task timed out after 3.00 seconds"}), "timeout"),
    "`aws logs filter-log-events`": (json.dumps({"events": [{"logStreamName": "s", "timestamp": 1, "message": f"START RequestId: {ID} Version: 1\n"}, {"timestamp": 2, "message": f"{STAMP}\t{ID}\tERROR\tInvoke Error \t{json.dumps(NODE_ERROR)}\n"}], "searchedLogStreams": []}), "transient_dependency"),
    "a query's results": (json.dumps({"results": [[{"field": "@message", "value": f"{STAMP} {ID} Task timed out after 3.00 seconds"}, {"field": "@ptr", "value": "x"}]], "status": "Complete"}), "timeout"),
}  # fmt: skip


@pytest.mark.parametrize("what", PASTED)
@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_what_people_have_is_explained(what: str, end: str) -> None:
    text, category = PASTED[what]
    (found,) = explained(text + end)
    assert found["category"] == category


@pytest.mark.parametrize(
    "what", [what for what, (text, _) in PASTED.items() if ID in text and "report" not in what]
)
def test_the_request_s_id_is_taken_where_it_stands(what: str) -> None:
    (found,) = explained(PASTED[what][0])
    assert found["id"] == ID


def test_a_traceback_is_in_the_group_of_the_runtime_s_own_payload() -> None:
    payload = {
        "errorType": "KeyError",
        "errorMessage": "'orderId'",
        "stackTrace": [
            '  File "/var/task/app.py", line 7, in handler\n    return place(event)\n',
            '  File "/var/task/orders.py", line 3, in place\n    return event["orderId"]\n',
        ],
    }
    pasted, reported = explained(PYTHON_TRACE), explained(json.dumps(payload))
    assert pasted[0]["fingerprint"] == reported[0]["fingerprint"]


def test_a_whole_log_has_one_failure_for_each_that_is_reported() -> None:
    lines = [
        "INIT_START Runtime Version: python:3.13.v1\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:a",
        f"START RequestId: {ID} Version: $LATEST",
        f"[INFO]\t{STAMP}\t{ID}\tKeyError: is only spoken of",
        f"[ERROR] KeyError: 'orderId'\n{PYTHON_TRACE}".rstrip(),
        f"END RequestId: {ID}",
        f"{REPORT}\tStatus: error\tError Type: Function.KeyError",
        f"START RequestId: {ID} Version: $LATEST",
        f"{STAMP} {ID} Task timed out after 3.00 seconds",
        f"END RequestId: {ID}",
        f"{REPORT}\tStatus: timeout",
        REPORT,
    ]
    found = explained("\n".join(lines))
    assert [one["category"] for one in found] == ["invalid_input", "timeout"]


def test_records_and_lines_may_stand_beside_each_other() -> None:
    text = f"{record_text('r-1')}\n{PYTHON_TRACE}{record_text('r-2')}\n"
    found = explained(text)
    assert [one["id"] for one in found] == ["r-1", "line 2", "r-2"]


@pytest.mark.parametrize(
    "text",
    [
        f"START RequestId: {ID} Version: $LATEST\nEND RequestId: {ID}\n{REPORT}\n",
        f"{STAMP}\t{ID}\tINFO\tplaced",
        json.dumps({"level": "INFO", "message": "placed"}),
        json.dumps(
            {"time": STAMP, "type": "platform.report", "record": {"requestId": ID, "status": "success"}}
        ),
        json.dumps({"events": [{"timestamp": 1, "message": "placed"}]}),
    ],
)
def test_a_log_without_an_error_is_no_mistake(text: str) -> None:
    outcome = explain(text)
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.problems == ["lambda-replay: standard input: no records in it"]


@pytest.mark.parametrize("text", ["nonsense", "secret: words\nand more of them", "2026-01-31 is a date"])
def test_other_text_is_refused_with_its_place_and_quotes_nothing(text: str) -> None:
    outcome = explain(f"{record_text('r-1')}\n{text}\n")
    assert outcome.code == 1
    (problem,) = outcome.problems
    assert problem.startswith("lambda-replay: standard input, line 2: neither")
    assert "secret" not in problem


def test_other_text_is_not_waited_for() -> None:
    """Each line is refused as it comes, as anyone who types it expects."""
    outcome = explain("nonsense\nand more\n")
    assert [problem.split(": ")[1] for problem in outcome.problems] == [
        "standard input, line 1",
        "standard input, line 2",
    ]


def test_a_log_of_any_length_takes_little_memory() -> None:
    lines: list[Any] = ["KeyError: 'a'", *[f"    at f (/var/task/a.js:{n}:1)" for n in range(50_000)]]
    (found,) = explained("\n".join(lines))
    assert found["category"] == "invalid_input"


def test_the_log_line_of_the_corpus_is_explained() -> None:
    lines = (ROOT / "tests" / "corpus" / "cases.jsonl").read_text().splitlines()
    [case] = [each for each in map(json.loads, lines) if each["kind"] == "operational:log-line-pasted"]
    [found] = explained(case["message"]["stdin"])
    assert (found["error_type"], found["id"]) == (
        "FullBatchFailureError",
        "0638bcc9-5472-4a56-b723-3c63f09893e2",
    )
