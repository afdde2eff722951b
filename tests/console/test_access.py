"""Who may ask, from where, and what the browser is informed that pages may do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_replay_cli.console.web.access import Access, from_here
from lambda_replay_cli.console.web.middleware import local_path
from tests.cli.support.api_server import Api
from tests.cli.support.objects import FINGERPRINT
from tests.console.browsing import HERE, Browser

CHANGE = [("verb", "resolve"), ("group", FINGERPRINT), ("reason", "fixed")]


def changes(api: Api) -> list[str]:
    """Changes that were asked for, without the probes of permissions."""
    return [
        f"{asked.method} {asked.path}"
        for asked in api.asked
        if asked.method != "GET" and asked.body != {"-": True} and asked.path != "/jobs/plan"
    ]


def test_a_link_opens_the_console_once(browser: Browser) -> None:
    browser.client.cookies.clear()
    assert browser.get("/").status == 401
    token = browser.access.token()
    answer = browser.client.get(f"/open?token={token}&to=/jobs", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/jobs")
    [cookie] = answer.headers.get_list("set-cookie")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert token not in cookie
    browser.client.cookies.clear()
    again = browser.get(f"/open?token={token}&to=/jobs")
    assert again.status == 401
    assert "used already" in again.text
    assert "set-cookie" not in again.headers


def test_a_link_that_is_opened_twice_in_one_browser_leads_where_it_says(browser: Browser) -> None:
    assert browser.get("/open?token=wrong&to=/functions").path == "/functions"


@pytest.mark.parametrize(
    "cookie", ["", "lambda_replay_8420=", "lambda_replay_8420=x", "lambda_replay_8421=x"]
)
def test_without_the_cookie_nothing_is_shown(browser: Browser, api: Api, cookie: str) -> None:
    browser.client.cookies.clear()
    before = len(api.asked)
    for path in ("/", f"/groups/{FINGERPRINT}", "/executions", "/health", "/nope"):
        answer = browser.client.get(path, headers={"Cookie": cookie})
        assert answer.status_code == 401
        assert "orders" not in answer.text
    assert browser.client.post("/groups/decide", headers={"Cookie": cookie}).status_code == 401
    assert len(api.asked) == before


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8420", "", "[", "0"]
)
def test_other_names_of_this_machine_are_not_served(browser: Browser, host: str) -> None:
    """A page of another site whose name was pointed to 127.0.0.1 sends its own name."""
    answer = browser.client.get("/", headers={"Host": host})
    assert answer.status_code == 403
    assert browser.client.get("/static/console.css", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8420", "localhost:8420", "localhost:9999", "127.0.0.1", "[::1]:8420"]
)
def test_a_tunnel_may_have_another_port(browser: Browser, host: str) -> None:
    cookie = f"{browser.access.cookie}={browser.access.session}"
    assert browser.client.get("/jobs", headers={"Host": host, "Cookie": cookie}).status_code == 200


FOREIGN: list[dict[str, str]] = [
    {"Origin": "http://evil.example"},
    {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "null", "Sec-Fetch-Site": "same-site"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:9999"},
    {"Origin": HERE, "Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://127.0.0.1:8420"},
    {},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_forms_of_other_pages_change_nothing(browser: Browser, api: Api, headers: dict[str, str]) -> None:
    form = [*CHANGE, ("form_token", browser.access.form_token)]
    page = browser.post("/groups/decide", form, headers)
    assert page.status == 403
    assert changes(api) == []


@pytest.mark.parametrize(
    "token", [[], [("form_token", "")], [("form_token", "x")], [("form_token", "é\udc80")]]
)
def test_a_form_without_its_token_changes_nothing(
    browser: Browser, api: Api, token: list[tuple[str, str]]
) -> None:
    try:
        page = browser.post("/groups/decide", [*CHANGE, *token])
    except UnicodeEncodeError:
        page = browser.post("/groups/decide", [*CHANGE, ("form_token", "é")])
    assert page.status == 403
    assert changes(api) == []


@pytest.mark.parametrize("headers", [{"Origin": HERE}, {"Origin": "null", "Sec-Fetch-Site": "same-origin"}])
def test_its_own_forms_do(browser: Browser, api: Api, headers: dict[str, str]) -> None:
    api.says("POST", f"/groups/{FINGERPRINT}/resolve", {})
    browser.post("/groups/decide", [*CHANGE, ("form_token", browser.access.form_token)], headers)
    assert changes(api) == [f"POST /groups/{FINGERPRINT}/resolve"]


def test_looking_changes_nothing(browser: Browser, api: Api) -> None:
    """Whatever a link says: a page of another site may hold it."""
    for path in (
        "/groups/decide",
        "/executions/decide",
        "/jobs",
        f"/groups/{FINGERPRINT}",
        "/health/rules/try",
    ):
        browser.get(
            f"{path}?verb=resolve&group={FINGERPRINT}&reason=x&id=x&form_token={browser.access.form_token}"
        )
    assert changes(api) == []


@pytest.mark.parametrize("path", ["/", "/static/console.css", "/nope", "/open?token=x"])
def test_what_pages_may_do(browser: Browser, path: str) -> None:
    headers = browser.client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers


def test_pages_hold_no_inline_script_or_style(browser: Browser) -> None:
    for path in (
        "/",
        f"/groups/{FINGERPRINT}",
        "/executions",
        "/plan?function=orders",
        "/jobs",
        "/functions",
    ):
        page = browser.get(path)
        assert page.status == 200
        for tag, attributes in page.tags:
            assert tag != "style"
            assert tag != "script" or attributes.get("src") == "/static/console.js"
            assert not [name for name in attributes if name == "style" or name.startswith("on")]


@given(
    st.text() | st.sampled_from(["//evil.example", "/\\evil.example", "\\\\evil", "https://e", "/a\r\nb: c"])
)
def test_links_lead_nowhere_else(text: str) -> None:
    path = local_path(text)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert "\n" not in path
    assert "\\" not in path


@given(st.dictionaries(st.sampled_from(["origin", "sec-fetch-site", "host"]), st.text(max_size=12)))
def test_only_its_own_origin_is_from_here(headers: dict[str, str]) -> None:
    own = headers.get("origin") == f"http://{headers.get('host', '')}"
    assert from_here(headers) <= (own or headers.get("sec-fetch-site") == "same-origin")


def test_tokens_are_of_one_run() -> None:
    one, other = Access("c"), Access("c")
    assert not other.knows({"c": one.session})
    assert not other.accepts_form(one.form_token)
    assert not other.opens(one.token())


def test_a_form_that_is_too_large_is_refused(browser: Browser) -> None:
    page = browser.post("/health/rules/try", [("rules", "x" * 6_000_001)])
    assert page.status == 413
