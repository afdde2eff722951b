"""What goes wrong is said with its fix, and what one may not do is not offered."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from lambda_replay_cli.console.client import ExternalError
from tests.cli.support.api_server import Api, Asked
from tests.cli.support.job_objects import JOB
from tests.cli.support.objects import FINGERPRINT, ID, detail
from tests.console.browsing import Browser, browsing, service_of

DENIED = (
    "User: ann is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:x:1:a/v1/{}"
)


def deny(api: Api, *routes: str) -> None:
    """As the gateway does."""

    def refusing(route: str) -> Any:
        return lambda _asked: (403, {"Message": DENIED.format(route)})

    for route in routes:
        method, path = route.split(" ")
        api.answers[method, path] = refusing(route.replace(" ", ""))


PROBED = {
    "replay": "POST /executions/00000000-0000-0000-0000-000000000000/replay",
    "ignore": "POST /executions/00000000-0000-0000-0000-000000000000/ignore",
    "reopen": "POST /executions/00000000-0000-0000-0000-000000000000/reopen",
    "forget": "DELETE /executions/00000000-0000-0000-0000-000000000000/payload",
    "payload": "GET /executions/00000000-0000-0000-0000-000000000000/payload",
    "groups": "POST /groups/00000000/ignore",
    "plan": "POST /jobs/plan",
    "jobs": "POST /jobs",
    "policies": "PUT /functions/-/policy",
    "rules": "PUT /rules",
}


def test_a_viewer_sees_no_action_that_is_not_allowed(api: Api) -> None:
    deny(api, *PROBED.values())
    with browsing(service_of(api)) as browser:
        for path in (
            "/",
            "/executions",
            f"/executions/{ID}",
            f"/groups/{FINGERPRINT}",
            f"/jobs/{JOB}",
            "/functions/orders",
            "/health/rules",
        ):
            page = browser.get(path)
            assert page.status == 200
            assert not {
                "Plan a replay",
                "Resolve",
                "Ignore",
                "Merge",
                "Save",
                "Put into force",
                "Pause it",
            } & set(page.buttons)
            assert not {"Replay…", "Edit and replay…", "Ignore…", "Plan a replay"} & set(page.links)
        page = browser.get(f"/executions/{ID}")
    assert "execute-api:Invoke on GET /executions/*/payload" in page.text


@pytest.mark.parametrize(
    ("which", "path", "words"),
    [
        ("jobs", "/plan?function=orders", "Replay 518"),
        ("policies", "/functions/orders", "Save"),
        ("rules", "/health/rules", "Put into force"),
    ],
)
def test_one_permission_that_is_missing_takes_its_own_button(
    api: Api, which: str, path: str, words: str
) -> None:
    with browsing(service_of(api)) as browser:
        assert words in browser.get(path).buttons
    deny(api, PROBED[which])
    with browsing(service_of(api)) as browser:
        assert words not in browser.get(path).buttons


def test_finding_out_what_is_allowed_changes_nothing(browser: Browser, api: Api) -> None:
    """The bodies of the probes are refused by the API itself: no route has such a field."""
    browser.get("/")
    browser.get("/")
    probes = [f"{asked.method} {asked.path}" for asked in api.asked if asked.body == {"-": True}]
    assert sorted(probes) == sorted(route for name, route in PROBED.items() if name != "payload")


def test_a_denied_route_names_the_permission(browser: Browser, api: Api) -> None:
    deny(api, f"GET /groups/{FINGERPRINT}")
    page = browser.get(f"/groups/{FINGERPRINT}")
    assert page.status == 403
    assert f"execute-api:Invoke on arn:aws:execute-api:x:1:a/v1/GET/groups/{FINGERPRINT}" in page.text
    assert "OperatorPolicyArn" in page.text


def test_a_payload_that_may_not_be_read_says_so_on_its_page(browser: Browser, api: Api) -> None:
    deny(api, f"GET /executions/{ID}/payload")
    page = browser.get(f"/executions/{ID}?payload=1")
    assert page.status == 200
    assert "Reading payloads is a permission of its own" in page.text


def test_the_error_as_it_came_is_shown_on_demand(browser: Browser, api: Api) -> None:
    api.says("GET", f"/executions/{ID}/error", {**detail()["error"], "message": "password=correct-horse"})
    masked = browser.get(f"/executions/{ID}").text
    assert "correct-horse" not in masked
    assert "Show it as it came" in masked
    assert "correct-horse" in browser.get(f"/executions/{ID}?error=1").text


def test_an_error_that_may_not_be_read_says_so_on_its_page(browser: Browser, api: Api) -> None:
    deny(api, f"GET /executions/{ID}/error")
    page = browser.get(f"/executions/{ID}?error=1")
    assert page.status == 200
    assert "execute-api:Invoke on GET /executions/*/error" in page.text
    assert "TABLE_NAME" in page.text


ENDED = {"message": "The security token included in the request is expired"}


def test_ended_credentials_are_said_and_new_ones_used(api: Api) -> None:
    connections: list[int] = []

    def connect() -> Any:
        connections.append(1)
        return service_of(api)()

    with browsing(connect) as browser:
        assert browser.get("/jobs").status == 200
        known = api.answers["GET", "/jobs"]
        api.answers["GET", "/jobs"] = lambda _asked: (403, ENDED)
        page = browser.get("/jobs")
        assert (page.status, "The AWS credentials have ended" in page.text) == (403, True)
        assert "Sign in again" in page.text
        api.answers["GET", "/jobs"] = known
        assert browser.get("/jobs").status == 200
    assert len(connections) == 2


@pytest.mark.parametrize(
    ("error", "title"),
    [
        (NoCredentialsError(), "The AWS credentials have ended"),
        (
            ClientError({"Error": {"Code": "ExpiredToken", "Message": "expired"}}, "DescribeStacks"),
            "The AWS credentials have ended",
        ),
        (EndpointConnectionError(endpoint_url="https://x"), "AWS can't be reached"),
        (
            ExternalError("there is no stack lambda-replay in eu-west-1. Name yours with --stack."),
            "The stack is not there",
        ),
        (
            ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeStacks"),
            "You may not do this",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_a_connection_that_can_not_be_made_says_what_to_do(api: Api, error: Exception, title: str) -> None:
    def connect() -> Any:
        raise error

    with browsing(connect) as browser:
        for path in ("/", "/executions", f"/jobs/{JOB}", "/health"):
            page = browser.get(path)
            assert page.status >= 400
            assert title in page.text


@pytest.mark.parametrize(
    ("status", "body", "title"),
    [
        (429, {"message": "Too Many Requests"}, "slower pace"),
        (503, {"message": "Service Unavailable"}, "did not answer as it should"),
        (
            500,
            {"error": {"code": "internal_error", "message": "its log tells why"}},
            "did not answer as it should",
        ),
        (404, {"error": {"code": "not_found", "message": "no such route"}}, "no such thing"),
        (
            400,
            {"error": {"code": "invalid_cursor", "message": "cursor: of another list"}},
            "The service refused",
        ),
        (200, b"<html>", "AWS can't be reached"),
    ],
)
def test_each_refusal_has_its_words(
    browser: Browser, api: Api, status: int, body: object, title: str
) -> None:
    api.answers["GET", "/jobs"] = lambda _asked: (status, body)
    page = browser.get("/jobs")
    assert page.status >= 400
    assert title in page.text


def test_the_home_page_stands_without_what_can_not_be_had(browser: Browser, api: Api) -> None:
    api.refuses("GET", "/stats", 500, "internal_error")
    deny(api, "GET /jobs")
    page = browser.get("/")
    assert page.status == 200
    assert "KeyError" in page.text


def test_a_fault_of_the_console_is_a_page_too(api: Api) -> None:
    def broken(_asked: Asked) -> tuple[int, object]:
        return 200, {"jobs": [{"id": "no job"}], "cursor": None}

    api.answers["GET", "/jobs"] = broken
    with browsing(service_of(api)) as browser:
        browser.client._transport.raise_server_exceptions = False  # type: ignore[attr-defined]  # httpx2's
        page = browser.get("/jobs")
    assert page.status == 500
    assert "The console has a fault" in page.text
    assert "Traceback" not in page.html
