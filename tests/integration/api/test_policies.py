"""Functions and policies through the API, and automatic replays through the functions that make them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from lambda_replay.adapters.clock import now
from tests.integration.conftest import SOURCE, Stack, code
from tests.support.world.service import record_text

NAME = "lambda-replay-sources-switch"
PATH = f"/functions/{NAME}/policy"
CALLER = "arn:aws:iam::123456789012:user/on-call"
THROTTLED = '{"errorType":"ThrottlingException","errorMessage":"Rate exceeded"}'
AT_ONCE: dict[str, Any] = {"categories": ["throttling"], "base_seconds": 1, "cap_seconds": 1}


def fails(stack: Stack, *ids: str) -> None:
    assert stack.triage(*[record_text(id_, arn=SOURCE, response=THROTTLED, at=now()) for id_ in ids]) == []


def passes(monkeypatch: pytest.MonkeyPatch, span: timedelta) -> None:
    """Have the service's clocks be ahead."""
    import replay.composition_root

    def later() -> datetime:
        return now() + span

    for cached in vars(replay.composition_root).values():
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()
    monkeypatch.setattr(replay.composition_root, "now", later)


def test_a_function_without_a_policy_shows_the_stacks(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    status, body = stack.call("GET", PATH)
    assert status == 200
    assert (
        body["policy"] | {"origin": "none", "enabled": False, "categories": [], "version": 0}
        == body["policy"]
    )
    assert body["breaker"]["state"] == "closed"
    assert body["automatic"]["rejected"] == {}
    monkeypatch.setenv("AUTOMATIC_CATEGORIES", "throttling,timeout")
    import api.composition_root

    api.composition_root.settings.cache_clear()
    policy = stack.call("GET", PATH)[1]["policy"]
    assert (policy["origin"], policy["categories"]) == ("stack", ["throttling", "timeout"])
    assert (policy["attempts"], policy["base_seconds"], policy["max_age_seconds"]) == (3, 60, 86400)


def test_a_policy_keeps_its_history(stack: Stack) -> None:
    path = f"{PATH}/history"
    assert stack.call("GET", path)[1]["versions"] == []
    stack.call("PUT", PATH, body='{"categories": ["timeout"], "reason": "first"}')
    stack.call("PUT", PATH, body='{"categories": ["throttling"], "attempts": 5, "reason": "second"}')
    stack.call("DELETE", PATH, query={"reason": "third"})
    status, body = stack.call("GET", path)
    assert (status, body["function_arn"]) == (200, SOURCE)
    changes = [(one["version"], one["reason"], one["by"], one["removed"]) for one in body["versions"]]
    assert changes == [
        (3, "third", CALLER, True), (2, "second", CALLER, False), (1, "first", CALLER, False),
    ]  # fmt: skip
    assert [one["categories"] for one in body["versions"]] == [["throttling"], ["throttling"], ["timeout"]]
    assert body["versions"][1]["attempts"] == 5


def test_a_policy_is_put_changed_and_taken_back(stack: Stack) -> None:
    wanted = {
        "categories": ["throttling"],
        "attempts": 5,
        "base_seconds": 30,
        "cap_seconds": 600,
        "qualifier": "live",
        "tenant": "blue",
        "rate": 0.5,
        "by_category": {"timeout": {"attempts": 1, "qualifier": None}, "unknown": None},
        "by_group": {"a" * 32: {"idempotent": True}},
        "reason": "the partner is slow",
    }
    status, body = stack.call("PUT", PATH, json=wanted)
    assert status == 200
    policy = body["policy"]
    assert (policy["origin"], policy["version"], policy["by"]) == ("own", 1, CALLER)
    assert policy["reason"] == "the partner is slow"
    rule = {
        "attempts": 5, "base_seconds": 30, "cap_seconds": 600, "max_age_seconds": 86400,
        "idempotent": False, "unverified_origin": False, "qualifier": "live", "tenant": "blue",
    }  # fmt: skip
    assert policy | rule == policy
    assert policy["by_category"] == {"timeout": rule | {"attempts": 1, "qualifier": None}, "unknown": None}
    assert policy["by_group"] == {"a" * 32: rule | {"idempotent": True}}
    assert stack.call("GET", PATH) == (200, body)
    assert stack.call("PUT", PATH, json={"enabled": False})[1]["policy"]["version"] == 2
    back = stack.call("DELETE", PATH, query={"reason": "no longer"})[1]["policy"]
    assert (back["origin"], back["version"], back["reason"]) == ("none", 3, "no longer")
    assert stack.call("DELETE", PATH)[1]["policy"]["version"] == 3
    assert stack.call("PUT", PATH, json={})[1]["policy"]["version"] == 4


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"attempts": 0}, "attempts"),
        ({"attempts": 21}, "attempts"),
        ({"base_seconds": 0}, "base_seconds"),
        ({"cap_seconds": 604801}, "cap_seconds"),
        ({"base_seconds": 100, "cap_seconds": 99}, "cap_seconds: must not be less than base_seconds"),
        ({"max_age_seconds": 60}, "max_age_seconds"),
        ({"rate": 0}, "rate"),
        ({"rate": 1001}, "rate"),
        ({"categories": ["slow"]}, "categories"),
        ({"by_category": {"slow": None}}, "by_category"),
        ({"by_category": {"timeout": {"attempts": 99}}}, "by_category.timeout.attempts"),
        ({"by_category": {"timeout": {"base_seconds": 7200}}}, "by_category.timeout.cap_seconds"),
        ({"by_group": {"x": None}}, "by_group"),
        ({"qualifier": "no such"}, "qualifier"),
        ({"atempts": 3}, "atempts: no such field"),
    ],
    ids=str,
)
def test_a_bad_field_is_named_and_nothing_changes(stack: Stack, body: dict[str, Any], named: str) -> None:
    status, answer = stack.call("PUT", PATH, json=body)
    assert status == 400, answer
    assert named in answer["error"]["message"]
    assert stack.call("GET", PATH)[1]["policy"]["version"] == 0


def test_a_bad_name_is_refused(stack: Stack) -> None:
    assert code(stack.call("GET", "/functions/a.b/policy"))[0] in (400, 404)
    assert stack.call("GET", f"/functions/{'a' * 141}/policy")[0] == 400


def test_functions_that_failed_are_listed(stack: Stack) -> None:
    assert stack.call("GET", "/functions") == (200, {"functions": [], "cursor": None})
    fails(stack, "event-1", "event-2")
    stack.triage(record_text("event-3", arn=SOURCE.replace("switch", "flaky"), at=now()))
    stack.call("PUT", PATH, json=AT_ONCE)
    body = stack.call("GET", "/functions")[1]
    listed = {one["function"]: one for one in body["functions"]}
    assert set(listed) == {NAME, NAME.replace("switch", "flaky")}
    assert listed[NAME]["function_arn"] == SOURCE
    assert listed[NAME]["policy"]["origin"] == "own"
    assert listed[NAME.replace("switch", "flaky")]["policy"]["origin"] == "none"
    assert abs(datetime.fromisoformat(listed[NAME]["last_failed_at"]) - now()) < timedelta(minutes=1)
    first = stack.call("GET", "/functions", query={"limit": "1"})[1]
    second = stack.call("GET", "/functions", query={"limit": "1", "cursor": first["cursor"]})[1]
    assert {one["function"] for page in (first, second) for one in page["functions"]} == set(listed)
    assert second["cursor"] is None
    assert code(stack.call("GET", "/executions", query={"cursor": first["cursor"]})) == (
        400,
        "invalid_cursor",
    )


def test_an_automatic_replay_from_end_to_end(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.call("PUT", PATH, json=AT_ONCE)
    fails(stack, "event-1", "event-2")
    stack.sweep()
    assert stack.aws.sent == []
    passes(monkeypatch, timedelta(minutes=3))
    stack.sweep()
    stack.sweep()
    assert sorted(call["FunctionName"] for call in stack.aws.sent) == [SOURCE, SOURCE]
    replays = stack.call("GET", "/executions/event-1")[1]["replays"]
    assert [(one["by"], one["status"]) for one in replays] == [("lambda-replay:automatic", "accepted")]
    stack.triage(record_text("run-1", arn=SOURCE, condition="Success"))
    fails(stack, "run-2")
    automatic = stack.call("GET", "/functions")[1]["functions"][0]["automatic"]
    assert (automatic["succeeded"], automatic["failed_same"]) == (1, 1)


def test_the_stacks_categories_replay_without_a_policy(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMATIC_CATEGORIES", "throttling")
    fails(stack, "event-1")
    stack.triage(record_text("event-2", arn=SOURCE, at=now()))
    passes(monkeypatch, timedelta(minutes=5))
    stack.sweep()
    assert len(stack.aws.sent) == 1
    assert len(stack.call("GET", "/executions/event-1")[1]["replays"]) == 1


def test_a_policy_that_is_taken_back_stops_what_is_planned(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.call("PUT", PATH, json=AT_ONCE)
    fails(stack, "event-1")
    stack.call("DELETE", PATH)
    passes(monkeypatch, timedelta(minutes=3))
    stack.sweep()
    stack.call("PUT", PATH, json=AT_ONCE)
    stack.sweep()
    assert stack.aws.sent == []


def test_what_is_over_the_rate_waits_in_the_table(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.call("PUT", PATH, json=AT_ONCE | {"rate": 0.05})  # three a minute
    fails(stack, *[f"event-{number}" for number in range(8)])
    for minute, sent in ((3, 3), (4, 6), (6, 8)):
        passes(monkeypatch, timedelta(minutes=minute))
        stack.sweep()
        assert len(stack.aws.sent) == sent
    breaker = stack.call("GET", PATH)[1]["breaker"]
    assert breaker["state"] == "closed"


# ------------------------------------------------------------------- one name in several accounts and regions

ABROAD = SOURCE.replace("us-east-1:123456789012", "eu-west-1:210987654321")


def test_a_name_is_enough_where_there_is_one_function_of_it(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one beside the service as long as none failed, then the one that did."""
    monkeypatch.setenv("REPLAYABLE_FUNCTIONS", f"{SOURCE},{ABROAD}")
    assert stack.call("GET", PATH)[1]["function_arn"] == SOURCE
    assert stack.triage(record_text("event-1", arn=ABROAD, response=THROTTLED, at=now())) == []
    status, body = stack.call("PUT", PATH, json=AT_ONCE)
    assert (status, body["function"], body["function_arn"]) == (200, NAME, ABROAD)


def test_a_name_of_several_functions_is_refused_and_their_arns_are_reported(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPLAYABLE_FUNCTIONS", f"{SOURCE},{ABROAD}")
    fails(stack, "event-1")
    assert stack.triage(record_text("event-2", arn=ABROAD, response=THROTTLED, at=now())) == []
    for answer in (
        stack.call("GET", PATH),
        stack.call("PUT", PATH, json=AT_ONCE),
        stack.call("DELETE", PATH),
    ):
        assert code(answer) == (409, "ambiguous_function")
        assert SOURCE in answer[1]["error"]["message"]
        assert ABROAD in answer[1]["error"]["message"]
    status, body = stack.call("PUT", f"/functions/{ABROAD}/policy", json=AT_ONCE)
    assert (status, body["function_arn"], body["policy"]["origin"]) == (200, ABROAD, "own")
    assert stack.call("GET", f"/functions/{SOURCE}/policy")[1]["policy"]["origin"] == "none"
    listed = stack.call("GET", "/functions")[1]["functions"]
    assert {one["function_arn"]: one["policy"]["origin"] for one in listed} == {SOURCE: "none", ABROAD: "own"}
    assert stack.call("DELETE", f"/functions/{ABROAD}/policy")[0] == 200


@pytest.mark.parametrize("name", ["arn:aws:lambda:eu-west-1:1:function:orders", f"{SOURCE}:live", "a:b"])
def test_what_is_neither_a_name_nor_an_arn_is_refused(stack: Stack, name: str) -> None:
    assert code(stack.call("GET", f"/functions/{name}/policy")) == (400, "invalid_request")
