"""Megabytes that somebody could send to make a parser slow: the response payloads of records."""

import json
from typing import Any

MEGABYTE = 1_000_000


def nested_causes(count: int) -> str:
    head = '{"errorType": "java.lang.RuntimeException", "errorMessage": "x: y", "cause": '
    return head * count + "null" + "}" * count


def quoted_json(levels: int) -> str:
    text = '{"errorMessage": "deep"}'
    for _ in range(levels):
        text = json.dumps({"errorMessage": text})
    return text


def message(text: str) -> str:
    return json.dumps({"errorType": "Error", "errorMessage": (text * (MEGABYTE // len(text) + 1))[:MEGABYTE]})


def frames(line: Any) -> str:
    return json.dumps(
        {"errorType": "E", "errorMessage": "m", "stackTrace": [line] * (MEGABYTE // len(str(line)))}
    )


HOSTILE = {
    "digits": message("1"), "zeros with dots": message("0."), "quotes": message("'"),
    "double quotes": message('"'),
    "spaces": message(" "), "newlines": message("\n"), "letters": message("a"), "hyphens": message("a-"),
    "at signs": message("a@"), "dotted": message("a."), "colons": message("Error: "),
    "hex": message("deadbeef0"),
    "braces": message("{"), "brackets": message("["), "backticks": message("`"), "urls": message("http://a/"),
    "arn": message("arn:aws:"), "status": message("status code: "), "slashes": message("/" + "tmp/"),
    "mixed case": message("aA1_"), "host": message("host='"), "errno": message("E" * 15 + " "),
    "quoted types": message("An error occurred ("),
    "surrogates": '{"errorMessage": "' + "\\ud800" * 160_000 + '"}',
    "bare number": "1" * MEGABYTE, "deep arrays": "[" * MEGABYTE,
    "deep closed": "[" * 400_000 + "]" * 400_000,
    "deep objects": '{"a":' * 150_000, "nested causes": nested_causes(12_000),
    "few causes": nested_causes(900),
    "json in strings": quoted_json(14),
    "open string": '"' + "\\" * MEGABYTE, "empty objects": "[" + "{}," * 300_000 + "{}]",
    "python frames": frames('  File "/var/task/a.py", line 2, in f\n    x\n'),
    "node frames": frames("    at f (/var/task/i.js:5:9)"),
    "one long frame": json.dumps({"stackTrace": ["at " + "a." * 500_000]}),
    "one long path": json.dumps({"stackTrace": ["/" * MEGABYTE + ":1:in `x'"]}),
    "trace in one string": json.dumps({"stack": "at f (/a/b.js:1:2)\n" * 50_000}),
    "many keys": json.dumps({str(n): n for n in range(60_000)}),
    "long type": json.dumps({"errorType": "a." * 500_000, "errorMessage": "x"}),
    "long type generics": json.dumps({"errorType": "A<" * 500_000}),
    "wrapped types": message("AError: BError: "), "transaction": message("cancellation reasons [None, "),
    "source brackets": frames('  File "/var/task/a.py", line 2, in f\n    ' + "x[" * 200 + "\n"),
    "lists of frames": frames(["/var/task/a.py", 1, "f", "c"]),
}  # fmt: skip
