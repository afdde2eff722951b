"""A new algorithm is one row; what the old ones gave stays known."""

import json

import pytest

from lambda_replay.domain.diagnosis import JSON, Diagnosis, Evidence, diagnose, fingerprint
from lambda_replay.domain.diagnosis.fingerprint import ALGORITHM, ALGORITHMS, Material

FAILURE = Evidence(
    function="orders",
    condition="RetriesExhausted",
    status_code=200,
    response=json.dumps({"errorType": "KeyError", "errorMessage": "'id'"}),
    payload=None,
)


def by_type_alone(material: Material) -> dict[str, JSON]:
    return {"function": material.evidence.function, "type": material.view.error_type}


def by_function(material: Material) -> dict[str, JSON]:
    return {"function": material.evidence.function}


def now() -> Diagnosis:
    return diagnose(FAILURE)


def test_the_first_algorithm_has_nothing_before_it() -> None:
    assert ALGORITHM == max(ALGORITHMS) == now().algorithm == now().fingerprint_parts["algorithm"]
    assert len(now().former) == ALGORITHM - 1


def test_a_second_algorithm_is_in_force_and_the_first_is_still_known(monkeypatch: pytest.MonkeyPatch) -> None:
    before = now()
    monkeypatch.setitem(ALGORITHMS, ALGORITHM + 1, by_type_alone)
    after = now()
    assert after.algorithm == ALGORITHM + 1
    assert dict(after.fingerprint_parts) == {
        "algorithm": ALGORITHM + 1,
        "function": "orders",
        "type": "KeyError",
    }
    assert after.fingerprint == fingerprint.digest(dict(after.fingerprint_parts))
    assert after.fingerprint != before.fingerprint
    assert after.former == (before.fingerprint, *before.former)


def test_the_newest_of_the_former_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    first = now().fingerprint
    monkeypatch.setitem(ALGORITHMS, ALGORITHM + 1, by_type_alone)
    second = now().fingerprint
    monkeypatch.setitem(ALGORITHMS, ALGORITHM + 2, by_function)
    assert now().former[:2] == (second, first)


def test_two_algorithms_that_choose_alike_still_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a group could not tell which algorithm made it."""
    monkeypatch.setitem(ALGORITHMS, ALGORITHM + 1, ALGORITHMS[ALGORITHM])
    assert now().fingerprint not in now().former
