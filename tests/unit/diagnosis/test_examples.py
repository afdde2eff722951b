"""Rules of a team are tried on their own examples before they are used; bad ones are named."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_replay.domain.diagnosis import DEFAULT_RULES, RuleError, check_examples, load_rules
from tests.unit.diagnosis.test_bounds import JSON, PROFILE


def rule(**changes: Any) -> dict[str, Any]:
    return {
        "id": "gateway",
        "category": "transient_dependency",
        "verdict": "as_is",
        "when": {"message": ["gateway * is napping"]},
        "example": {"errorType": "ValueError", "errorMessage": "Gateway 7 is napping"},
        **changes,
    }


def check(*rows: dict[str, Any]) -> None:
    check_examples(load_rules(list(rows)))


def test_a_rule_that_decides_on_its_example_passes() -> None:
    check(rule())


def test_a_rule_without_an_example_is_left_alone() -> None:
    row = rule()
    del row["example"]
    check(row, rule(id="another", when={"message": "never said"}, example={}))


def test_the_product_s_own_rules_pass() -> None:
    check_examples(DEFAULT_RULES)


def test_a_rule_that_a_rule_of_the_product_outdoes_is_named_with_it() -> None:
    timeout = {"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out after 3.00 seconds"}
    with pytest.raises(RuleError, match=r"'gateway'.* by the rule 'platform\.timeout'"):
        check(rule(example=timeout))


def test_a_rule_that_an_own_rule_in_front_outdoes_is_named_with_it() -> None:
    with pytest.raises(RuleError, match=r"'gateway'.* by the rule 'first'"):
        check(rule(id="first", when={"type": "ValueError"}, example={}), rule())


def test_an_example_that_nothing_knows_is_reported_too() -> None:
    with pytest.raises(RuleError, match=r"'gateway'.* by the rule 'none'"):
        check(rule(example={"errorMessage": "xyzzy"}))


@pytest.mark.parametrize(
    ("when", "example"),
    [
        ({"function": "pay*"}, {"@function": "payments", "errorMessage": "x"}),
        ({"condition": "EventAgeExceeded"}, {"@condition": "EventAgeExceeded", "errorMessage": "x"}),
        ({"status": "418"}, {"@status": 418, "errorMessage": "x"}),
        ({"response": "null"}, {"@null": True}),
        ({"response": "absent", "status": "418"}, {"@absent": True, "@status": 418}),
        (
            {"payload": "has", "missing": "key:id"},
            {"errorType": "KeyError", "errorMessage": "'id'", "@payload": {"id": 1}},
        ),
    ],
)
def test_an_example_may_set_the_record_around_the_response(when: Any, example: Any) -> None:
    check(rule(when=when, example=example))


@pytest.mark.parametrize(
    ("example", "words"),
    [
        ({"@colour": "red"}, "sets '@colour'"),
        ({"@condition": 5}, "'@condition' of its example has the wrong type"),
        ({"@status": "200"}, "'@status' of its example"),
        ({"@status": True}, "'@status' of its example"),
        ({"@absent": "yes"}, "'@absent' of its example"),
        ({"@absent": True, "errorMessage": "x"}, "more than one response"),
        ({"@absent": True, "@null": True}, "more than one response"),
    ],
)
def test_a_malformed_example_is_refused_by_name(example: Any, words: str) -> None:
    with pytest.raises(RuleError, match="rule 'gateway'") as caught:
        check(rule(example=example))
    assert words in str(caught.value)


NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "id": st.just("a") | JSON,
        "category": st.just("unknown") | JSON,
        "verdict": st.just("never") | JSON,
        "when": st.just({"message": ["x"]}) | st.dictionaries(st.just("type") | st.text(), JSON) | JSON,
        "unless": st.dictionaries(st.just("code") | st.text(), JSON) | JSON,
        "scope": st.just("any") | JSON,
        "confidence": JSON,
        "reason": JSON,
        "example": st.dictionaries(st.sampled_from(["@status", "@payload", "errorMessage"]), JSON) | JSON,
    },
)


@PROFILE
@given(JSON | st.lists(NEARLY, max_size=3))
def test_no_json_makes_it_raise_anything_else(rows: Any) -> None:
    try:
        check_examples(load_rules(rows))
    except RuleError as error:
        str(error).encode()


@settings(PROFILE, max_examples=20)
@given(st.sampled_from(["category", "verdict", "scope", "confidence", "reason", "id", "when", "example"]))
def test_values_that_python_itself_stumbles_over_are_refused(key: str) -> None:
    deep: Any = "x"
    for _ in range(3000):
        deep = [deep]
    for value in (10**5000, deep, {"a": deep}, float("nan")):
        try:
            check_examples(load_rules([rule(**{key: value})]))
        except RuleError:
            continue
        assert key in ("confidence", "example")
