"""Scores of categories, verdicts and groups on all that is labelled: `python -m bench.diagnosis.score`.

There are two corpora, collected independently of each other, and cases of real runtimes. Corpora are split by
a hash of each id, cases by a draw (`score_cases`). Rules are written with the development parts in view; the
held-out parts say whether they generalise. Definitions of strict and lenient: tests/corpus/LABELS.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.diagnosis import score_numbers as numbers
from bench.diagnosis.score_cases import CORPUS, JudgedCase, case_rows, explained, is_diagnosed, judge
from bench.diagnosis.score_numbers import Answer, Pair, share
from lambda_replay.domain.diagnosis import DEFAULT_RULES, Category, Diagnosis

# The files of each corpus: failures, and pairs that do or do not belong together.
CORPORA: dict[str, tuple[str, str]] = {
    "first": ("failures.jsonl", "grouping.jsonl"),
    "second": ("failures2.jsonl", "grouping2.jsonl"),
}
CASES = "cases"
PARTS: dict[str, tuple[bool, ...]] = {"dev": (False,), "held-out": (True,), "all": (False, True)}
HELD_OUT_TENTHS = 3


def held_out(name: str) -> bool:
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10 < HELD_OUT_TENTHS


def rows(name: str) -> list[dict[str, Any]]:
    with (CORPUS / name).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def explain(response: Any, function: str = "corpus") -> Diagnosis:
    """The diagnosis of a bare response payload, as a record after the last attempt would hold it."""
    return explained(json.dumps(response), function=function)


@dataclass
class Score:
    """What one part of the labelled failures came to."""

    answers: list[Answer] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)

    def ratios(self) -> dict[str, float]:
        labels = sorted({answer.category for answer in self.answers})
        recalls = [numbers.recall(self.answers, label).value for label in labels]
        return {
            "category": share(answer.strict for answer in self.answers).value,
            "category_lenient": share(answer.lenient for answer in self.answers).value,
            "macro_recall": sum(recalls) / max(len(recalls), 1),
            "verdict": share(answer.found.verdict == answer.verdict for answer in self.answers).value,
            "verdict_lenient": share(answer.verdict_lenient for answer in self.answers).value,
            "grouping": share(pair.same == pair.found_same for pair in self.pairs).value,
        }


def measure(part: str, corpora: Iterable[str] = (*CORPORA, CASES)) -> Score:
    """`part` is one of `PARTS`."""
    score = Score()
    for corpus in corpora:
        if corpus == CASES:
            _count_cases(score, part)
            continue
        failures, pairs = CORPORA[corpus]
        for row in rows(failures):
            if held_out(row["id"]) in PARTS[part]:
                _count_failure(score, row)
        for row in rows(pairs):
            if held_out(row["id"]) in PARTS[part]:
                _count_pair(score, row)
    return score


def _count_failure(score: Score, row: dict[str, Any]) -> None:
    label, accept = row["label"], row.get("accept") or {}
    answer = Answer(
        id=row["id"],
        found=explain(row["responsePayload"]),
        category=label["category"],
        verdict=label["replay"],
        categories=frozenset([label["category"], *accept.get("category", [])]),
        verdicts=frozenset([label["replay"], *accept.get("replay", [])]),
    )
    _add(score, answer)


def _add(score: Score, answer: Answer) -> None:
    score.answers.append(answer)
    if answer.strict and answer.found.verdict == answer.verdict:
        return
    mark = "" if answer.lenient and answer.verdict_lenient else "  WRONG"
    found = answer.found
    score.misses.append(
        f"{answer.id}: {found.category}/{found.verdict} by {found.rule}, "
        f"label {answer.category}/{answer.verdict}{mark}"
    )


def _count_pair(score: Score, row: dict[str, Any]) -> None:
    first, second = explain(row["a"]), explain(row["b"])
    same = first.fingerprint == second.fingerprint
    score.pairs.append(Pair(id=row["id"], same=row["same_group"], found_same=same))
    if same != row["same_group"]:
        score.misses.append(f"{row['id']} ({row['why']}): {_difference(first, second)}")


def _difference(first: Diagnosis, second: Diagnosis) -> str:
    one, two = dict(first.fingerprint_parts), dict(second.fingerprint_parts)
    changed = {k: (one.get(k), two.get(k)) for k in one | two if one.get(k) != two.get(k)}
    return f"split by {changed}" if changed else "merged"


def _cases(part: str) -> Iterator[tuple[dict[str, Any], JudgedCase]]:
    for name, is_held_out in (("cases", False), ("cases held out", True)):
        if is_held_out in PARTS[part]:
            yield from ((case, judge(case)) for case in case_rows(name) if is_diagnosed(case))


def _count_cases(score: Score, part: str) -> None:
    for case, judged in _cases(part):
        want = case["want"]
        if "same_group" in want:
            same = len({found.fingerprint for found in judged.found}) == 1
            score.pairs.append(Pair(id=judged.id, same=want["same_group"], found_same=same))
        if "category" in want:
            score.answers.append(
                Answer(
                    id=judged.id,
                    found=judged.found[0],
                    category=want["category"][0],
                    verdict=want["verdict"][0],
                    categories=frozenset(want["category"]),
                    verdicts=frozenset(want["verdict"]),
                )
            )
        if judged.wrong:
            score.misses.append(f"{judged.id} ({judged.kind}): {judged.wrong}  WRONG")


def silent_rules() -> list[str]:
    """The rules that decide about nothing that is labelled. Their own examples don't count."""
    fired = Counter(answer.found.rule for answer in measure("all").answers)
    for _, pairs in CORPORA.values():
        fired.update(explain(row[side]).rule for row in rows(pairs) for side in "ab")
    return [rule.id for rule in DEFAULT_RULES if not fired[rule.id]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quiet", action="store_true", help="numbers only")
    parser.add_argument("--hide-held-out", action="store_true", help="no misses of the held-out parts")
    parser.add_argument("--rules", type=Path, help="answer of GET /rules: the team's corrections are counted")
    options = parser.parse_args()
    for corpus in (*CORPORA, CASES):
        for part in PARTS:
            score = measure(part, [corpus])
            _show(f"{corpus:6} {part:8}", score)
            if options.quiet or part == "all" or (part == "held-out" and options.hide_held_out):
                continue
            for miss in score.misses:
                print("    ", miss)
    for part in PARTS:
        _show_whole(part, measure(part))
    silent = silent_rules()
    print(f"\nrules that decide about nothing of it: {len(silent)} of {len(DEFAULT_RULES)}")
    for group, names in _by_group(silent).items():
        print(f"     {group}: {', '.join(names)}")

    if options.rules is not None:
        _show_corrections(json.loads(options.rules.read_text(encoding="utf-8"))["rules"])


def corrections(team_rules: Iterable[dict[str, Any]]) -> Counter[tuple[str, str]]:
    """How often the team said another category of a group (`group FP classify`): what it was, what it is."""
    of_groups = [rule for rule in team_rules if str(rule.get("id", "")).startswith("group ")]
    was = re.compile(r"it was (\w+), ")
    found = [(was.search(rule.get("reason", "")), rule["category"]) for rule in of_groups]
    return Counter((match[1] if match else "?", category) for match, category in found)


def _show_corrections(team_rules: list[dict[str, Any]]) -> None:
    counted = corrections(team_rules)
    print(f"\ncorrections by the team: {counted.total()}")
    for (was, category), count in counted.most_common():
        print(f"{count:5}  {was} is {category}")


def _show(name: str, score: Score) -> None:
    ratios = "  ".join(f"{name} {value:.3f}" for name, value in score.ratios().items())
    print(f"{name} n={len(score.answers):3}  {ratios}  pairs={len(score.pairs)}")


def _show_whole(part: str, score: Score) -> None:
    answers, pairs = score.answers, score.pairs
    print(f"\n== {part}: {len(answers)} failures, {len(pairs)} pairs (95 % intervals in brackets)")
    print(f"category, strict     {share(answer.strict for answer in answers)}")
    print(f"category, lenient    {share(answer.lenient for answer in answers)}")
    print(f"verdict, lenient     {share(answer.verdict_lenient for answer in answers)}")
    print(f"pairs right          {share(pair.same == pair.found_same for pair in pairs)}")
    print(f"pair precision       {numbers.pair_precision(pairs)}")
    print(f"pair recall          {numbers.pair_recall(pairs)}")
    labels = [category.value for category in Category]
    print(f"\n{'category':22}{'precision':32}recall")
    for label in labels:
        print(f"{label:22}{numbers.precision(answers, label)!s:32}{numbers.recall(answers, label)}")
    _show_confusion(labels, numbers.confusion(answers))
    bins = numbers.calibration(answers)
    print("\nconfidence said       right                           strictly")
    for one in bins:
        print(f"{one.said:<22.2f}{one.right!s:32}{one.strictly}")
    print(f"calibration error {numbers.calibration_error(bins):.3f}")


def _show_confusion(labels: list[str], counts: dict[tuple[str, str], int]) -> None:
    """Rows are labels, columns answers, in the same order."""
    print(f"\n{'label, then answers':22}" + "".join(f"{label[:6]:>7}" for label in labels))
    for label in labels:
        print(f"{label:22}" + "".join(f"{counts.get((label, other), 0) or '.':>7}" for other in labels))


def _by_group(names: list[str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        group, _, rest = name.partition(".")
        groups[group].append(rest)
    return dict(groups)


if __name__ == "__main__":
    main()
