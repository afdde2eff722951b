"""How well categories, verdicts and groups are told, on the labelled corpora: `python -m bench.score`.

There are two, collected independently of each other. Each is split by a hash of each id: rules are written
with the development parts in view, and the held-out parts tell whether they generalise. Definitions of
strict and lenient: tests/corpus/LABELS.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lambda_replay.domain.diagnosis import Diagnosis, Evidence, diagnose

CORPUS = Path(__file__).resolve().parent.parent / "tests" / "corpus"
# The files of each corpus: failures, and pairs that do or do not belong together.
CORPORA: dict[str, tuple[str, str]] = {
    "first": ("failures.jsonl", "grouping.jsonl"),
    "second": ("failures2.jsonl", "grouping2.jsonl"),
}
PARTS: dict[str, tuple[bool, ...]] = {"dev": (False,), "held-out": (True,), "all": (False, True)}
HELD_OUT_TENTHS = 3


def held_out(name: str) -> bool:
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10 < HELD_OUT_TENTHS


def rows(name: str) -> list[dict[str, Any]]:
    with (CORPUS / name).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def explain(response: Any, function: str = "corpus") -> Diagnosis:
    """The diagnosis of a bare response payload, as a record after the last attempt would hold it."""
    return diagnose(
        Evidence(
            function=function,
            condition="RetriesExhausted",
            status_code=200,
            response=json.dumps(response),
            payload=None,
            function_error="Unhandled",
        )
    )


@dataclass
class Score:
    """Counts of one part of the corpus."""

    total: int = 0
    category: int = 0
    category_lenient: int = 0
    verdict: int = 0
    verdict_lenient: int = 0
    recall: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    together: list[int] = field(default_factory=lambda: [0, 0])
    apart: list[int] = field(default_factory=lambda: [0, 0])
    misses: list[str] = field(default_factory=list)

    def ratios(self) -> dict[str, float]:
        pairs = self.together[1] + self.apart[1]
        return {
            "category": self.category / max(self.total, 1),
            "category_lenient": self.category_lenient / max(self.total, 1),
            "macro_recall": sum(hit / of for hit, of in self.recall.values()) / max(len(self.recall), 1),
            "verdict": self.verdict / max(self.total, 1),
            "verdict_lenient": self.verdict_lenient / max(self.total, 1),
            "grouping": (self.together[0] + self.apart[0]) / max(pairs, 1),
        }


def measure(part: str, corpora: Iterable[str] = tuple(CORPORA)) -> Score:
    """`part` is one of `PARTS`."""
    score = Score()
    for corpus in corpora:
        failures, pairs = CORPORA[corpus]
        for row in rows(failures):
            if held_out(row["id"]) in PARTS[part]:
                _count_failure(score, row)
        for row in rows(pairs):
            if held_out(row["id"]) in PARTS[part]:
                _count_pair(score, row)
    return score


def _count_failure(score: Score, row: dict[str, Any]) -> None:
    found = explain(row["responsePayload"])
    label, accept = row["label"], row.get("accept") or {}
    strict = found.category == label["category"]
    lenient = strict or found.category in accept.get("category", [])
    verdict = found.verdict == label["replay"]
    verdict_lenient = verdict or found.verdict in accept.get("replay", [])
    score.total += 1
    score.category += strict
    score.category_lenient += lenient
    score.verdict += verdict
    score.verdict_lenient += verdict_lenient
    score.recall[label["category"]][0] += strict
    score.recall[label["category"]][1] += 1
    if not (strict and verdict):
        mark = "" if lenient and verdict_lenient else "  WRONG"
        score.misses.append(
            f"{row['id']}: {found.category}/{found.verdict} by {found.rule}, "
            f"label {label['category']}/{label['replay']}{mark}"
        )


def _count_pair(score: Score, row: dict[str, Any]) -> None:
    first, second = explain(row["a"]), explain(row["b"])
    same = first.fingerprint == second.fingerprint
    counts = score.together if row["same_group"] else score.apart
    counts[0] += same == row["same_group"]
    counts[1] += 1
    if same != row["same_group"]:
        first_parts, second_parts = dict(first.fingerprint_parts), dict(second.fingerprint_parts)
        changed = {
            k: (first_parts.get(k), second_parts.get(k))
            for k in first_parts | second_parts
            if first_parts.get(k) != second_parts.get(k)
        }
        score.misses.append(f"{row['id']} ({row['why']}): {'merged' if same else f'split by {changed}'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quiet", action="store_true", help="numbers only")
    parser.add_argument("--hide-held-out", action="store_true", help="no misses of the held-out parts")
    options = parser.parse_args()
    for corpus in CORPORA:
        for part in PARTS:
            score = measure(part, [corpus])
            _show(f"{corpus:6} {part:8}", score)
            if options.quiet or part == "all" or (part == "held-out" and options.hide_held_out):
                continue
            for miss in score.misses:
                print("    ", miss)
    _show("both   all     ", measure("all"))


def _show(name: str, score: Score) -> None:
    numbers = "  ".join(f"{name} {value:.3f}" for name, value in score.ratios().items())
    print(f"{name} n={score.total:3}  {numbers}")
    together, apart = score.together, score.apart
    print(f"{'':15} together {together[0]}/{together[1]}  apart {apart[0]}/{apart[1]}")


if __name__ == "__main__":
    main()
