"""Every rule of the product against its own example, and the rules a user writes."""

import json
from collections import Counter
from typing import Any

import pytest

from lambda_replay.domain.diagnosis import (
    DEFAULT_RULES,
    Category,
    Evidence,
    Rule,
    RuleError,
    Verdict,
    diagnose,
    load_rules,
)
from lambda_replay.domain.diagnosis.rule_examples import evidence


@pytest.mark.parametrize("rule", DEFAULT_RULES, ids=lambda rule: rule.id)
def test_rule_decides_on_its_own_example(rule: Rule) -> None:
    found = diagnose(evidence(rule))
    assert found.rule == rule.id
    assert (found.category, found.verdict, found.confidence) == (rule.category, rule.verdict, rule.confidence)
    assert found.reasons[0] == rule.reason


def test_rule_ids_are_unique() -> None:
    assert [name for name, count in Counter(rule.id for rule in DEFAULT_RULES).items() if count > 1] == []


def test_every_category_has_a_rule() -> None:
    assert {rule.category for rule in DEFAULT_RULES} == set(Category)


def users_rule(**changes: Any) -> dict[str, Any]:
    return {
        "id": "legacy-gateway",
        "category": "transient_dependency",
        "verdict": "as_is",
        "when": {"message": ["gateway * is napping"]},
        **changes,
    }


NAP = Evidence(
    function="orders",
    condition="RetriesExhausted",
    status_code=200,
    response='{"errorType": "ValueError", "errorMessage": "Gateway 7 is NAPPING today"}',
    payload=None,
)


def test_users_rule_in_front_wins() -> None:
    assert diagnose(NAP).rule != "legacy-gateway"
    found = diagnose(NAP, (*load_rules([users_rule()]), *DEFAULT_RULES))
    assert (found.rule, found.category, found.verdict) == (
        "legacy-gateway",
        Category.transient_dependency,
        Verdict.as_is,
    )


def test_users_rule_leaves_the_group_alone() -> None:
    assert diagnose(NAP, load_rules([users_rule()])).fingerprint == diagnose(NAP).fingerprint


def test_users_rule_may_be_limited_and_excepted() -> None:
    other_function = load_rules([users_rule(when={"message": "napping", "function": "pay*"})])
    assert diagnose(NAP, other_function).rule == "none"
    excepted = load_rules([users_rule(unless={"type": ["ValueError"]})])
    assert diagnose(NAP, excepted).rule == "none"


def test_users_rule_sees_an_outer_error_although_the_inner_is_known() -> None:
    nested = Evidence(
        function="f",
        condition="RetriesExhausted",
        status_code=200,
        response=json.dumps(
            {
                "errorType": "com.example.OrderFailed",
                "errorMessage": "order failed",
                "cause": {"errorType": "java.net.ConnectException", "errorMessage": "Connection refused"},
            }
        ),
        payload=None,
    )
    assert diagnose(nested).category is Category.transient_dependency
    mine = load_rules([users_rule(when={"type": "*OrderFailed"}, category="invalid_input", verdict="never")])
    assert diagnose(nested, (*mine, *DEFAULT_RULES)).category is Category.invalid_input


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"category": "bad luck"}, "no category"),
        ({"verdict": "maybe"}, "no verdict"),
        ({"when": {}}, "match everything"),
        ({"when": {"mesage": "x"}}, "unknown field 'mesage'"),
        ({"when": {"message": ["*"]}}, "not '*'"),
        ({"when": {"message": []}}, "needs 1 to"),
        ({"when": {"message": [7]}}, "must be text"),
        ({"when": None}, "must be an object"),
        ({"confidence": 2}, "'confidence'"),
        ({"confidence": True}, "'confidence'"),
        ({"scope": "all"}, "'scope'"),
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"reason": 5}, "'reason'"),
    ],
)
def test_bad_rule_is_refused_by_name(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(RuleError, match="rule 2 \\('legacy-gateway'\\)") as caught:
        load_rules([users_rule(id="fine"), users_rule(**changes)])
    assert words in str(caught.value)


def test_bad_ids_are_refused() -> None:
    with pytest.raises(RuleError, match="'id' must be text"):
        load_rules([users_rule(id="")])
    with pytest.raises(RuleError, match="used twice"):
        load_rules([users_rule(), users_rule()])
    with pytest.raises(RuleError, match="too many"):
        load_rules([users_rule(id=str(number)) for number in range(201)])


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("abc", "abc", True), ("abc", "xabc", False), ("ab*", "abc", True), ("*bc", "abc", True),
        ("a*c", "abc", True), ("a*a", "a", False), ("a*b*c", "a1b2c", True), ("a*b*c", "acb", False),
        ("*b*", "abc", True), ("*x*", "abc", False),
    ],
)  # fmt: skip
def test_globs_match_whole_values(pattern: str, text: str, expected: bool) -> None:
    (rule,) = load_rules([users_rule(when={"condition": pattern})])
    assert rule.matches({"condition": (text,)}) is expected


def test_a_rule_for_a_group_decides_about_its_failures_alone() -> None:
    """By the fingerprint in effect, or by the one that an earlier algorithm gives."""
    for fingerprint in (diagnose(NAP).fingerprint, *diagnose(NAP).former):
        mine = load_rules([users_rule(id="group", when={"group": [fingerprint]}, scope="own")])
        found = diagnose(NAP, (*mine, *DEFAULT_RULES))
        assert (found.rule, found.category) == ("group", Category.transient_dependency)
        assert found.fingerprint == diagnose(NAP).fingerprint
        other = Evidence(
            function="pay", condition="RetriesExhausted", status_code=200, response=NAP.response, payload=None
        )
        assert diagnose(other, (*mine, *DEFAULT_RULES)).rule != "group"
