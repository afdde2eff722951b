"""Real failures with what is right for each (`bench/diagnosis/score_cases.py`), and what version 1 gave."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bench.diagnosis.runtime_payloads import NODE, PYTHON, RESULT
from bench.diagnosis.score import CORPORA, corrections, rows
from bench.diagnosis.score_cases import (
    CORPUS,
    case_rows,
    explained,
    is_diagnosed,
    judge,
    judged,
    response_text,
)
from bench.diagnosis.score_numbers import Share

CASES = [case for case in case_rows("cases") if is_diagnosed(case)]
CLIENTS = [json.loads(line) for line in RESULT.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_case_is_right(case: dict[str, Any]) -> None:
    assert judge(case).wrong == ""


@pytest.mark.parametrize("case", CLIENTS, ids=lambda case: case["id"])
def test_what_a_real_runtime_client_reports_is_understood(case: dict[str, Any]) -> None:
    assert judge(case).wrong == ""


def test_every_handler_was_run_and_the_client_s_version_is_known() -> None:
    assert {case["id"] for case in CLIENTS} == {
        *(f"awslambdaric-{name}" for name in PYTHON),
        *(f"aws-lambda-ric-{name}" for name in NODE),
    }
    assert all(any(letter.isdigit() for letter in case["client"]) for case in CLIENTS)


def test_cases_that_no_rule_was_written_for_are_right_too() -> None:
    """Only how many: which of them are wrong, `make score` says to those who ask for it."""
    found = list(judged("cases held out"))
    assert sum(not one.wrong for one in found) / len(found) >= 0.97


def labelled() -> Iterator[tuple[str, str]]:
    """Everything that has a label, as (name, raw response payload)."""
    for failures, pairs in CORPORA.values():
        for row in rows(failures):
            yield f"{failures}:{row['id']}", json.dumps(row["responsePayload"])
        for row in rows(pairs):
            for side in "ab":
                yield f"{pairs}:{row['id']}:{side}", json.dumps(row[side])
    for part, file in (("cases", "cases.jsonl"), ("cases held out", "cases_held_out.jsonl")):
        for case in case_rows(part):
            if "pair" in case:
                for side, response in zip("ab", case["pair"], strict=True):
                    yield f"{file}:{case['id']}:{side}", response_text(response)
            elif case.get("responsePayload") is not None:
                yield f"{file}:{case['id']}", response_text(case["responsePayload"])


def test_version_1_gives_what_it_gave() -> None:
    """Groups that are stored are found by it: one of version 1 that changed would be a new group."""
    text = (CORPUS / "fingerprints_1.jsonl").read_text(encoding="utf-8")
    known = {row["of"]: row["fingerprint"] for row in map(json.loads, text.splitlines())}
    found = {name: explained(response, function="corpus").former[-1] for name, response in labelled()}
    assert len(found) > 700
    assert {name: known.get(name) for name in found} == found


def test_corrections_of_the_team_are_counted() -> None:
    said = "the team says so of this group; it was unknown, after_fix"
    rules = [
        {"id": f"group {'a' * 32}", "category": "throttling", "reason": said},
        {"id": f"group {'b' * 32}", "category": "throttling", "reason": said},
        {"id": "ours", "category": "throttling"},
    ]
    assert corrections(rules) == {("unknown", "throttling"): 2}


def test_an_interval_holds_its_share_and_narrows() -> None:
    few, many = Share(9, 10), Share(900, 1000)
    for one in (few, many, Share(0, 5), Share(5, 5)):
        low, high = one.interval
        assert 0 <= low <= one.value <= high <= 1
    assert few.interval[1] - few.interval[0] > many.interval[1] - many.interval[0]
    assert [round(end, 3) for end in few.interval] == [0.596, 0.982]
