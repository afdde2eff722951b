"""Every page, before a canned API: what it shows, what it asks for, and what it does."""

import json
import shlex
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lambda_replay_cli.console.backend.caller import StackLabel
from tests.cli.support.api_server import Api
from tests.cli.support.job_objects import plan
from tests.cli.support.objects import (
    ARN,
    FINGERPRINT,
    ID,
    detail,
    execution,
    failure,
    group,
    group_detail,
    ownership,
    replay,
)
from tests.console.browsing import Browser, browsing, service_of

OTHER = "77aa01c277aa01c277aa01c277aa01c2"


def sent(api: Api, ending: str) -> list[Any]:
    return [asked.body for asked in api.asked if asked.path.endswith(ending) and asked.body != {"-": True}]


# ---------------------------------------------------------------- everywhere


def test_the_head_says_where_one_is(api: Api) -> None:
    with browsing(service_of(api), label=StackLabel("production", "red")) as browser:
        page = browser.get("/")
    for words in ("production", "lambda-replay", "123456789012", "eu-west-1", "assumed-role/Operator/ann"):
        assert words in page.text
    assert ("header", {"class": "top red"}) in page.tags


def test_colours_and_keys_are_switched_and_kept(browser: Browser) -> None:
    page = browser.press(browser.get("/jobs?cursor=x"), "◐")
    assert (page.path, page.query) == ("/jobs", {"cursor": "x"})
    assert ("html", {"lang": "en", "data-theme": "dark"}) in page.tags
    page = browser.press(page, "Switch the keys off")
    assert ("body", {"data-keys": "off"}) in page.tags
    assert ("html", {"lang": "en", "data-theme": "dark"}) in browser.get("/").tags


def test_commands_name_the_stack_that_was_asked_for(api: Api) -> None:
    with browsing(service_of(api), options=("--stack", "my stack")) as browser:
        assert shlex.split(browser.get("/jobs").commands()[0])[-2:] == ["--stack", "my stack"]


def test_a_page_that_is_not_there_says_so(browser: Browser) -> None:
    page = browser.get("/nope")
    assert page.status == 404
    assert "There is no such page" in page.text


# ---------------------------------------------------------------- groups


def test_the_home_page_shows_what_is_broken_the_worst_first(browser: Browser, api: Api) -> None:
    api.answers["GET", "/groups"] = lambda asked: (
        200,
        {
            "groups": [
                group(
                    OTHER if asked.query["status"] == "regressed" else FINGERPRINT,
                    status=asked.query["status"],
                )
            ],
            "cursor": None,
        },
    )
    page = browser.get("/")
    assert page.html.index(OTHER) < page.html.index(FINGERPRINT)
    assert {asked.query.get("status") for asked in api.asked if asked.path == "/groups"} == {
        "open",
        "regressed",
    }
    assert "12 failed runs in 24 h" in page.text


def test_groups_are_sorted_by_count_over_all_pages(browser: Browser, api: Api) -> None:
    def pages(asked: Any) -> tuple[int, object]:
        if asked.query["status"] == "regressed":
            return 200, {"groups": [], "cursor": None}
        if "cursor" in asked.query:
            return 200, {"groups": [group(OTHER, count=99, title="many")], "cursor": None}
        return 200, {"groups": [group(count=1, title="few")], "cursor": "2"}

    api.answers["GET", "/groups"] = pages
    page = browser.get("/?sort=count")
    assert page.html.index("many") < page.html.index("few")


def test_an_hour_that_was_read_is_not_read_again(browser: Browser, api: Api) -> None:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    api.says("GET", "/groups", {"groups": [group(last_seen=now)], "cursor": None})
    browser.get("/?tab=open")
    browser.get("/?tab=open")
    assert len([asked for asked in api.asked if asked.path == f"/groups/{FINGERPRINT}"]) == 1
    api.says("GET", "/groups", {"groups": [group(last_seen=now, count=13)], "cursor": None})
    browser.get("/?tab=open")
    assert len([asked for asked in api.asked if asked.path == f"/groups/{FINGERPRINT}"]) == 2


def test_an_empty_console_says_how_to_attach(browser: Browser, api: Api) -> None:
    api.says("GET", "/groups", {"groups": [], "cursor": None})
    api.says("GET", "/stats", {"total": 0, "groups": 0, "complete": True, "buckets": []})
    page = browser.get("/")
    assert "lambda-replay attach FUNCTION" in page.commands()
    assert "Nothing is broken" not in page.text
    assert "No group is resolved" in browser.get("/?tab=resolved").text


def test_some_groups_are_resolved_at_once_and_a_refusal_is_said(browser: Browser, api: Api) -> None:
    api.says("GET", f"/groups/{OTHER}", group_detail(fingerprint=OTHER))
    api.says("POST", f"/groups/{FINGERPRINT}/resolve", {})
    api.refuses("POST", f"/groups/{OTHER}/resolve", 409, "group_merged", "merged into another")
    asked = browser.press(browser.get("/"), "Resolve", ticked={"group": [FINGERPRINT, OTHER]})
    assert "Resolve 2 groups?" in asked.text
    assert sent(api, "/resolve") == []
    done = browser.press(asked, "Resolve 2", reason="fixed in v8")
    assert sorted(map(json.dumps, sent(api, "/resolve"))) == ['{"reason": "fixed in v8"}'] * 2
    assert "1 of 2 groups resolved" in done.text
    assert "merged into another (group_merged)" in done.text


def test_all_that_match_are_meant_whatever_is_ticked(browser: Browser, api: Api) -> None:
    api.says("POST", f"/groups/{FINGERPRINT}/ignore", {})
    page = browser.press(browser.get("/?tab=open"), "Ignore", all="1")
    browser.press(page, "Ignore it", reason="later", until="2h", failures="10")
    [body] = sent(api, "/ignore")
    assert (body["reason"], body["failures"]) == ("later", 10)
    assert body["until"].endswith("Z")


def test_groups_are_merged_into_one_of_them(browser: Browser, api: Api) -> None:
    api.says("GET", f"/groups/{OTHER}", group_detail(fingerprint=OTHER))
    api.says("POST", f"/groups/{OTHER}/merge", {})
    page = browser.press(browser.get("/"), "Merge", ticked={"group": [FINGERPRINT, OTHER]})
    done = browser.press(page, "Merge 2")
    assert [asked.path for asked in api.asked if asked.path.endswith("/merge")] == [f"/groups/{OTHER}/merge"]
    assert sent(api, "/merge") == [{"into": FINGERPRINT}]
    assert done.path == f"/groups/{FINGERPRINT}"


def test_a_decision_without_its_reason_is_not_made(browser: Browser, api: Api) -> None:
    page = browser.press(browser.get(f"/groups/{FINGERPRINT}"), "Ignore", reason=" ")
    assert (page.status, sent(api, "/ignore")) == (400, [])
    page = browser.press(browser.get(f"/groups/{FINGERPRINT}"), "Ignore", reason="x", until="sometime")
    assert page.status == 400
    assert "sometime" in page.text


def test_nothing_ticked_is_said(browser: Browser) -> None:
    assert "no group is selected" in browser.press(browser.get("/"), "Resolve").text
    assert "no execution is selected" in browser.press(browser.get("/executions"), "Ignore").text


def test_several_groups_are_planned_by_a_filter(browser: Browser, api: Api) -> None:
    """However many executions they hold."""
    api.says("GET", f"/groups/{OTHER}", group_detail(fingerprint=OTHER))
    page = browser.press(browser.get("/"), "Plan a replay", ticked={"group": [FINGERPRINT, OTHER]})
    assert (page.path, page.query) == ("/plan", {"group": f"{FINGERPRINT} {OTHER}"})
    assert sent(api, "/jobs/plan")[-1]["filter"]["groups"] == [FINGERPRINT, OTHER]
    assert f"--group {FINGERPRINT} --group {OTHER}" in page.commands()[-1]
    browser.press(page, "Replay 518")
    assert sent(api, "/jobs")[-1]["filter"]["groups"] == [FINGERPRINT, OTHER]
    page = browser.press(browser.get("/"), "Plan a replay", ticked={"group": [FINGERPRINT]})
    assert page.query == {"group": FINGERPRINT}


def test_more_groups_than_one_plan_takes_are_named(browser: Browser, api: Api) -> None:
    api.says("GET", "/groups", {"groups": [group(f"{n:032x}") for n in range(101)], "cursor": None})
    page = browser.press(browser.get("/?tab=open"), "Plan a replay", all="1")
    assert page.status == 400
    assert "100 groups can be planned at once: narrow the list first" in page.text


ANN = "arn:aws:sts::123456789012:assumed-role/Operator/ann"


def test_a_group_says_whether_anything_was_deployed_since(browser: Browser, api: Api) -> None:
    """Since the newest of those that wait, or else since the newest of all."""
    code = {
        "target": ARN,
        "changed": True,
        "failed": "3",
        "version": "4",
        "modified_at": "2026-01-31T10:00:00Z",
    }
    api.says("POST", "/jobs/plan", {**plan(), "code": [code]})
    page = browser.get(f"/groups/{FINGERPRINT}")
    assert "Deployed since yes, " in page.text
    assert "version 4" in page.text
    api.answers["GET", "/executions"] = lambda asked: (
        200,
        {"executions": [] if "status" in asked.query else [execution("recovered-1")], "cursor": None},
    )
    assert "Deployed since yes, " in browser.get(f"/groups/{FINGERPRINT}").text
    assert sent(api, "/jobs/plan")[-1] == {"ids": ["recovered-1"], "mode": "force"}
    api.says("POST", "/jobs/plan", {**plan(), "code": [{**code, "changed": False}]})
    assert "Deployed since nothing" in browser.get(f"/groups/{FINGERPRINT}").text
    api.says("GET", "/executions", {"executions": [], "cursor": None})
    assert "Deployed since not known" in browser.get(f"/groups/{FINGERPRINT}").text


def test_who_has_a_group_stands_in_the_list_and_filters_it(browser: Browser, api: Api) -> None:
    own = ownership(owner=ANN, acknowledged_by=ANN, acknowledged_at="2026-01-31T09:00:00Z",
                    ticket="https://tracker.example/PAY-12")  # fmt: skip
    api.says("GET", "/groups", {"groups": [group(ownership=own)], "cursor": None})
    page = browser.get("/?owner=me&tab=open")
    assert {asked.query.get("owner") for asked in api.asked if asked.path == "/groups"} == {"me"}
    assert "Who has it" in page.text
    assert f'title="{ANN}">ann<' in page.html
    assert page.links["ticket"] == "https://tracker.example/PAY-12"
    assert "lambda-replay groups --status open --mine" in page.commands()
    assert "lambda-replay groups --owner ann" in browser.get("/?owner=ann").commands()
    # All that match are those of this person.
    api.says("POST", f"/groups/{FINGERPRINT}/acknowledge", {})
    asked = browser.press(page, "Acknowledge", all="1")
    assert [one.query.get("owner") for one in api.asked if one.path == "/groups"][-1] == "me"
    assert "acknowledged" in browser.press(asked, "Acknowledge it").text
    assert sent(api, "/acknowledge") == [{}]


@pytest.mark.parametrize(
    ("button", "filled", "path"),
    [
        ("Acknowledge", {}, "acknowledge"),
        ("Assign", {"assignee": "ann", "reason": "on call"}, "assign"),
        ("Link its ticket", {"url": "https://t/1"}, "link"),
        ("Classify", {"category": "throttling", "verdict": "as_is"}, "classify"),
        ("Classify", {"category": "throttling"}, "classify"),
    ],
)
def test_a_group_is_owned_and_classified_on_its_page(
    browser: Browser, api: Api, button: str, filled: dict[str, Any], path: str
) -> None:
    api.says("POST", f"/groups/{FINGERPRINT}/{path}", {})
    done = browser.press(browser.get(f"/groups/{FINGERPRINT}"), button, **filled)
    assert done.path == f"/groups/{FINGERPRINT}"
    assert sent(api, f"/{path}") == [filled]


@pytest.mark.parametrize(
    ("button", "path", "body"),
    [
        ("Take the acknowledgement back", "acknowledge", {"acknowledged": False}),
        ("Take the assignment back", "assign", {"assignee": None}),
        ("Take the ticket's link away", "link", {"url": None}),
        ("Leave it to the rules again", "unclassify", {}),
    ],
)
def test_what_was_said_of_a_group_is_taken_back(
    browser: Browser, api: Api, button: str, path: str, body: dict[str, Any]
) -> None:
    assert button not in browser.get(f"/groups/{FINGERPRINT}").buttons
    own = ownership(
        owner="bob", assignee="bob", acknowledged_by=ANN, acknowledged_at="2026-01-31T09:00:00Z",
        ticket="https://tracker.example/PAY-12",
    )  # fmt: skip
    api.says("GET", f"/groups/{FINGERPRINT}", group_detail(ownership=own, classified_by_team=True))
    api.says("POST", f"/groups/{FINGERPRINT}/{path}", {})
    page = browser.get(f"/groups/{FINGERPRINT}")
    for words in ("bob", "by assumed-role/Operator/ann", "as the team says"):
        assert words in page.text
    browser.press(page, button)
    assert sent(api, f"/{path}") == [body]


def test_a_ticket_that_is_no_https_address_is_no_link(browser: Browser, api: Api) -> None:
    own = ownership(ticket="javascript:alert(1)")
    api.says("GET", f"/groups/{FINGERPRINT}", group_detail(ownership=own))
    api.says("GET", "/groups", {"groups": [group(ownership=own)], "cursor": None})
    for path in (f"/groups/{FINGERPRINT}", "/"):
        assert "javascript:alert" not in browser.get(path).html


def test_a_group_says_why_when_and_what_was_done(browser: Browser) -> None:
    page = browser.get(f"/groups/{FINGERPRINT}")
    for words in (
        "the environment variable TABLE_NAME is missing",
        "see the ticket",
        "orders.py handler",
        "nothing",
    ):
        assert words in page.text
    assert page.links["Plan a replay of the one that waits"] == f"/plan?group={FINGERPRINT}"


# ---------------------------------------------------------------- executions


def test_every_filter_is_asked_for_and_kept_for_the_next_page(browser: Browser, api: Api) -> None:
    api.says("GET", "/executions", {"executions": [execution()], "cursor": "c2"})
    api.answers["GET", "/executions"] = lambda asked: (
        200,
        {"executions": [execution(f"{ID}{n}") for n in range(int(asked.query["limit"]))], "cursor": "c2"},
    )
    page = browser.get(
        "/executions?function=orders&status=failed&category=timeout&verdict=as_is&error_type=E&from=2h&to=now&group=aa"
    )
    query = [asked.query for asked in api.asked if asked.path == "/executions"][-1]
    assert {**query, "from": "", "to": ""} == {
        "function": "orders", "status": "failed", "category": "timeout", "verdict": "as_is",
        "error_type": "E",
        "group": "aa", "from": "", "to": "", "limit": "50",
    }  # fmt: skip
    browser.follow(page, "Next page")
    following = [asked.query for asked in api.asked if asked.path == "/executions"][-1]
    # A cursor is of one query: times that were relative are the same.
    assert following == {**query, "cursor": "c2"}


def test_pages_that_hold_none_are_passed_over(browser: Browser, api: Api) -> None:
    api.answers["GET", "/executions"] = lambda asked: (
        200,
        {
            "executions": [execution()] if "cursor" in asked.query else [],
            "cursor": None if "cursor" in asked.query else "2",
        },
    )
    assert "KeyError" in browser.get("/executions?status=failed").text


def test_all_that_match_are_planned_by_filter_and_ticked_ones_by_id(browser: Browser, api: Api) -> None:
    page = browser.press(browser.get("/executions?status=failed&function=orders"), "Plan a replay", all="1")
    assert (page.path, page.query) == ("/plan", {"status": "failed", "function": "orders"})
    page = browser.press(browser.get("/executions?status=failed"), "Plan a replay", ticked={"id": [ID]})
    assert page.query == {"ids": ID}


def test_an_execution_shows_its_own_code_its_reasons_and_its_history(browser: Browser, api: Api) -> None:
    again = failure(at="2026-01-31T10:05:00Z", title="TypeError: other")
    tries = [
        replay("failed", failure=again),
        replay("accepted", 2, claimed_at="2026-01-31T11:00:00Z", reason="once more"),
    ]
    api.says("GET", f"/executions/{ID}", detail(replays=tries, status="replaying"))
    page = browser.get(f"/executions/{ID}")
    assert page.html.index("orders.py:12") > page.html.index('<li class="own">')
    assert "the environment variable TABLE_NAME is missing" in page.text
    order = [
        "failed after 3 attempts",
        "replay 1: failed",
        "TypeError: other",
        "replay 2: accepted",
        "once more",
    ]
    places = [page.text.index(words) for words in order]
    assert places == sorted(places)
    assert 'data-live="fast"' in page.html


def test_fields_of_a_newer_api_are_shown_where_they_are_there(browser: Browser, api: Api) -> None:
    more: dict[str, Any] = {
        "origin": "unverified",
        "contested": True,
        "probable_run_of": "r-0",
        "outcome_due_at": "2026-02-01T00:00:00Z",
    }
    api.says("GET", f"/executions/{ID}", detail(**more))
    page = browser.get(f"/executions/{ID}")
    for words in ("origin unverified", "contested", "r-0", "Outcome due"):
        assert words in page.text


def test_the_payload_is_read_on_demand_and_drawn_from_its_bytes(browser: Browser, api: Api) -> None:
    browser.get(f"/executions/{ID}")
    assert sent(api, f"{ID}/payload") == []
    page = browser.get(f"/executions/{ID}?payload=1")
    assert "1.10" in page.text
    assert page.html.count(">&#34;note&#34;<") == 2
    raw = browser.client.get(f"/executions/{ID}/payload")
    assert raw.content == b'{"amount": 1.10, "note": "a", "note": "b"}'
    assert raw.headers["content-type"] == "application/octet-stream"
    assert "attachment" in raw.headers["content-disposition"]


def test_a_replay_is_looked_at_first_and_sent_once(browser: Browser, api: Api) -> None:
    preview = {
        "dry_run": True,
        "execution": execution(),
        "target": "arn:aws:lambda:eu-west-1:1:function:orders",
        "would_replay": True,
        "refusal": None,
        "message": None,
        "changes": None,
    }
    api.answers["POST", f"/executions/{ID}/replay"] = lambda asked: (
        (200, preview) if asked.body.get("dry_run") else (202, {"execution": execution(), "replay": replay()})
    )
    page = browser.follow(browser.get(f"/executions/{ID}"), "Replay…")
    assert "Nothing has been sent yet" in page.text
    for _ in range(2):
        done = browser.press(page, "Replay it", reason="fixed in v8")
    keys = {
        asked.headers.get("idempotency-key")
        for asked in api.asked
        if asked.body == {"mode": "if_not_replayed", "reason": "fixed in v8"}
    }
    assert len(keys) == 1
    assert None not in keys
    assert "Replay 1 was accepted" in done.text


def test_a_replay_that_would_be_refused_can_not_be_asked_for(browser: Browser, api: Api) -> None:
    api.says(
        "POST",
        f"/executions/{ID}/replay",
        {
            "dry_run": True,
            "execution": execution(),
            "target": "t",
            "would_replay": False,
            "refusal": "stream_batch",
            "message": "positions",
            "changes": None,
        },
    )
    page = browser.get(f"/executions/{ID}/replay")
    assert "It would be refused: positions" in page.text
    assert "Replay it" not in page.buttons


def test_an_edited_event_is_sent_as_the_patch_that_was_shown(browser: Browser, api: Api) -> None:
    preview = {
        "dry_run": True,
        "execution": execution(),
        "target": "t",
        "would_replay": True,
        "refusal": None,
        "message": None,
        "changes": [],
    }
    api.answers["POST", f"/executions/{ID}/replay"] = lambda asked: (
        (200, preview) if asked.body.get("dry_run") else (202, {"execution": execution(), "replay": replay()})
    )
    editor = browser.get(f"/executions/{ID}/edit")
    [form] = [one for one in editor.forms if "Show what changes" in one.buttons]
    assert dict(form.fields)["text"] == '{"amount": 1.10, "note": "a", "note": "b"}'
    page = browser.press(editor, "Show what changes", text='{"amount": 1.10, "note": "a", "note": "c"}')
    patch = [{"op": "replace", "path": "/note", "value": "c"}]
    assert sent(api, "/replay")[-1] == {"mode": "if_not_replayed", "patch": patch, "dry_run": True}
    assert "of equal names the last one is kept" in page.text
    browser.press(page, "Replay it")
    assert sent(api, "/replay")[-1] == {"mode": "if_not_replayed", "patch": patch}
    broken = browser.press(editor, "Show what changes", text='{"amount": ')
    assert "the edited text is no JSON" in broken.text
    assert '{"amount": ' in dict(broken.form("Show what changes").fields)["text"]


def test_an_event_is_forgotten_after_a_question_and_with_a_reason(browser: Browser, api: Api) -> None:
    api.says("DELETE", f"/executions/{ID}/payload", execution())
    asked = browser.follow(browser.get(f"/executions/{ID}"), "Forget it…")
    assert "deleted for good" in asked.text
    assert "forget needs a reason" in browser.press(asked, "Forget it").text
    assert sent(api, f"{ID}/payload") == []
    done = browser.press(asked, "Forget it", reason="erasure request")
    assert "The execution is forgotten" in done.text
    assert sent(api, f"{ID}/payload") == [{"reason": "erasure request"}]


def test_a_tombstone_is_shown(browser: Browser, api: Api) -> None:
    stone = {"at": "2026-01-31T09:00:00Z", "by": "ann", "reason": "erasure request"}
    gone = detail(forgotten=stone, unreplayable="payload_forgotten", error=None)
    api.says("GET", f"/executions/{ID}", gone)
    page = browser.get(f"/executions/{ID}").text
    assert "Its event was forgotten" in page
    assert "erasure request" in page
    assert "Forget it…" not in page


def test_an_execution_is_ignored_and_taken_up_again(browser: Browser, api: Api) -> None:
    api.says("POST", f"/executions/{ID}/ignore", execution())
    page = browser.follow(browser.get(f"/executions/{ID}"), "Ignore…")
    done = browser.press(page, "Ignore it", reason="known", until="2h")
    assert "The execution is ignored" in done.text
    assert sent(api, "/ignore")[0]["reason"] == "known"
    api.says("GET", f"/executions/{ID}", detail(status="ignored"))
    api.says("POST", f"/executions/{ID}/reopen", execution())
    browser.press(browser.follow(browser.get(f"/executions/{ID}"), "Reopen…"), "Reopen it")
    assert sent(api, "/reopen") == [{}]


# ---------------------------------------------------------------- functions


def test_who_changed_a_policy_is_shown(browser: Browser) -> None:
    page = browser.get("/functions/orders").text
    assert "version 3" in page.partition("Who changed the policy")[2]
    assert "the partner is slow" in page


def test_a_policy_is_tried_before_it_is_saved(browser: Browser, api: Api) -> None:
    api.says("PUT", "/functions/orders/policy", {})
    page = browser.get("/functions/orders")
    form = dict(page.form("Save").fields)
    assert (form["attempts"], form["base"], form["cap"], form["rate"]) == ("3", "1m", "1h", "10")
    saved = browser.press(page, "Save", attempts="5", except_category="timeout:never", reason="slow")
    assert "The policy was saved" in saved.text
    [body] = [body for body in sent(api, "/policy") if body]
    assert body["attempts"] == 5
    assert (body["categories"], body["by_category"], body["base_seconds"]) == (
        ["throttling"],
        {"timeout": None},
        60,
    )
    assert (body["reason"], body["enabled"]) == ("slow", True)


def test_a_policy_that_can_not_be_is_said_to_be_none(browser: Browser) -> None:
    assert "no whole number" in browser.press(browser.get("/functions/orders"), "Save", attempts="many").text


# ---------------------------------------------------------------- size


def test_a_page_of_fifty_rows_is_small_and_quick(browser: Browser, api: Api) -> None:
    rows = [execution(f"{ID[:-2]}{n:02}", failure=failure(title="x" * 400)) for n in range(50)]
    api.says("GET", "/executions", {"executions": rows, "cursor": None})
    assert len(browser.get("/executions").html.encode()) < 100_000
    groups = [group(f"{n:032x}", title="x" * 400) for n in range(50)]
    api.says("GET", "/groups", {"groups": groups, "cursor": None})
    assert len(browser.get("/?tab=open").html.encode()) < 100_000


def test_many_tabs_at_once_get_their_pages(browser: Browser) -> None:
    """A look at rows within a look: in one pool of threads, these would wait for each other for good."""
    with ThreadPoolExecutor(24) as tabs:
        answers = list(tabs.map(lambda _: browser.client.get("/").status_code, range(48), timeout=60))
    assert set(answers) == {200}
