"""Whose value it was: the event's, the answer of something that was called, or the environment's.

Read from the source line, from the frames between the failing call and the function's own code, and from the
event itself, which is searched as text: a large payload is never parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import islice

from .model import Frame
from .unwrap import View, simple_type


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Names that code gives to what came in, and to what came back. Whole words only.
EVENT_NAMES = _words(
    "event evt e ev events record records rec body message messages msg detail details payload request "
    "req params query input data item entry sns sqs s3 job json_body event_body event_data "
    "request_body body_json properties resource_properties props attributes notification headers "
    "path_parameters query_parameters lambda_event input_event raw_event api_event querystring form "
    "args arguments row obj alarm eventbody eventdata detailtype"
)
RESPONSE_NAMES = _words(
    "response resp res result results r reply answer ret output out rsp api_response http_response "
    "json_response response_json response_data response_body table_item items secret secrets"
)
ENVIRON = ("os.environ", "environ[", "getenv(", "process.env")
# Calls whose result is an answer, in the line that reads it.
ANSWERS = (
    "urlopen(", "requests.", "httpx.", ".getresponse(", "http.request(", "session.get(", "session.post(",
    "session.request(", "client.get(", "client.post(",
)  # fmt: skip

# Libraries that ask another service: one segment of a path, or the start of a function's name.
CLIENT_SEGMENTS = _words(
    "undici node-fetch cross-fetch axios got superagent ky needle request request-promise wretch "
    "@aws-sdk @smithy aws-sdk graphql-request @octokit googleapis gaxios requests httpx aiohttp "
    "urllib3 urllib botocore boto3 httplib2 http httpcore faraday httparty rest-client aws-sdk-core "
    "net excon typhoeus guzzlehttp ofetch bent phin openai stripe twilio slack_sdk elasticsearch "
    "opensearchpy @elastic @opensearch-project"
)
CLIENT_FUNCTIONS = (
    "feign.", "retrofit2.", "okhttp3.", "org.apache.http.", "org.apache.hc.", "software.amazon.awssdk.",
    "com.amazonaws.http.", "com.amazonaws.protocol.", "org.springframework.web.client.",
    "org.springframework.web.reactive.function.client.", "java.net.http.", "jdk.internal.net.http.",
    "System.Net.Http.", "Refit.", "RestSharp.", "Flurl.", "Amazon.Runtime.",
)  # fmt: skip
# Libraries that decode the event itself.
EVENT_SEGMENTS = _words(
    "data_classes parser http-json-body-parser sqs-json-body-parser event-normalizer body-parser "
    "mangum serverless-http aws-serverless-express @codegenie"
)
EVENT_FUNCTIONS = (
    "lambdainternal.", "com.amazonaws.services.lambda.runtime.", "Amazon.Lambda.Serialization.",
    "Amazon.Lambda.RuntimeSupport.", "org.springframework.cloud.function.",
)  # fmt: skip

# Errors of decoders: their types, and the words of those that have none of their own.
DECODER_TYPES = _words(
    "JSONDecodeError JsonParseException JsonSyntaxException JsonReaderException JsonEOFException "
    "ParserError MalformedJsonException ResponseParserError ContentTypeError JsonDecodingException "
    "DecodingException DecodeException UnknownContentTypeException"
)
DECODER_WORDS = (
    "valid json", "in json", "of json", "json at", "json input", "json response", "invalid json",
    "malformed json", "parse json", "parsing json", "decode json", "json pars", "json token", "json decod",
    "expecting value: line",
    "expecting property name", "extra data: line", "invalid control character at", "expecting ',' delimiter",
    "unterminated string starting", "looking for beginning of", "start of a value", "invalid xml received",
    "is not expected.:", "unexpected character (", "failed to decode response", "deserialization error",
    "deserialization failed", "unable to parse response", "unexpected mimetype", "expected value at line",
    "unexpected character encountered while parsing", "could not extract response", "token at '",
    "error decoding response",
)  # fmt: skip
# What a client says of an answer that it could not read.
ANSWER_WORDS = (
    "invalid json response body", "failed to decode response body", "to see the raw response",
    "unexpected mimetype", "invalid xml received", "error decoding response body", "is not expected.:1",
    "unable to parse response", "could not extract response", "error while extracting response",
    "invalid response body", "response is not valid json", "response was not json", "in \"http", "in 'http",
)  # fmt: skip
# How a page begins; no event does.
PAGES = ("'<'", "token <", "value: <", '("<"', "('<'", "at '<", '"<!doctype', '"<html')

# Of a name that is in an event more often, so many values are looked at.
MOST_VALUES = 100
# Members that only a list, or only a text, has: what they are called on is of another type.
LIST_METHODS = _words(
    "map forEach filter reduce find some every flatMap entries push slice join includes indexOf concat sort"
)
TEXT_METHODS = _words(
    "split trim toLowerCase toUpperCase startsWith endsWith replace match substring padStart slice includes "
    "indexOf concat"
)
METHODS = LIST_METHODS | TEXT_METHODS


def own_frames(frames: tuple[Frame, ...]) -> list[Frame]:
    """The frames of the application itself."""
    return [frame for frame in frames if frame.in_app]


def library_frames(frames: tuple[Frame, ...]) -> list[Frame]:
    """The frames of libraries and of the runtime that the innermost own frame called."""
    found: list[Frame] = []
    for frame in frames:
        if frame.in_app:
            break
        found.append(frame)
    return found


def _root_name(code: str, position: int) -> str:
    """The variable at the start of `a.b['c'].get(…)` that ends at `position`; read backwards in one line."""
    depth, index = 0, position - 1
    while index >= 0:
        char = code[index]
        if char in ")]":
            depth += 1
        elif char in "([":
            if depth == 0:
                break
            depth -= 1
        elif depth == 0 and not (char.isalnum() or char in "_.'\""):
            break
        index -= 1
    return code[index + 1 : position].split("[")[0].split("(")[0].split(".")[0].lower()


def is_event_name(name: str) -> bool:
    """Whether a variable of this name holds the event."""
    return name in EVENT_NAMES or name.startswith("event") or name.endswith("event")


def subject(frames: tuple[Frame, ...], key: str | None) -> str | None:
    """What the failing line was reading: event, environ, response or other; None without a source line."""
    own = own_frames(frames)
    code = own[0].code if own else None
    # os.environ['X'] is a method of the library: its own lookup is the innermost frame.
    if any(
        frame.file and frame.file.endswith("/os.py") and "environ" not in (frame.code or "")
        for frame in frames[:1]
    ):
        return "environ"
    if not code:
        return None
    if any(word in code for word in ENVIRON):
        return "environ"
    name = _root_name(code, _read_at(code, key))
    if is_event_name(name):
        return "event"
    if name in RESPONSE_NAMES or name.startswith("resp") or name.endswith("response"):
        return "response"
    if any(call in code for call in ANSWERS) or ".json()" in code:
        return "response"
    if key is None and ("event[" in code or "event." in code):
        return "event"
    return "other"


def _read_at(code: str, key: str | None) -> int:
    """Where the expression ends that was read from."""
    position = -1
    if key is not None:
        position = max(code.find(f"['{key}']"), code.find(f'["{key}"]'))
    for mark in (".json()", "[", ".get("):
        if position < 0:
            position = code.find(mark)
    if position < 0 and ".loads(" in code:
        position = code.find(")", code.find(".loads("))  # what was to be decoded
    return max(position, 0)


def is_packed(payload: str) -> bool:
    """Compressed or encoded: a search of the text finds nothing."""
    return '"awslogs"' in payload or '"kinesis"' in payload or '"isBase64Encoded":true' in payload


def payload_has(payload: str | None, name: str) -> str | None:
    """has, lacks, or None where the text can't say. A search for the quoted name."""
    if payload is None or not name or len(name) > 100:
        return None
    if is_packed(payload) or not name.isascii():
        return None
    return "has" if f'"{name}"' in payload or f'\\"{name}\\"' in payload else "lacks"


@cache
def _reads() -> re.Pattern[str]:
    return re.compile(
        r"\b([A-Za-z_]\w{0,40})((?:\[['\"][\w:.-]{1,60}['\"]\]|\[\d{1,4}\]|\.get\(['\"][\w:.-]{1,60}['\"][^()]{0,40}\)){1,8})"
    )


@cache
def _names() -> re.Pattern[str]:
    return re.compile(r"['\"]([\w:.-]{1,60})['\"]")


def expression_members(expression: str, *, called: bool) -> tuple[str, ...]:
    """The members of the event in an expression that V8 quotes: `event.Records`.

    `called` says that the last one was called as a function: only a method that lists or texts have says that
    it was called on something else.
    """
    root, *members = [part for part in re.split(r"[.\[\]()?]+", expression[:200]) if part] or [""]
    if not is_event_name(root.lower()) or (called and (not members or members[-1] not in METHODS)):
        return ()
    return tuple(part for part in members if not part.isdigit())


def event_members(own: list[Frame]) -> tuple[str, ...]:
    """The members of the event that the failing line reads."""
    code = own[0].code if own else None
    if not code:
        return ()
    for match in _reads().finditer(code):
        if is_event_name(match[1].lower()):
            return tuple(_names().findall(match[2]))
    return ()


def event_lacks(payload: str | None, members: Iterable[str], *, is_list: bool) -> str | None:
    """lacks when one of the members is not in the payload, is null, or is no list or text where it must be.

    What the last member, a method, was called on must be a list or a text.
    """
    names = list(members)
    if payload is None or not names or is_packed(payload):
        return None
    wanted = "["
    if names[-1] in METHODS and len(names) > 1:
        method, is_list = names.pop(), True
        wanted = '["' if method in LIST_METHODS & TEXT_METHODS else "[" if method in LIST_METHODS else '"'
    if any(payload_has(payload, name) == "lacks" for name in names):
        return "lacks"
    # One name may stand in several places: the right one among them is enough.
    found = re.finditer(rf'"{re.escape(names[-1])}\\?"\s{{0,8}}:\s{{0,8}}\\?(.)', payload, re.DOTALL)
    values = {match[1] for match in islice(found, MOST_VALUES)}
    if not values:
        return None
    return "has" if (values & set(wanted) if is_list else values - {"n"}) else "lacks"


@cache
def _snippets() -> re.Pattern[str]:
    """What V8 and Ruby quote: `"<!DOCTYPE "... is not valid JSON`, `unexpected token at '<html>'`."""
    return re.compile(
        r', (?:\.\.\.)?"(.{1,40}?)"(?:\.\.\.)? is not valid JSON|token at \'(.{1,40}?)\'', re.DOTALL
    )


def decoded_from(view: View, payload: str | None) -> str | None:
    """Whose text a decoder could not read: answer, event or unclear; None where none failed."""
    message = view.message[:600]
    lowered = message.lower()
    if simple_type(view.error_type) not in DECODER_TYPES and not any(
        word in lowered for word in DECODER_WORDS
    ):
        return None
    library = library_frames(view.frames)
    if _any_frame(library, EVENT_SEGMENTS, EVENT_FUNCTIONS):
        return "event"
    if _any_frame(library, CLIENT_SEGMENTS, CLIENT_FUNCTIONS) or any(
        word in lowered for word in ANSWER_WORDS
    ):
        return "answer"
    read = subject(view.frames, None)
    if read in ("event", "response"):
        return "event" if read == "event" else "answer"
    if payload is not None and not is_packed(payload):
        match = _snippets().search(message)
        text = (match[1] or match[2]).split("\n", 1)[0] if match else ""
        if len(text) > 1:
            return "event" if text.replace('"', '\\"') in payload or text in payload else "answer"
    if any(mark in lowered for mark in PAGES):
        return "event" if payload is not None and "<" in payload else "answer"
    return "unclear"


def _any_frame(frames: list[Frame], segments: frozenset[str], functions: tuple[str, ...]) -> bool:
    return any(
        not segments.isdisjoint((frame.file or "").replace("\\", "/").split("/"))
        or (frame.function or "").startswith(functions)
        for frame in frames
    )
