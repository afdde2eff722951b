"""What strangers wrote reaches no terminal as a command: escapes, links, titles of windows, bidi controls."""

from collections.abc import Iterator

import pytest

from tests.cli.support.api_server import Api, connected, served
from tests.cli.support.objects import ID, detail, execution, failure
from tests.cli.support.run import run

HOSTILE = [
    "\x1b[2J\x1b[31mred",
    "\x1b]8;;https://evil.example/\x1b\\click\x1b]8;;\x1b\\",
    "\x1b]0;title\x07",
    "\x9b31mred",
    "\x90q\x9c",
    "abc\u202etxt.exe\u202c",
    "\u2066hidden\u2069",
    "a\rb",
    "\x08\x08\x08",
    "\u2028line",
]
FORBIDDEN = {chr(n) for n in (*range(0x20), *range(0x7F, 0xA0))} - {"\n"} | set(
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\u200e\u200f"
)


@pytest.fixture
def api() -> Iterator[Api]:
    with served() as api, connected(api):
        yield api


@pytest.mark.parametrize("evil", HOSTILE, ids=repr)
def test_no_sequence_of_a_message_is_obeyed(api: Api, evil: str) -> None:
    shown = detail(failure=failure(title=evil, error_type=evil))
    frames = [{**one, "code": evil, "file": evil, "function": evil} for one in shown["error"]["frames"]]
    error = {**shown["error"], "message": evil, "error_type": evil, "frames": frames, "reasons": [evil]}
    stone = {"at": "2026-01-31T09:00:00Z", "by": evil, "reason": evil}
    api.says("GET", f"/executions/{ID}", {**shown, "error": error, "forgotten": stone})
    api.says("GET", f"/executions/{ID}/error", error)
    listed = execution(failure=failure(title=evil, error_type=evil))
    api.says("GET", "/executions", {"executions": [listed], "cursor": None})
    for words in (("show", ID), ("show", ID, "--full"), ("list",)):
        outcome = run(*words, "-o", "table")
        assert outcome.code == 0
        assert not FORBIDDEN & set(outcome.out + outcome.err), words


@pytest.mark.parametrize("evil", HOSTILE, ids=repr)
def test_json_holds_the_text_and_no_sequence(api: Api, evil: str) -> None:
    listed = execution(failure=failure(title=evil))
    api.says("GET", "/executions", {"executions": [listed], "cursor": None})
    outcome = run("list", "-o", "jsonl")
    assert outcome.objects[0]["failure"]["title"] == evil
    assert not {letter for letter in FORBIDDEN if letter < "\x20"} & set(outcome.out)
