"""A wrong category is corrected where it is seen, for one group, and the correction can be taken back."""

from typing import Any

import pytest

import triage.composition_root
from tests.integration.conftest import SOURCE, Stack, code
from tests.support.world.service import record_text

ASLEEP = '{"errorType":"OrderError","errorMessage":"the till is asleep"}'
ON_FIRE = '{"errorType":"OrderError","errorMessage":"the till is on fire"}'


def fail(stack: Stack, name: str, response: str = ASLEEP) -> dict[str, Any]:
    """The execution of a failure that a new triage has diagnosed: a running one reads rules once a minute."""
    triage.composition_root.parts.cache_clear()
    assert stack.triage(record_text(name, arn=SOURCE + ":live", response=response)) == []
    status, found = stack.call("GET", f"/executions/{name}")
    assert status == 200
    assert isinstance(found, dict)
    return found


def classified(stack: Stack, group: str, **body: str) -> tuple[int, Any]:
    return stack.call("POST", f"/groups/{group}/classify", json=body)


def test_a_group_is_classified_and_left_alone_again(stack: Stack) -> None:
    before = fail(stack, "event-1")["failure"]
    group = before["group"]
    assert (before["category"], before["rule"]) == ("unknown", "none")

    status, shown = classified(stack, group, category="transient_dependency", reason="the partner naps")
    assert (status, shown["category"], shown["verdict"]) == (200, "transient_dependency", "as_is")
    assert stack.call("GET", f"/groups/{group}")[1]["classified_by_team"] is True
    after = fail(stack, "event-2")["failure"]
    assert (after["group"], after["category"], after["verdict"]) == (group, "transient_dependency", "as_is")
    assert after["rule"] == f"group {group}"
    assert fail(stack, "event-3", ON_FIRE)["failure"]["category"] == "unknown"

    assert stack.call("POST", f"/groups/{group}/unclassify")[0] == 200
    assert stack.call("GET", f"/groups/{group}")[1]["classified_by_team"] is False
    assert fail(stack, "event-4")["failure"]["category"] == "unknown"
    assert code(stack.call("POST", f"/groups/{group}/unclassify")) == (409, "group_not_classified")

    notes = [note["reason"] for note in stack.call("GET", f"/groups/{group}")[1]["history"]]
    assert notes == [
        "no longer classified by the team",
        "classified as transient_dependency, as_is: the partner naps",
    ]


def test_a_correction_stands_beside_the_rules_that_were_there(stack: Stack) -> None:
    row = {"id": "ours", "category": "throttling", "verdict": "as_is", "when": {"message": "on fire"}}
    assert stack.call("PUT", "/rules", json={"rules": [row]})[0] == 200
    group = fail(stack, "event-1")["failure"]["group"]
    for category, verdict in (("invalid_input", "as_is"), ("code_bug", "after_fix")):
        assert classified(stack, group, category=category, verdict=verdict)[0] == 200
        rules = stack.call("GET", "/rules")[1]["rules"]
        assert [rule["id"] for rule in rules] == [f"group {group}", "ours"]
        assert (rules[0]["category"], rules[0]["verdict"]) == (category, verdict)
    assert stack.call("POST", f"/groups/{group}/unclassify")[0] == 200
    assert stack.call("GET", "/rules")[1]["rules"] == [row]


def test_members_are_meant_too(stack: Stack) -> None:
    head, member = (
        fail(stack, "event-1")["failure"]["group"],
        fail(stack, "event-2", ON_FIRE)["failure"]["group"],
    )
    assert stack.call("POST", f"/groups/{member}/merge", json={"into": head})[0] == 200
    assert classified(stack, head, category="throttling")[0] == 200
    assert fail(stack, "event-3", ON_FIRE)["failure"]["category"] == "throttling"
    assert code(classified(stack, member, category="throttling")) == (409, "group_merged")


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({}, "category"),
        ({"category": "bad luck"}, "category"),
        ({"category": "timeout", "verdict": "maybe"}, "verdict"),
    ],
)
def test_what_is_no_category_is_named(stack: Stack, body: dict[str, str], names: str) -> None:
    group = fail(stack, "event-1")["failure"]["group"]
    status, answer = classified(stack, group, **body)
    assert status == 400
    assert names in answer["error"]["message"]


def test_a_group_that_is_not_there_is_named(stack: Stack) -> None:
    for verb, body in (("classify", {"category": "timeout"}), ("unclassify", {})):
        answer = stack.call("POST", f"/groups/{'0' * 32}/{verb}", json=body)
        assert code(answer) == (404, "group_not_found")
