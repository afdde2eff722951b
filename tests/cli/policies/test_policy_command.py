"""`policy`: what is set, shown, taken back and tried."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from api.functions.models import PolicyRequest
from tests.cli.support.api_server import Api, connected, served
from tests.cli.support.job_objects import standing
from tests.cli.support.objects import FINGERPRINT, execution, failure, group
from tests.cli.support.run import run

PATH = "/functions/orders/policy"


ALLOWED = "arn:aws:lambda:eu-west-1:123456789012:function:orders"


class Described:
    """The stack, as CloudFormation describes it."""

    def describe_stacks(self, **_given: Any) -> dict[str, Any]:
        parameter = {"ParameterKey": "ReplayableFunctions", "ParameterValue": ALLOWED}
        return {"Stacks": [{"Parameters": [parameter]}]}


def version(number: int, **changes: Any) -> dict[str, Any]:
    policy = standing()["policy"]
    del policy["origin"]
    return {**policy, "version": number, "removed": False, **changes}


@contextmanager
def serving(**effective: Any) -> Iterator[Api]:
    """With this policy in effect, and a group."""
    with served() as api, connected(api, {"cloudformation": Described()}):
        api.says("GET", PATH, standing(**effective))
        api.says("GET", f"{PATH}/history", {"versions": [version(3), version(2, removed=True)]})
        api.says("PUT", PATH, standing())
        api.says("GET", "/groups", {"groups": [group()], "cursor": None})
        yield api


def put(*words: str, **effective: Any) -> dict[str, Any]:
    """The body that was sent, which the API must take."""
    with serving(**effective) as api:
        outcome = run("policy", "set", "orders", *words)
        assert (outcome.code, outcome.objects) == (0, [standing()])
        one = api.asked[-1]
    PolicyRequest.model_validate(one.body)
    body: dict[str, Any] = one.body
    return body


def test_only_what_is_said_is_sent() -> None:
    assert put("--category", "throttling") == {"categories": ["throttling"]}
    assert put("--off", "--category", "timeout") == {"enabled": False, "categories": ["timeout"]}


RULE = {
    "attempts": 5, "base_seconds": 90, "cap_seconds": 3600, "max_age_seconds": 86400, "idempotent": True,
    "unverified_origin": False,
    "qualifier": None,
    "tenant": "blue",
}  # fmt: skip
OWN: dict[str, Any] = {**RULE, "rate": 2, "by_category": {"timeout": None}, "by_group": {FINGERPRINT: RULE}}


def test_switching_off_and_on_keeps_the_policy_as_it_is() -> None:
    kept = {**OWN, "categories": ["throttling"]}
    assert put("--off", "--reason", "Sunday", **OWN) == {**kept, "enabled": False, "reason": "Sunday"}
    assert put("--on", **OWN, enabled=False) == {**kept, "enabled": True}


def test_switching_the_stacks_off_makes_it_the_functions_own() -> None:
    with serving(origin="stack") as api:
        outcome = run("policy", "set", "orders", "--off")
        assert (api.asked[-1].body["enabled"], api.asked[-1].body["categories"]) == (False, ["throttling"])
    assert "had no policy of its own" in outcome.err


def test_the_stacks_is_on_already() -> None:
    with serving(origin="stack") as api:
        outcome = run("policy", "set", "orders", "--on")
        assert [one.method for one in api.asked] == ["GET"]
    assert (outcome.code, "on already" in outcome.err) == (0, True)


@pytest.mark.parametrize("command", ["set", "test"])
def test_where_there_is_no_policy_there_is_none_to_switch_on(command: str) -> None:
    with serving(origin="none", enabled=False, categories=[]) as api:
        outcome = run("policy", command, "orders", "--on")
        assert {one.method for one in api.asked} == {"GET"}
    assert (outcome.code, "lambda-replay policy set orders --category" in outcome.err) == (2, True)


@pytest.mark.parametrize("command", ["set", "test"])
def test_a_group_is_named_by_the_beginning_of_its_fingerprint(command: str) -> None:
    with serving() as api:
        api.says("GET", "/executions", {"executions": executions(), "cursor": None})
        outcome = run("policy", command, "orders", "--category", "configuration", "--except-group",
                      f"{FINGERPRINT[:8]}:never")  # fmt: skip
        sent = api.asked[-1].body
    if command == "set":
        assert sent["by_group"] == {FINGERPRINT: None}
    else:
        assert f"group {FINGERPRINT[:8]}: never" in [one["why"] for one in outcome.objects]


def test_every_field_of_a_policy_is_an_option() -> None:
    words = [
        "--category", "throttling,timeout", "--category", "throttling", "--attempts", "5", "--base", "90s",
        "--cap", "2h", "--max-age", "600", "--rate", "0.5", "--idempotent", "--unverified-origin",
        "--qualifier", "replay",
        "--except-category", "timeout:attempts=1,base=5m,idempotent=no",
        "--except-group", f"{FINGERPRINT}:never",
    ]  # fmt: skip
    assert put(*words) == {
        "categories": ["throttling", "timeout"],
        "attempts": 5,
        "base_seconds": 90,
        "cap_seconds": 7200,
        "max_age_seconds": 600,
        "rate": 0.5,
        "idempotent": True,
        "unverified_origin": True,
        "qualifier": "replay",
        "by_category": {"timeout": {"attempts": 1, "base_seconds": 300, "idempotent": False}},
        "by_group": {FINGERPRINT: None},
    }


def test_a_policy_in_a_file_is_sent_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text('{"categories": ["timeout"], "attempts": 2}')
    assert put("--from-file", str(path)) == {"categories": ["timeout"], "attempts": 2}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "say what the policy is"),
        (["--category", "weather"], "there are timeout"),
        (["--category", "timeout", "--base", "soon"], "no length of time"),
        (["--except-category", "timeout"], "timeout:never"),
        (["--except-category", "timeout:often"], "attempts=N"),
        (["--except-group", f"{FINGERPRINT}:attempts=many"], "attempts=N"),
        (["--from-file", "/nowhere"], "No such file"),
        (["--off", "--from-file", "/nowhere"], "leave it out"),
    ],
)
def test_bad_options_are_refused_before_anything_is_requested(words: list[str], said: str) -> None:
    with served() as api, connected(api):
        outcome = run("policy", "set", "orders", *words)
        assert api.asked == []
    assert outcome.code == 2
    assert said in outcome.err


def test_what_the_service_refuses_is_reported_in_its_words() -> None:
    with served() as api, connected(api):
        api.refuses("PUT", PATH, 400, "policy_invalid", "cap_seconds: must not be less than base_seconds")
        outcome = run("policy", "set", "orders", "--category", "timeout", "--cap", "1s")
    assert outcome.problems == [
        "lambda-replay: cap_seconds: must not be less than base_seconds (policy_invalid)"
    ]
    assert outcome.code == 2


def test_the_policy_in_force_is_shown_with_its_breaker_and_its_fruits() -> None:
    never = standing(by_category={"timeout": None}, idempotent=True)
    never["breaker"] = {
        "state": "open", "since": "2026-01-31T09:00:00Z", "reason": "5 of 6 automatic replays failed",
        "retry_at": "2026-01-31T09:05:00Z", "trial": None,
    }  # fmt: skip
    with served() as api, connected(api):
        api.says("GET", PATH, never)
        api.says("GET", f"{PATH}/history", {"versions": [version(3), version(2, removed=True)]})
        screen = run("policy", "show", "orders", "-o", "table").out
        (shown,) = run("policy", "show", "orders").objects
    assert [one["version"] for one in shown["history"]] == [3, 2]
    assert "taken back" in screen.partition("history")[2]
    for words in (
        "orders automatic replays on", "its own", "throttling", "at most 3 attempts", "timeout: never",
        "(5 of 6 automatic replays failed)", "7 succeeded", "2 rejected: throttled", "by ann: slow partner",
        "lambda-replay console --open functions/orders",
    ):  # fmt: skip
        assert words in " ".join(screen.split()), screen


def test_all_functions_are_listed_page_by_page() -> None:
    with served() as api, connected(api):
        pages = {"": (["a", "b"], "1"), "1": (["c"], None)}

        def answer(asked: Any) -> tuple[int, object]:
            names, cursor = pages[asked.query.get("cursor", "")]
            return 200, {"functions": [standing(name) for name in names], "cursor": cursor}

        api.answers["GET", "/functions"] = answer
        assert [one["function"] for one in run("policy", "show").objects] == ["a", "b", "c"]
        table = run("policy", "show", "-o", "table").out
        api.says("GET", "/functions", {"functions": [], "cursor": None})
        assert run("policy", "show").code == 1
    assert "throttling" in table


def test_taking_a_policy_back_reports_why() -> None:
    with served() as api, connected(api):
        api.says("DELETE", PATH, standing(origin="stack"))
        assert run("policy", "remove", "orders", "--reason", "it is over").code == 0
        [one] = api.asked
    assert one.query == {"reason": "it is over"}


def executions() -> list[dict[str, Any]]:
    slow = failure(category="throttling", title="Rate exceeded")
    return [
        execution("a", failure=slow),
        execution("b"),
        execution("c", failure=slow, unreplayable="stream_batch"),
    ]


def test_the_policy_in_force_is_tried_on_recent_failures() -> None:
    with serving() as api:
        api.says("GET", "/executions", {"executions": executions(), "cursor": None})
        outcome = run("policy", "test", "orders", "--from", "2026-01-30T00:00:00Z")
        screen = run("policy", "test", "orders", "-o", "table").out
        assert api.asked[1].query == {"function": "orders", "limit": "100", "from": "2026-01-30T00:00:00Z"}
    assert outcome.code == 0
    assert [(one["id"], one["would_replay"], one["why"]) for one in outcome.objects] == [
        ("a", True, None),
        ("b", False, "category configuration is not among throttling"),
        ("c", False, "stream_batch: nothing to send"),
    ]
    assert "1 of 3 recent failures would be replayed" in screen
    assert "1 not: stream_batch: nothing to send" in screen


def test_another_policy_is_tried_without_setting_it() -> None:
    with serving() as api:
        api.says("GET", "/executions", {"executions": executions(), "cursor": None})
        outcome = run("policy", "test", "orders", "--category", "configuration", "--attempts", "1")
        assert [(one.method, one.path) for one in api.asked] == [("GET", "/executions")]
    assert [one["id"] for one in outcome.objects if one["would_replay"]] == ["b"]


def test_a_policy_that_would_replay_nothing_is_a_no() -> None:
    with serving() as api:
        api.says("GET", "/executions", {"executions": executions(), "cursor": None})
        assert run("policy", "test", "orders", "--category", "timeout").code == 1
        assert run("policy", "test", "orders", "--off").code == 1
        api.says("GET", "/executions", {"executions": [], "cursor": None})
        none = run("policy", "test", "orders", "--category", "timeout")
    assert (none.code, none.problems) == (1, ["lambda-replay: no failures"])


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ({"base_seconds": "5m"}, "base_seconds: must be a whole number"),
        ({"base_seconds": 10**30}, "base_seconds: must be a whole number"),
        ({"base_seconds": True}, "base_seconds: must be a whole number"),
        ({"categories": None}, "categories: must be a list of texts"),
        ({"categories": [{}]}, "categories: must be a list of texts"),
        ({"by_category": ["x"]}, "by_category: must be an object"),
        ({"by_category": {"timeout": 3}}, "by_category.timeout: must be an object, or null"),
        ({"by_category": {"timeout": {"attempts": "2"}}}, "by_category.timeout.attempts: must be a whole"),
        ({"by_group": {FINGERPRINT: {"weather": 1}}}, f"by_group.{FINGERPRINT}.weather: no such field"),
        ({"rate": "fast"}, "rate: must be a number"),
        ({"qualifier": 1}, "qualifier: must be a text"),
        ({"enabled": None}, "enabled: must be true or false"),
        ({"weather": 1}, "weather: no such field"),
        ({"\x1b[31m": 1}, "?[31m: no such field"),
        ({"categories": ["weather"]}, "categories: no category 'weather'"),
        ({"attempts": 99}, "attempts: must be from 1 to 20"),
        ({"rate": 10**400}, "rate: must be from"),
        ({"by_group": {"x": None}}, "'x' is no group"),
    ],
)
def test_a_policy_that_would_be_refused_is_not_tried(tmp_path: Path, policy: object, said: str) -> None:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(policy))
    with serving() as api:
        outcome = run("policy", "test", "orders", "--from-file", str(path))
        assert not any(one.path == "/executions" for one in api.asked)
    assert (outcome.code, said in outcome.err) == (2, True), outcome.err


def test_a_policy_in_a_file_may_leave_an_exceptions_fields_open(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text('{"by_category": {"configuration": {"attempts": null, "base_seconds": null}}}')
    with serving() as api:
        api.says("GET", "/executions", {"executions": executions(), "cursor": None})
        assert run("policy", "test", "orders", "--from-file", str(path)).code == 0


def test_a_function_outside_the_allow_list_is_replayed_by_no_policy() -> None:
    with serving() as api:
        other = [execution(function_arn=ALLOWED.replace("orders", "billing"))]
        api.says("GET", "/executions", {"executions": other, "cursor": None})
        outcome = run("policy", "test", "billing", "--category", "configuration")
    assert [one["why"] for one in outcome.objects] == ["ReplayableFunctions does not cover it"]


@pytest.mark.parametrize("command", ["show", "set", "remove", "test"])
def test_every_command_has_an_example(command: str) -> None:
    assert f"lambda-replay policy {command}" in run("policy", command, "--help").out
