"""Whatever strangers wrote, a page shows it and does nothing with it."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambda_replay_cli.console.rendering.text import visible
from tests.cli.support.api_server import Api
from tests.cli.support.job_objects import JOB, job
from tests.cli.support.objects import FINGERPRINT, ID, detail, execution, failure, frame, group, group_detail
from tests.console.browsing import Browser, Page

EVIL = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus='alert(1)",
    "{{ 7 * 7 }}{% for x in y %}",
    "javascript:alert(1)",
    "\x1b]8;;http://evil\x07click\x1b]8;;\x07",
    "pay\u202egnp.exe\u2066x",
    "a\x00b\x08c\u200bd\ufeff",
    "</textarea></form><form action=//evil>",
    "&lt;script&gt;",
    "\ud800 lone",
    "x" * 1_000_000,
)
HIDDEN = set("\x00\x08\x1b\u202e\u2066\u200b\ufeff")


def harmless(page: Page) -> None:
    assert page.status == 200
    names = {name for _, attributes in page.tags for name in attributes}
    assert not [name for name in names if name.startswith("on") or name in ("style", "srcdoc", "autofocus")]
    scripts = [attributes for tag, attributes in page.tags if tag == "script"]
    assert scripts == [{"type": "module", "src": "/static/console.js"}]
    for tag, attributes in page.tags:
        target = attributes.get("href") or attributes.get("src") or attributes.get("action") or "/"
        assert target.startswith(("/", "#", "https://eu-west-1.console.aws.amazon.com/")), (tag, target)
        assert not target.startswith("//")
    assert not HIDDEN & set(page.text)
    assert len(page.html) < 400_000
    assert "49" not in page.text or "7 * 7" in page.text


@pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
def test_every_page_shows_it_harmlessly(browser: Browser, api: Api, evil: str) -> None:
    wrong = failure(
        title=evil, error_type=evil, category=evil, rule=evil, executed_version=evil, condition=evil
    )
    named: dict[str, Any] = {"function": evil, "failure": wrong}
    api.says(
        "GET",
        "/executions",
        {"executions": [execution(**named)], "cursor": evil[:500].encode(errors="replace").decode()},
    )
    error = {
        "error_type": evil, "message": evil, "runtime": evil, "phase": evil, "reasons": [evil],
        "frames": [frame(evil, 1, evil, evil, own=True)], "fingerprint_parts": {"type": evil},
    }  # fmt: skip
    api.says("GET", f"/executions/{ID}", detail(error=error, first_failure=wrong, **named))
    api.says("GET", f"/executions/{ID}/payload", json.dumps({evil: [evil, {"a": evil}]}).encode())
    api.says(
        "GET", "/groups", {"groups": [group(title=evil, function=evil, functions=[evil])], "cursor": None}
    )
    why = {
        "parts": {"type": evil, "frames": [evil]},
        "algorithm": 2,
        "rule": evil,
        "reasons": [evil],
        "example": evil,
    }
    reported = group_detail(title=evil, functions=[evil], why=why)
    reported["history"][0]["reason"] = evil
    api.says("GET", f"/groups/{FINGERPRINT}", reported)
    api.says("GET", f"/jobs/{JOB}", job(name=evil[:100], reason=evil, message=evil, by=evil))
    for path in (
        "/", "/executions", f"/executions/{ID}", f"/executions/{ID}?payload=1", f"/groups/{FINGERPRINT}",
        f"/jobs/{JOB}", f"/groups/decide?verb=resolve&group={FINGERPRINT}", f"/executions/{ID}/edit",
    ):  # fmt: skip
        page = browser.get(path)
        if path.endswith("/edit"):
            # The field holds it as it is: it is what is edited.
            page.text = ""
            page.html = ""
        harmless(page)


def test_an_edited_event_is_the_event(browser: Browser, api: Api) -> None:
    text = '\n\n{"a": "</textarea><script>", "b": "\u202e\u200b", "c": "&amp;"}'
    api.says("GET", f"/executions/{ID}/payload", text.encode())
    editor = browser.get(f"/executions/{ID}/edit")
    assert dict(editor.form("Show what changes").fields)["text"] == text


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"nope", b'{"a":' * 5000, b'{"a": "\xe9"}'])
def test_a_payload_of_any_bytes_is_shown(browser: Browser, api: Api, content: bytes) -> None:
    api.says("GET", f"/executions/{ID}/payload", content)
    assert browser.get(f"/executions/{ID}?payload=1").status == 200
    assert browser.client.get(f"/executions/{ID}/payload").content == content
    assert browser.get(f"/executions/{ID}/edit").status in (200, 400)


def test_a_million_names_are_a_small_page(browser: Browser, api: Api) -> None:
    content = ("{" + ",".join(f'"k{n}":{n}' for n in range(80_000)) + "}").encode()
    api.says("GET", f"/executions/{ID}/payload", content)
    page = browser.get(f"/executions/{ID}?payload=1")
    assert "not drawn" in page.text
    assert len(page.html) < 400_000


@given(st.text())
def test_what_is_visible_holds_nothing_hidden(text: str) -> None:
    shown = visible(text)
    shown.encode()
    assert not HIDDEN & set(shown)
    if text.isascii() and text.isprintable():
        assert shown == text


@given(
    query=st.dictionaries(
        st.sampled_from(
            [
                "tab",
                "sort",
                "function",
                "verdict",
                "cursor",
                "from",
                "verb",
                "group",
                "id",
                "rate",
                "ids",
                "said",
                "theme",
                "mode",
                "patch",
            ]
        ),
        st.text(max_size=20),
    ),
    path=st.sampled_from(
        [
            "/",
            "/executions",
            "/plan",
            "/jobs",
            "/groups/decide",
            "/executions/decide",
            f"/executions/{ID}/replay",
            "/functions/orders",
        ]
    ),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_address_has_an_answer(browser: Browser, query: dict[str, str], path: str) -> None:
    """A fault would be raised here."""
    answer = browser.client.get(path, params=query)
    assert answer.status_code in (200, 400, 404)
