"""Reading through the API, good and bad (docs/reference/service.md#api), and its OpenAPI document."""

import base64
import json
import re
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

import api.app
import api.composition_root
from api.errors import FORMS
from api.openapi import document
from bench.meter import metering
from tests.integration.conftest import SOURCE, Stack, code
from tests.support.events import Context, api_event
from tests.support.template import ROOT, load_template
from tests.support.world.service import record_text


def test_an_execution_with_its_error(failed: Stack) -> None:
    status, body = failed.call("GET", "/executions/event-1")
    assert status == 200
    assert body["id"] == "event-1"
    assert body["status"] == "failed"
    assert body["function"] == "lambda-replay-sources-switch"
    assert body["function_arn"] == SOURCE + ":live"
    assert body["failure"]["condition"] == "RetriesExhausted"
    assert body["error"]["error_type"] == "ValueError"
    assert body["error"]["message"] == "boom"
    assert body["replays"] == []
    assert body["failure"]["group"]
    assert body["error"]["fingerprint_parts"]


def test_the_payload_is_the_original_text(failed: Stack) -> None:
    answer = api.app.handler(api_event("GET", "/executions/event-1/payload"), Context())
    assert answer["body"] == '{"n": 1.10}'
    assert answer["isBase64Encoded"] is False


def test_a_list_in_pages(stack: Stack) -> None:
    stack.triage(*[record_text(f"event-{n}", arn=SOURCE) for n in range(5)])
    seen: list[str] = []
    query = {"limit": "2", "function": "lambda-replay-sources-switch"}
    while True:
        status, body = stack.call("GET", "/executions", query=query)
        assert status == 200
        seen += [execution["id"] for execution in body["executions"]]
        if body["cursor"] is None:
            break
        query["cursor"] = body["cursor"]
    assert sorted(seen) == [f"event-{n}" for n in range(5)]
    assert len(seen) == 5


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"status": "failed"}, 1),
        ({"status": "recovered"}, 0),
        ({"function": "lambda-replay-sources-switch"}, 1),
        ({"function": "other"}, 0),
        ({"error_type": "ValueError"}, 1),
        ({"error_type": "KeyError"}, 0),
        ({"category": "throttling"}, 0),
        ({"verdict": "as_is"}, 0),
        ({"from": "2020-01-01T00:00:00Z"}, 1),
        ({"to": "2020-01-01T00:00:00+01:00"}, 0),
        ({"group": "0" * 32}, 0),
    ],
)
def test_filters(failed: Stack, query: dict[str, str], count: int) -> None:
    status, body = failed.call("GET", "/executions", query=query)
    assert (status, len(body["executions"])) == (200, count)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"status": "broken"}, "status"),
        ({"category": "weather"}, "category"),
        ({"verdict": "maybe"}, "verdict"),
        ({"from": "yesterday"}, "from"),
        ({"to": "2026-01-31T09:00:00"}, "to"),
        ({"from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, "from"),
        ({"from": "0001-01-01T00:00:00+14:00"}, "from"),
        ({"to": "9999-12-31T23:59:59-14:00"}, "to"),
        ({"function": ""}, "function"),
        ({"group": ""}, "group"),
        ({"group": "x" * 3000}, "group"),
        ({"cursor": "!"}, "cursor"),
        ({"cursor": ""}, "cursor"),
        ({"cursor": "bm9uZQ"}, "cursor"),
        ({"cursor": "WyJhIiwiYiIsImMiXQ"}, "cursor"),
        ({"cursor": "x" * 10_000}, "cursor"),
    ],
)
def test_a_bad_parameter_is_named(failed: Stack, query: dict[str, str], names: str) -> None:
    status, body = failed.call("GET", "/executions", query=query)
    assert status == 400
    assert names in body["error"]["message"]


def test_a_cursor_is_good_for_its_own_list_only(stack: Stack) -> None:
    stack.triage(*[record_text(f"event-{n}", arn=SOURCE) for n in range(2)])
    cursor = stack.call("GET", "/executions", query={"limit": "1"})[1]["cursor"]
    query = {"limit": "1", "cursor": cursor}
    assert stack.call("GET", "/executions", query=query)[0] == 200
    assert code(stack.call("GET", "/executions", query=query | {"status": "failed"})) == (
        400,
        "invalid_cursor",
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/executions/nobody"),
        ("GET", "/executions/nobody/payload"),
        ("GET", "/executions/no-such-one/error"),
        ("POST", "/executions/nobody/replay"),
        ("POST", "/executions/nobody/reopen"),
    ],
)
def test_an_unknown_id(failed: Stack, method: str, path: str) -> None:
    assert code(failed.call(method, path)) == (404, "execution_not_found")


def test_the_id_of_a_replays_run_says_whose_it_is(failed: Stack) -> None:
    failed.call("POST", "/executions/event-1/replay")
    status, body = failed.call("GET", "/executions/run-1")
    assert status == 404
    assert "replay 1 of execution event-1" in body["error"]["message"]


@pytest.mark.parametrize("name", ["x" * 3000, "%20", "ü", ".", "a b"])
def test_what_is_no_id_has_no_execution(failed: Stack, name: str) -> None:
    for path in (f"/executions/{name}", f"/executions/{name}/payload"):
        assert failed.call("GET", path)[0] == 404


@pytest.mark.parametrize(
    "query",
    [{"from": "0001-01-01T00:00:00Z"}, {"to": "9999-12-31T00:00:00Z"}, {"from": "1970-01-01T00:00:00Z"}],
)
def test_a_wide_range_costs_no_more_than_what_can_be_stored(failed: Stack, query: dict[str, str]) -> None:
    with metering() as meter:
        status, body = failed.call("GET", "/executions", query=query)
    assert (status, len(body["executions"])) == (200, 1)
    assert meter.calls <= 5


def test_a_fault_keeps_the_shape_of_errors(failed: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE_NAME", "elsewhere")
    api.composition_root.settings.cache_clear()
    api.composition_root.storage.cache_clear()
    assert code(failed.call("GET", "/executions")) == (500, "internal_error")


def test_a_replay_function_that_does_not_answer(failed: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://lambda")

    monkeypatch.setattr(failed.aws, "invoke", silent)
    assert code(failed.call("POST", "/executions/event-1/replay")) == (502, "internal_error")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_bodies_are_json_whatever_they_are_called(failed: Stack, kind: str) -> None:
    headers = {"Content-Type": kind}
    answer = failed.call("POST", "/executions/event-1/replay", body='{"dry_run": true}', headers=headers)
    assert answer[0] == 200
    answer = failed.call("POST", "/executions/event-1/replay", body="secret=1", headers=headers)
    assert code(answer) == (400, "invalid_request")
    assert "secret" not in answer[1]["error"]["message"]


def test_an_unknown_route(failed: Stack) -> None:
    assert code(failed.call("GET", "/nothing")) == (404, "not_found")
    assert code(failed.call("DELETE", "/executions/event-1")) == (404, "not_found")


def test_the_openapi_document_is_the_codes() -> None:
    assert (ROOT / "docs" / "openapi.json").read_text() == document(), "run `make openapi`"


def test_the_document_has_every_route_of_the_template() -> None:
    routes = {
        (event["Properties"]["Method"].lower(), event["Properties"]["Path"])
        for event in load_template()["Resources"]["ApiFunction"]["Properties"]["Events"].values()
    }
    paths = json.loads((ROOT / "docs" / "openapi.json").read_text())["paths"]
    assert routes == {(method, path) for path, methods in paths.items() for method in methods}


@pytest.mark.parametrize(
    "path", ["/groups/", "/jobs/", "/executions/", "/functions/", "/groups//", "/jobs//pause", "/stats/"]
)
def test_an_empty_name_is_no_list(stack: Stack, path: str) -> None:
    """Who asks for one thing must not get the list of all, which looks otherwise."""
    status, answer = stack.call("POST" if "pause" in path else "GET", path)
    assert (status, answer["error"]["code"]) == (404, "not_found")
    assert path in answer["error"]["message"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("eyJyZWFzb24iOiAi", "JSON"),
        ("%%%", "not valid base64"),
        ("abc", "not valid base64"),
        ("é", "not valid base64"),
        ("/w==", "not UTF-8"),
    ],
)
def test_a_body_that_can_not_be_decoded_is_named(failed: Stack, body: str, says: str) -> None:
    event = api_event("POST", "/executions/event-1/replay", body=body) | {"isBase64Encoded": True}
    answer = api.app.handler(event, Context())
    problem = json.loads(answer["body"])["error"]
    assert (answer["statusCode"], problem["code"]) == (400, "invalid_request")
    assert problem["message"].startswith("body: ")
    assert says in problem["message"]
    assert failed.aws.sent == []


def test_a_body_in_base64_is_read(failed: Stack) -> None:
    body = base64.b64encode('{"reason": "für v8"}'.encode()).decode()
    event = api_event("POST", "/executions/event-1/replay", body=body) | {"isBase64Encoded": True}
    answer = api.app.handler(event, Context())
    assert (answer["statusCode"], json.loads(answer["body"])["replay"]["reason"]) == (202, "für v8")


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("GET", "/groups/zz", None, "a group's fingerprint is 8 to 64 hex digits"),
        ("GET", "/functions/a%20b/policy", None, "expected a function's name (1 to 140 letters"),
        ("POST", "/jobs", {"ids": ["?"]}, "ids.0: an execution's id is at most 128 letters"),
        (
            "POST",
            "/jobs",
            {"ids": ["a"], "qualifier": "a b"},
            "qualifier: an alias or a version is $LATEST, or",
        ),
        ("POST", "/jobs", {"ids": ["a"], "function": "a b"}, "function: expected a function's name"),
        ("POST", "/jobs", {}, "expected exactly one of filter and ids"),
        ("POST", "/executions/a/replay", {"patch": 1}, "patch: expected a list (JSON Patch) or an object"),
    ],
)
def test_what_is_not_valid_is_said_in_a_sentence(
    stack: Stack, method: str, path: str, body: object, said: str
) -> None:
    status, answer = stack.call(method, path, json=body)
    message = answer["error"]["message"]
    assert (status, said in message) == (400, True), message
    assert "pattern" not in message
    assert "Value error" not in message


def test_every_pattern_of_the_api_has_its_sentence() -> None:
    patterns = set(re.findall(r'"pattern": ("[^\n]*")', (ROOT / "docs" / "openapi.json").read_text()))
    assert {json.loads(pattern) for pattern in patterns} == set(FORMS)


def _leaking(stack: Stack, secret: str) -> None:
    frame = f'  File "/var/task/app.py", line 7, in handler\n    connect(password="{secret}")\n'
    response = json.dumps(
        {"errorType": "DbError", "errorMessage": f"login failed, password={secret}", "stackTrace": [frame]}
    )
    stack.triage(record_text("event-1", arn=SOURCE, response=response))


def test_a_secret_is_shown_by_the_error_alone(stack: Stack) -> None:
    secret = "correct-horse-7"
    _leaking(stack, secret)
    status, shown = stack.call("GET", "/executions/event-1")
    assert (status, shown["error"]["message"]) == (200, "login failed, password=…")
    group = shown["failure"]["group"]
    others = [stack.call("GET", path) for path in ("/executions", "/groups", f"/groups/{group}")]
    assert secret not in json.dumps([shown, others])
    status, error = stack.call("GET", "/executions/event-1/error")
    assert (status, error["message"]) == (200, f"login failed, password={secret}")
    assert error["frames"][0]["code"] == f'connect(password="{secret}")'
    # With an execution there is nothing else less.
    assert {**error, "message": None, "frames": None} == {**shown["error"], "message": None, "frames": None}


def test_an_error_that_is_not_there(failed: Stack) -> None:
    assert failed.call("GET", "/executions/no-such/error")[0] == 404
