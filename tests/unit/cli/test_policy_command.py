"""`policy`: what is set, shown, taken back and tried."""

from pathlib import Path
from typing import Any

import pytest

from api.function_models import PolicyRequest
from tests.unit.cli.job_things import standing
from tests.unit.cli.running import run
from tests.unit.cli.served import connected, served
from tests.unit.cli.things import FINGERPRINT, execution, failure

PATH = "/functions/orders/policy"


def put(*words: str) -> dict[str, Any]:
    """The body that was sent, which the API must take."""
    with served() as api, connected(api):
        api.says("PUT", PATH, standing())
        outcome = run("policy", "set", "orders", *words)
        assert (outcome.code, outcome.err, outcome.objects) == (0, "", [standing()])
        [one] = api.asked
    PolicyRequest.model_validate(one.body)
    body: dict[str, Any] = one.body
    return body


def test_only_what_is_said_is_sent() -> None:
    assert put("--category", "throttling") == {"categories": ["throttling"]}
    assert put("--off", "--reason", "Sunday") == {"enabled": False, "reason": "Sunday"}


def test_every_field_of_a_policy_is_an_option() -> None:
    words = [
        "--category", "throttling,timeout", "--category", "throttling", "--attempts", "5", "--base", "90s",
        "--cap", "2h", "--max-age", "600", "--rate", "0.5", "--idempotent", "--qualifier", "replay",
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
def test_what_can_not_be_meant_is_told_before_anything_is_asked(words: list[str], said: str) -> None:
    with served() as api, connected(api):
        outcome = run("policy", "set", "orders", *words)
        assert api.asked == []
    assert outcome.code == 2
    assert said in outcome.err


def test_what_the_service_refuses_is_told_in_its_words() -> None:
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
        screen = run("policy", "show", "orders", "-o", "table").out
    for words in (
        "orders automatic replays on", "its own", "throttling", "at most 3 attempts", "timeout: never",
        "(5 of 6 automatic replays failed)", "7 succeeded", "2 rejected: throttled", "by ann: slow partner",
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


def test_taking_a_policy_back_tells_why() -> None:
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
    with served() as api, connected(api):
        api.says("GET", PATH, standing())
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
    with served() as api, connected(api):
        api.says("GET", "/executions", {"executions": executions(), "cursor": None})
        outcome = run("policy", "test", "orders", "--category", "configuration", "--attempts", "1")
        assert [(one.method, one.path) for one in api.asked] == [("GET", "/executions")]
    assert [one["id"] for one in outcome.objects if one["would_replay"]] == ["b"]


def test_a_policy_that_would_replay_nothing_is_a_no() -> None:
    with served() as api, connected(api):
        api.says("GET", "/executions", {"executions": executions(), "cursor": None})
        assert run("policy", "test", "orders", "--category", "timeout").code == 1
        assert run("policy", "test", "orders", "--off").code == 1
        api.says("GET", "/executions", {"executions": [], "cursor": None})
        none = run("policy", "test", "orders", "--category", "timeout")
    assert (none.code, none.problems) == (1, ["lambda-replay: no failures"])


@pytest.mark.parametrize("command", ["show", "set", "remove", "test"])
def test_every_command_has_an_example(command: str) -> None:
    assert f"lambda-replay policy {command}" in run("policy", command, "--help").out
