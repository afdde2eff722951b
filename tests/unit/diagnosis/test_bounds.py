"""No input makes the diagnosis raise, and none makes it hang."""

import json
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambda_replay.domain.diagnosis import Category, Diagnosis, Evidence, Verdict, diagnose, load_rules
from tests.support.hostile import HOSTILE

EXAMPLES = int(os.environ.get("DIAGNOSIS_EXAMPLES", "300"))
PROFILE = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

WORDS = st.sampled_from(
    [
        "errorMessage",
        "errorType",
        "stackTrace",
        "trace",
        "cause",
        "causes",
        "message",
        "path",
        "line",
        "label",
        "stack",
    ]
)
# Lone surrogates too: JSON escapes can carry them.
TEXT = st.text(st.characters(exclude_categories=()), max_size=80)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(WORDS | TEXT, inner, max_size=6),
    max_leaves=20,
)
FRAME = st.sampled_from(
    [
        '  File "/var/task/a.py", line 2, in f\n    x = event["a"]\n',
        ["/var/task/a.py", 3, "f", "y"],
        "    at f (/var/task/i.js:5:9)",
        "a.B.c(B.java:3)",
        "at N.C.M(String x) in /s/F.cs:line 3",
        "/var/task/x.rb:3:in `h'",
        {"path": "a/b.go", "line": 3, "label": "main"},
    ]
)
ERROR = st.fixed_dictionaries(
    {},
    optional={
        "errorMessage": JSON | TEXT,
        "errorType": JSON | TEXT,
        "stackTrace": st.lists(FRAME | JSON, max_size=6) | TEXT,
        "trace": st.lists(FRAME | TEXT, max_size=6),
        "cause": JSON,
        "causes": st.lists(JSON, max_size=3),
    },
)


def evidence(response: str | None, payload: str | None = None) -> Evidence:
    return Evidence(
        function="orders", condition="RetriesExhausted", status_code=200, response=response, payload=payload
    )


def check(found: Diagnosis) -> None:
    """What holds for every answer."""
    assert isinstance(found.category, Category)
    assert isinstance(found.verdict, Verdict)
    assert len(found.fingerprint) == 32
    assert int(found.fingerprint, 16) >= 0
    assert 0 < len(found.title) <= 160
    assert found.title.isprintable()
    assert 0 <= found.confidence <= 1
    # Everything in it can be written down: no lone surrogates, no odd types.
    json.dumps(dict(found.fingerprint_parts)).encode()
    "".join((found.title, *found.reasons, found.error.message, found.error.error_type or "")).encode()


@PROFILE
@given(JSON | ERROR, JSON)
def test_any_json_has_a_diagnosis(response: Any, payload: Any) -> None:
    check(diagnose(evidence(json.dumps(response), json.dumps(payload))))


@PROFILE
@given(TEXT, TEXT, TEXT, TEXT, st.none() | st.integers())
def test_any_text_has_a_diagnosis(
    response: str, payload: str, function: str, condition: str, status: int | None
) -> None:
    check(
        diagnose(
            Evidence(
                function=function, condition=condition, status_code=status, response=response, payload=payload
            )
        )
    )


@settings(PROFILE, max_examples=max(60, EXAMPLES // 5))
@given(ERROR)
def test_one_input_one_answer(response: Any) -> None:
    text = json.dumps(response)
    assert diagnose(evidence(text)) == diagnose(evidence(text))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_megabyte_has_a_diagnosis(name: str) -> None:
    """How long it takes is measured by `make bench`; a super-linear pattern would not end here."""
    check(diagnose(evidence(HOSTILE[name])))


def test_a_large_payload_is_evidence_too() -> None:
    response = json.dumps({"errorType": "KeyError", "errorMessage": "'wanted'"})
    payload = json.dumps({"items": ["x" * 90] * 10_000})
    assert diagnose(evidence(response, payload)).rule == "key.payload-lacks-it"


def test_users_patterns_do_not_backtrack() -> None:
    """As regular expressions these would take longer than anybody waits."""
    rule: dict[str, Any] = {
        "id": "slow",
        "category": "unknown",
        "verdict": "never",
        "when": {"message": ["a*" * 100 + "b"]},
    }
    mine = load_rules([{**rule, "id": f"slow {number}"} for number in range(50)])
    hostile = evidence(json.dumps({"errorMessage": "a" * 4000}))
    assert diagnose(hostile, mine).rule == "none"
