"""Events as API Gateway really sends them, in every odd shape: each is answered as the document says."""

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import api.app
from tests.integration.conftest import Stack
from tests.support.events import Context, sample
from tests.support.template import ROOT

DOCUMENT = json.loads((ROOT / "docs" / "openapi.json").read_text())
ROUTES = sorted((method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods)
QUERY = sorted(
    {
        parameter["name"]
        for methods in DOCUMENT["paths"].values()
        for operation in methods.values()
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query"
    }
)
FIELDS = sorted(
    {name for model in DOCUMENT["components"]["schemas"].values() for name in model.get("properties", {})}
)

# A segment of a path holds no slash: the gateway finds the route by them.
_SEGMENTS = st.sampled_from(
    ["event-1", "0" * 32, "job-1", "lambda-replay-sources-switch", "%00", "..", "a%20b"]
) | (st.text(st.characters(exclude_characters="/?#", exclude_categories=["Cs"]), min_size=1, max_size=40))
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_VALUES = (
    st.sampled_from(["1", "0", "-1", "101", "failed", "2026-01-31T09:00:00Z", "timeout", "hour", ""]) | _TEXTS
)
_PARAMETERS = st.dictionaries(
    st.sampled_from(QUERY) | _TEXTS, st.lists(_VALUES, min_size=1, max_size=3), max_size=4
)
_HEADER_NAMES = st.sampled_from(
    [
        "Idempotency-Key",
        "idempotency-key",
        "Content-Type",
        "content-TYPE",
        "Accept",
        "Origin",
        "Cookie",
        "X-é",
    ]
)
_HEADERS = st.dictionaries(_HEADER_NAMES, st.lists(_TEXTS, min_size=1, max_size=3), max_size=4)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXTS | _VALUES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS) | _TEXTS, inner, max_size=4)
    ),
    max_leaves=12,
)
_BODIES = (
    st.none()
    | _TEXTS
    | _JSON.map(json.dumps)
    | _TEXTS.map(lambda text: base64.b64encode(text.encode()).decode())
)
_CALLERS = st.sampled_from(["arn:aws:iam::123456789012:user/o", None, ""])


def _event(
    route: tuple[str, str],
    names: list[str],
    query: dict[str, list[str]] | None,
    headers: dict[str, list[str]] | None,
    body: str | None,
    is_base64: bool | None,
    caller: str | None,
) -> dict[str, Any]:
    method, template = route
    path = template
    for name, value in zip(_names(template), names, strict=False):
        path = path.replace(f"{{{name}}}", value)
    event = sample("api-list")
    event["requestContext"]["identity"]["userArn"] = caller
    return event | {
        "resource": template,
        "httpMethod": method,
        "path": path,
        "pathParameters": dict(zip(_names(template), names, strict=False)) or None,
        # The last of a repeated parameter, and all of them.
        "queryStringParameters": None if query is None else {n: v[-1] for n, v in query.items()},
        "multiValueQueryStringParameters": query,
        "headers": None if headers is None else {n: v[-1] for n, v in headers.items()},
        "multiValueHeaders": headers,
        "body": body,
        "isBase64Encoded": is_base64,
    }


def _names(template: str) -> list[str]:
    return [part[1:-1] for part in template.split("/") if part.startswith("{")]


EVENTS = st.builds(
    _event,
    st.sampled_from(ROUTES),
    st.lists(_SEGMENTS, min_size=2, max_size=2),
    st.none() | _PARAMETERS,
    st.none() | _HEADERS,
    _BODIES,
    st.sampled_from([False, True, None]),
    _CALLERS,
)


def check(event: dict[str, Any], answer: dict[str, Any]) -> None:
    """That it is one of the document's answers, and no failure of the service."""
    operation = DOCUMENT["paths"][event["resource"]][event["httpMethod"].lower()]
    status, text = answer["statusCode"], answer["body"]
    assert status < 500, text
    documented = operation["responses"].get(str(status))
    assert documented is not None, f"{status} is not documented: {text}"
    assert not answer.get("isBase64Encoded")
    schema = documented["content"]["application/json"]["schema"] | {"components": DOCUMENT["components"]}
    Draft202012Validator(schema).validate(json.loads(text))


@given(event=EVENTS)
@example(event=_event(("POST", "/jobs"), [], None, None, "%%%", True, None))
@example(event=_event(("GET", "/executions"), [], {"limit": ["1", "2"]}, None, None, None, None))
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_event_is_answered_as_the_document_says(failed: Stack, event: dict[str, Any]) -> None:
    check(event, api.app.handler(event, Context()))


@pytest.mark.parametrize(
    "missing", ["headers", "queryStringParameters", "body", "isBase64Encoded", "pathParameters"]
)
def test_a_member_that_is_left_out_is_one_without_a_value(stack: Stack, missing: str) -> None:
    event = sample("api-list")
    event.pop(missing)
    assert api.app.handler(event, Context())["statusCode"] == 200
