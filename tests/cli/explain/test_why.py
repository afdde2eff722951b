"""`explain --why` says which evidence decided, and what would change it."""

import json
from typing import Any

import pytest

from lambda_replay.domain.diagnosis import DEFAULT_RULES, diagnose
from lambda_replay.domain.diagnosis.reasoning import why
from lambda_replay.domain.diagnosis.rule_examples import evidence
from tests.cli.support.run import explain
from tests.support.world.service import record_text

MISSING_KEY = {
    "errorType": "KeyError",
    "errorMessage": "'orderId'",
    "stackTrace": ["  File \"/var/task/app.py\", line 3, in handler\n    x = event['orderId']\n"],
}
RECORD = record_text("r-1", payload='{"id": 1, "secret": "hunter"}', response=json.dumps(MISSING_KEY))


def grounds(text: str) -> dict[str, Any]:
    (row,) = explain(text, "--why").objects
    found: dict[str, Any] = row["why"]
    return found


def test_the_evidence_and_what_would_change_it() -> None:
    found = grounds(RECORD)
    assert found["evidence"] == {"type": "keyerror", "missing": "key:orderid", "payload": "lacks"}
    changes = {(one["field"], *one["is"]): (one["category"], one["verdict"]) for one in found["would_change"]}
    assert changes["payload", "has"] == ("code_bug", "after_fix")
    assert changes["subject", "environ"] == ("configuration", "after_fix")
    assert found["without_this_rule"]["rule"] == "key.event"


def test_what_is_said_to_change_it_does() -> None:
    has_it = record_text("r-1", payload='{"detail": {"orderId": 1}}', response=json.dumps(MISSING_KEY))
    (row,) = explain(has_it, "--why").objects
    assert (row["category"], row["rule"]) == ("code_bug", "key.event-has-it")


@pytest.mark.parametrize("rule", DEFAULT_RULES, ids=lambda rule: rule.id)
def test_it_names_the_rule_that_diagnoses_and_all_of_its_fields(rule: Any) -> None:
    found = why(evidence(rule))
    assert found.rule.id == diagnose(evidence(rule)).rule == rule.id
    assert {met.field for met in found.evidence} == set(rule.when)
    assert all(met.value for met in found.evidence)
    assert found.otherwise.id != rule.id
    assert 1 <= found.link <= found.links


def test_of_texts_only_the_pattern_is_shown() -> None:
    error = {"errorType": "Error", "errorMessage": "Rate exceeded for customer hunter"}
    outcome = explain(json.dumps(error), "--why", "--output", "table")
    assert "message = rate exceeded" in outcome.out
    assert "hunter" not in outcome.out.split("decided by")[1].split("group ")[0]


def test_a_person_gets_a_block_for_each_record() -> None:
    outcome = explain(
        f"{RECORD}\n{record_text('r-2', condition='Success', response='null')}", "--why", "-o", "table"
    )
    assert outcome.code == 0
    first, second, total = outcome.out.split("\n\n")
    assert first.startswith(
        "r-1  invalid_input  never\n  KeyError: 'orderId'\n  decided by key.payload-lacks-it"
    )
    assert "    payload = lacks\n" in first
    assert "  with payload = has: code_bug, after_fix (key.event-has-it)\n" in first
    assert "  without this rule: invalid_input, never (key.event)\n" in first
    assert "key orderId, at app.py:handler" in first
    assert second == "r-2  succeeded"
    assert total.startswith("2 records in 1 group")
    assert "hunter" not in outcome.out


def test_without_it_nothing_of_it_is_printed() -> None:
    (row,) = explain(RECORD).objects
    assert "why" not in row
