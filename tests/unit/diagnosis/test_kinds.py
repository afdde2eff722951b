# ruff: noqa: E501 - a payload reads better in one line
"""Kinds of failures, each in the words of many libraries and runtimes: what is right for one is right for all."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.diagnosis.score_cases import explained
from tests.support.payloads import (
    EVENT_HANDLER,
    OWN,
    PY_JSON,
    bare,
    exited,
    java,
    node,
    python,
)

TRANSIENT, INPUT, BUG = "transient_dependency/as_is", "invalid_input/never", "code_bug/after_fix"
SETUP, LOCKED, MISSING = "configuration/after_fix", "resource_state/as_is", "resource_state/never"
THROTTLED = "throttling/as_is"
NO_JSON = "Expecting value: line 1 column 1 (char 0)"


def answer(response: Any, payload: Any = None) -> str:
    found = explained(json.dumps(response), None if payload is None else json.dumps(payload))
    return f"{found.category}/{found.verdict}"


def source(line: str) -> tuple[str, str, str]:
    return ("/var/task/app.py", "handler", line)


DEPENDENCY_ANSWERS = {
    "requests": python("JSONDecodeError", NO_JSON, source("return requests.get(URL).json()"), ("/var/task/requests/models.py", "json", "raise RequestsJSONDecodeError(e.msg, e.doc, e.pos)")),
    "requests in own code": python("JSONDecodeError", NO_JSON, source("data = fetch(URL)"), ("/var/task/util.py", "fetch", "return json.loads(resp.text)"), PY_JSON),
    "urllib": python("JSONDecodeError", NO_JSON, source("return json.loads(urllib.request.urlopen(URL).read())"), PY_JSON),
    "httpx": python("JSONDecodeError", NO_JSON, OWN, ("/var/task/httpx/_models.py", "json", "return jsonlib.loads(self.content)"), PY_JSON),
    "aiohttp": python("ContentTypeError", "200, message='Attempt to decode JSON with unexpected mimetype: text/html', url=URL('https://api.example/x')", OWN),
    "botocore": python("ResponseParserError", "Unable to parse response (no element found: line 1, column 0), invalid XML received. Further retries may succeed:\nb''", OWN, ("/var/runtime/botocore/parsers.py", "_parse_xml_string_to_dom", "raise ResponseParserError(")),
    "fetch, empty": node("SyntaxError", "Unexpected end of JSON input", "JSON.parse (<anonymous>)", "parseJSONFromBytes (node:internal/deps/undici/undici:5880:19)", "async prices (/var/task/index.js:12:20)"),
    "axios": node("SyntaxError", "Unexpected token < in JSON at position 0", "JSON.parse (<anonymous>)", "transformResponse (/var/task/node_modules/axios/lib/defaults/index.js:100:1)", f"async {EVENT_HANDLER}"),
    "node-fetch": bare("FetchError", "invalid json response body at https://api.example/ reason: Unexpected end of JSON input"),
    "got": node("ParseError", 'Unexpected token < in JSON at position 0 in "https://api.example/v1"'),
    "an AWS SDK, page": node("SyntaxError", "Unexpected token '<', \"<html>\n<h\"... is not valid JSON\n  Deserialization error: to see the raw response, inspect the hidden field {error}.$response on this object."),
    "an AWS SDK, text": node("Error", "char 'I' is not expected.:1:1\n  Deserialization error: to see the raw response, inspect the hidden field {error}.$response on this object."),
    "Feign": java("feign.codec.DecodeException", "Error while extracting response for type [class a.B] and content type [text/html]", "feign.InvocationContext.decode(InvocationContext.java:110)", "com.acme.H.h(H.java:3)"),
    "Jackson, page": java("com.fasterxml.jackson.core.JsonParseException", "Unexpected character ('<' (code 60)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", "com.fasterxml.jackson.core.JsonParser._constructError(JsonParser.java:1)", "com.acme.H.h(H.java:3)"),
    "Newtonsoft, page": bare("JsonReaderException", "Unexpected character encountered while parsing value: <. Path '', line 0, position 0."),
    "HttpClient": {"errorType": "JsonException", "errorMessage": "The input does not contain any JSON tokens. Path: $ | LineNumber: 0 | BytePositionInLine: 0.", "stackTrace": ["at System.Text.Json.JsonSerializer.ReadAsync(X x)", "at System.Net.Http.Json.HttpContentJsonExtensions.ReadFromJsonAsync(HttpContent c)", "at Acme.Api.Get(String x) in /src/A.cs:line 3"]},
    "Go SDK": bare("errorString", "operation error S3: GetObject, https response error StatusCode: 200, deserialization failed, failed to decode response body, invalid character '<' looking for beginning of value"),
    "Ruby": {"errorType": "Function<JSON::ParserError>", "errorMessage": "unexpected token at 'Service'", "stackTrace": ["/var/lang/lib/ruby/3.3.0/json/common.rb:219:in `parse'", "/var/task/vendor/bundle/ruby/3.3.0/gems/httparty-0.21/lib/httparty/parser.rb:1:in `json'", "/var/task/a.rb:1:in `h'"]},
    "reqwest": bare("&reqwest::error::Error", "error decoding response body: expected value at line 1 column 1"),
}  # fmt: skip
EVENT_TEXTS = {
    "body": python("JSONDecodeError", NO_JSON, source("body = json.loads(event['body'])"), PY_JSON),
    "Powertools": python("JSONDecodeError", NO_JSON, OWN, ("/opt/python/aws_lambda_powertools/utilities/data_classes/sqs_event.py", "json_body", "return self._json_deserializer(self.body)"), PY_JSON),
    "V8": node("SyntaxError", "Unexpected token 'b', \"{bad\" is not valid JSON", "JSON.parse (<anonymous>)", EVENT_HANDLER),
    "no text at all": node("SyntaxError", '"undefined" is not valid JSON', "JSON.parse (<anonymous>)", EVENT_HANDLER),
    "a page that was sent": node("SyntaxError", "Unexpected token '<', \"<html>\" is not valid JSON", "JSON.parse (<anonymous>)", EVENT_HANDLER),
    "the runtime of .NET": {"errorType": "JsonException", "errorMessage": "'<' is an invalid start of a value. Path: $ | LineNumber: 0", "stackTrace": ["at System.Text.Json.X()", "at Amazon.Lambda.Serialization.SystemTextJson.AbstractLambdaJsonSerializer.Deserialize[T](Stream s)"]},
}  # fmt: skip


@pytest.mark.parametrize("library", DEPENDENCY_ANSWERS)
def test_an_answer_that_is_no_json_is_the_dependency_s(library: str) -> None:
    assert answer(DEPENDENCY_ANSWERS[library], {"id": 1, "body": "{}"}) == TRANSIENT


@pytest.mark.parametrize("reader", EVENT_TEXTS)
def test_a_text_of_the_event_that_is_no_json_is_the_event_s(reader: str) -> None:
    assert answer(EVENT_TEXTS[reader], {"body": "{bad", "page": "<html>"}) == INPUT


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(categories=["Lu", "Ll", "Nd"], max_codepoint=127), min_size=3, max_size=9))
def test_v8_quotes_what_it_read_and_the_event_says_whether_it_was_in_it(text: str) -> None:
    error = node("SyntaxError", f"Unexpected token '{text[0]}', \"{text}\"... is not valid JSON", "JSON.parse (<anonymous>)", "load (/var/task/lib.js:3:4)")  # fmt: skip
    assert answer(error, {"body": f"{text} and more"}) == INPUT
    assert answer(error, {"body": "{}"}) == TRANSIENT


PAGE_TRACE = ("JSON.parse (<anonymous>)", "parseJSONFromBytes (node:internal/deps/undici/undici:5880:19)")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from('<"ISN{x0'), st.sampled_from(["Internal S", "Service Un", "<!DOCTYPE ", "<html><h"]))
def test_one_call_site_is_one_group_whatever_the_answer_began_with(letter: str, text: str) -> None:
    def group(first: str, quoted: str, site: str) -> str:
        message = f"Unexpected token '{first}', \"{quoted}\"... is not valid JSON"
        return explained(json.dumps(node("SyntaxError", message, *PAGE_TRACE, site))).fingerprint

    here, there = "async prices (/var/task/a.js:1:2)", "async stock (/var/task/a.js:9:2)"
    assert group(letter, text, here) == group("<", "<!DOCTYPE ", here)
    assert group(letter, text, here) != group(letter, text, there)


NETWORK_CODES = (
    "ECONNREFUSED",
    "ETIMEDOUT",
    "ENETUNREACH",
    "ECONNRESET",
    "EHOSTUNREACH",
    "EPIPE",
    "ENOTFOUND",
)


@pytest.mark.parametrize("code", NETWORK_CODES)
@pytest.mark.parametrize("head", ["AggregateError [{}]: ", "Error [{}]: ", "Runtime.UnhandledPromiseRejection: AggregateError [{}]: "])  # fmt: skip
def test_a_code_in_the_head_of_a_trace_is_read(code: str, head: str) -> None:
    error = node("AggregateError", "", "internalConnectMultiple (node:net:1122:18)", head=head.format(code))
    assert answer(error) == TRANSIENT
    assert code in explained(json.dumps(error)).title


def test_groups_are_apart_by_the_code() -> None:
    errors = [node("AggregateError", "", head=f"AggregateError [{code}]: ") for code in NETWORK_CODES]
    assert len({explained(json.dumps(error)).fingerprint for error in errors}) == len(NETWORK_CODES)


@pytest.mark.parametrize("frame", ["internalConnectMultiple (node:net:1122:18)", "TLSSocket.onConnectSecure (node:_tls_wrap:1539:34)", "GetAddrInfoReqWrap.onlookupall [as oncomplete] (node:dns:122:26)"])  # fmt: skip
def test_without_code_and_message_the_frames_say_that_it_was_the_network(frame: str) -> None:
    assert answer(node("Error", "", frame, head="Error")) == TRANSIENT


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("IdempotencyAlreadyInProgressError", "Execution already in progress with idempotency key: a#4f34"),
        ("software.amazon.lambda.powertools.idempotency.exceptions.IdempotencyAlreadyInProgressException", "x"),
        ("IdempotencyInconsistentStateError", "save_inprogress and get_record return inconsistent results."),
        ("Error", "order 5 is already being processed"),
        ("LockError", "Unable to acquire lock within the time specified"),
        ("Exception", "could not acquire lock on resource orders"),
    ],
)  # fmt: skip
def test_a_lock_expires(kind: str, message: str) -> None:
    assert answer(bare(kind, message)) == LOCKED


SPELLINGS = (
    "({0}, 'x')", "(status={0})", "call failed (status={0}, body='')", "{0}: {1}", "the API returned {0}: later",
    "HTTP {0}", "status: {0}", "Status Code: {0}", "status_code={0}", "responded with {0}", "<Response [{0}]>",
    "got {0} from orders", "{1} ({0})", "[{0}] {1}", "error code: {0}", "HTTP/1.1 {0}", "code={0}",
    "unexpected status {0}", "response status is {0}", "answered with HTTP {0}", "statusCode: {0}",
    '{{"status": {0}, "message": "x"}}', "server responded with a {0}", "failed with HTTP status code {0}",
)  # fmt: skip
PHRASES = {"404": ("Not Found", MISSING), "429": ("Too Many Requests", THROTTLED),
           "503": ("Service Unavailable", TRANSIENT), "502": ("Bad Gateway", TRANSIENT)}  # fmt: skip


def api_error(message: str) -> dict[str, Any]:
    return python("ApiError", message, source("place(event)"), ("/var/task/client.py", "place", "raise ApiError(resp.status_code, resp.text)"))  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_status_is_read_in_any_spelling(spelling: str) -> None:
    groups = set()
    for status, (phrase, right) in PHRASES.items():
        error = api_error(spelling.format(status, phrase))
        assert answer(error) == right
        groups.add(explained(json.dumps(error)).fingerprint)
    assert len(groups) == len(PHRASES)


@pytest.mark.parametrize(
    "message",
    ["took 503 ms", "503 items are left", "order 404 failed", "read 500 records", "got 404 bytes", "(1, 503)",
     "port 5432", "exit code 404 is odd"],
)  # fmt: skip
def test_other_numbers_are_no_statuses(message: str) -> None:
    assert "http" not in explained(json.dumps(api_error(message))).fingerprint_parts.get("discriminators", {})  # type: ignore[operator]  # JSON, which may be any value


@pytest.mark.parametrize(
    "error",
    [
        node("Error", "Unable to stringify response body", "_trySerializeResponse (file:///var/runtime/index.mjs:500:19)"),
        node("TypeError", "Do not know how to serialize a BigInt", "JSON.stringify (<anonymous>)"),
        node("Error", "toJSON is odd", "JSON.stringify (<anonymous>)", EVENT_HANDLER),
        node("TypeError", "Converting circular structure to JSON\n    --> starting at object with constructor 'Socket'"),
        bare("Runtime.MarshalError", "Unable to marshal response: Out of range float values are not JSON compliant"),
        bare("UnsupportedTypeError", "json: unsupported type: chan int"),
        bare("Function<JSON::GeneratorError>", "920: NaN not allowed in JSON"),
        bare("JsonSerializerException", "Error serializing the response object of type A.B: A possible object cycle was detected."),
        java("java.lang.RuntimeException", "An error occurred during serialization of response"),
    ],
)  # fmt: skip
def test_a_result_that_can_t_be_written_is_the_code_s(error: dict[str, Any]) -> None:
    assert answer(error, {"id": 1}) == BUG


EXITS = {1: "platform/after_fix", 2: "platform/after_fix", 126: SETUP, 127: SETUP, 134: "platform/after_fix",
         137: "out_of_memory/after_fix", 139: "platform/after_fix", 255: "platform/after_fix"}  # fmt: skip


@pytest.mark.parametrize("status", EXITS)
def test_an_exit_status_stays_and_is_explained(status: int) -> None:
    found = explained(json.dumps(exited(status)))
    assert f"{found.category}/{found.verdict}" == EXITS[status]
    assert found.title.endswith(f"exit status {status}")
    assert f"exit status {status}" in found.reasons
    if status > 2:
        assert str(status) in found.reasons[0]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 255))
def test_every_exit_status_is_in_the_title(status: int) -> None:
    assert explained(json.dumps(exited(status))).title.endswith(f" {status}")


@pytest.mark.parametrize(
    "error",
    [
        python("KeyError", "'DurableExecutionArn'", OWN, ("/opt/python/sdk/execution.py", "from_dict", 'arn=input_dict["DurableExecutionArn"]')),
        python("KeyError", "'CheckpointToken'", OWN),
        bare("ExecutionError", "Unexpected payload provided to start the durable execution. Check your resource configurations to confirm the durability is set."),
        node("TypeError", "Cannot read properties of undefined (reading 'Operations')", "initializeExecutionContext (/var/task/index.js:1:62)"),
    ],
)  # fmt: skip
def test_what_only_the_durable_service_sends_is_a_matter_of_configuration(error: dict[str, Any]) -> None:
    assert answer(error, {"id": 1}) == SETUP
