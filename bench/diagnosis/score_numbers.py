"""What judged answers come to: shares with intervals, precision and recall, confusion, calibration."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lambda_replay.domain.diagnosis import Diagnosis

# Of a normal distribution, 95 in 100 lie within so many deviations.
_DEVIATIONS = 1.96
CONFIDENCE_BINS = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.01)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One failure: what was found, the label, and what is right besides it."""

    id: str
    found: Diagnosis
    category: str
    verdict: str
    categories: frozenset[str]
    verdicts: frozenset[str]

    @property
    def strict(self) -> bool:
        return self.found.category == self.category

    @property
    def lenient(self) -> bool:
        return self.found.category in self.categories

    @property
    def verdict_lenient(self) -> bool:
        return self.found.verdict in self.verdicts


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two failures of one function: `same` says whether they belong together."""

    id: str
    same: bool
    found_same: bool


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with Wilson's interval, which holds for few as well."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95 %; 0 to 1 where nothing was counted."""
        if not self.of:
            return 0.0, 1.0
        square = _DEVIATIONS**2
        middle = (self.value + square / (2 * self.of)) / (1 + square / self.of)
        spread = self.value * (1 - self.value) / self.of + square / (4 * self.of**2)
        reach = _DEVIATIONS * math.sqrt(spread) / (1 + square / self.of)
        return max(0.0, middle - reach), min(1.0, middle + reach)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.3f} [{low:.2f} {high:.2f}] {self.hits}/{self.of}"


def share(of: Iterable[bool]) -> Share:
    counted = list(of)
    return Share(sum(counted), len(counted))


def precision(answers: Sequence[Answer], category: str) -> Share:
    """Of those said to be of the category, how many are labelled so."""
    return share(answer.strict for answer in answers if answer.found.category == category)


def recall(answers: Sequence[Answer], category: str) -> Share:
    """Of those labelled with the category, how many are said to be."""
    return share(answer.strict for answer in answers if answer.category == category)


def confusion(answers: Sequence[Answer]) -> dict[tuple[str, str], int]:
    """How often each label (first) got each answer (second)."""
    return dict(Counter((answer.category, answer.found.category.value) for answer in answers))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Answers that were given with about the same confidence."""

    said: float
    right: Share
    strictly: Share


def calibration(answers: Sequence[Answer]) -> list[Bin]:
    """By confidence, the least sure first. Right is what is accepted: of those said with 0.9, nine in ten."""
    groups: dict[int, list[Answer]] = defaultdict(list)
    for answer in answers:
        groups[sum(answer.found.confidence >= edge for edge in CONFIDENCE_BINS)].append(answer)
    return [
        Bin(
            said=sum(answer.found.confidence for answer in some) / len(some),
            right=share(answer.lenient and answer.verdict_lenient for answer in some),
            strictly=share(answer.strict for answer in some),
        )
        for _, some in sorted(groups.items())
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """How far confidence and truth are apart, on average over all answers."""
    total = sum(one.right.of for one in bins)
    return sum(abs(one.said - one.right.value) * one.right.of for one in bins) / max(total, 1)


def pair_precision(pairs: Sequence[Pair]) -> Share:
    """Of those put together, how many belong together."""
    return share(pair.same for pair in pairs if pair.found_same)


def pair_recall(pairs: Sequence[Pair]) -> Share:
    """Of those that belong together, how many were put together."""
    return share(pair.found_same for pair in pairs if pair.same)
