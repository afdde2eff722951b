"""Whole families of errors that the corpora hold few of, by the words their libraries use.

`probes.jsonl` is made by hand from what libraries and servers write: each row is a payload with the
category and the verdict it should get. It is no measure of quality, for the rules were written with it in
view: it keeps them from being broken.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.diagnosis.score import explain
from lambda_replay.domain.diagnosis import Category, Verdict

PROBES: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "probes.jsonl").read_text(encoding="utf-8").splitlines()
]
FAMILIES = sorted({probe["family"] for probe in PROBES})


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_is_known(family: str) -> None:
    wrong = []
    for probe in PROBES:
        if probe["family"] == family:
            found = explain(probe["response"])
            if (found.category, found.verdict) != (probe["category"], probe["verdict"]):
                wrong.append(f"{found.category}/{found.verdict} by {found.rule}: {probe}")
    assert wrong == []


def test_probes_are_labelled_with_what_exists() -> None:
    assert {probe["category"] for probe in PROBES} <= set(Category)
    assert {probe["verdict"] for probe in PROBES} <= set(Verdict)
