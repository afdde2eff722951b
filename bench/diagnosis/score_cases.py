"""Cases with what is right for each: error payloads of real runtimes and of public reports, and pairs.

`cases.jsonl` is the part that rules are written with in view; `cases_held_out.jsonl` is not read while rules
are written. Kinds are split between the two by a seeded draw. Each case has a `kind`, and in `want`
what is right: the categories and verdicts that are accepted (the first is the best), a text that the title
must hold, or whether a pair belongs to one group. Cases of the kinds `intake:*` and `operational:*` are about
other parts and are left out here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lambda_replay.domain.diagnosis import Diagnosis, Evidence, diagnose

CORPUS = Path(__file__).resolve().parents[2] / "tests" / "corpus"
CASE_PARTS = {"cases": "cases.jsonl", "cases held out": "cases_held_out.jsonl"}
_OTHER_PARTS = ("intake:", "operational:")
# A payload that is too large to be kept as it was ends with this sign, which stands for so many letters.
_CUT, _LETTERS = "…", 400_000
# In front of what a title must not hold.
_MUST_NOT = "!"


@dataclass(frozen=True, slots=True)
class JudgedCase:
    """One case with its diagnoses (two of a pair). `wrong` says what is not as wanted; empty when all is."""

    id: str
    kind: str
    found: tuple[Diagnosis, ...]
    wrong: str


def case_rows(part: str) -> list[dict[str, Any]]:
    """The rows of a part as they stand in the file, those for other parts too."""
    text = (CORPUS / CASE_PARTS[part]).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


def is_diagnosed(case: dict[str, Any]) -> bool:
    return not case["kind"].startswith(_OTHER_PARTS)


def response_text(response: Any) -> str:
    """The raw JSON text of a response payload."""
    if isinstance(response, str) and response.endswith(_CUT):
        return f'{response.removesuffix(_CUT)}{"x" * _LETTERS}"}}'
    return json.dumps(response)


def explained(response: str | None, payload: str | None = None, function: str = "orders") -> Diagnosis:
    """As a record after the last attempt would hold it."""
    return diagnose(
        Evidence(
            function=function,
            condition="RetriesExhausted",
            status_code=200,
            response=response,
            payload=payload,
            function_error="Unhandled",
        )
    )


def judged(part: str) -> Iterator[JudgedCase]:
    for case in case_rows(part):
        if is_diagnosed(case):
            yield judge(case)


def judge(case: dict[str, Any]) -> JudgedCase:
    found = _pair(case) if "pair" in case else (_failure(case),)
    return JudgedCase(case["id"], case["kind"], found, "; ".join(_wrong(case["want"], found)))


def _failure(case: dict[str, Any]) -> Diagnosis:
    payload = json.dumps(case["requestPayload"]) if "requestPayload" in case else None
    return explained(response_text(case.get("responsePayload")), payload)


def _pair(case: dict[str, Any]) -> tuple[Diagnosis, ...]:
    return tuple(explained(response_text(one)) for one in case["pair"])


def _wrong(want: dict[str, Any], found: tuple[Diagnosis, ...]) -> Iterator[str]:
    first = found[0]
    if "same_group" in want and want["same_group"] != (len({one.fingerprint for one in found}) == 1):
        yield "split" if want["same_group"] else "merged"
    if "category" in want and first.category not in want["category"]:
        yield f"{first.category} by {first.rule}, not {' or '.join(want['category'])}"
    if "verdict" in want and first.verdict not in want["verdict"]:
        yield f"{first.verdict} by {first.rule}, not {' or '.join(want['verdict'])}"
    if "title" in want:
        yield from _wrong_title(want["title"].lower(), first.title)


def _wrong_title(want: str, title: str) -> Iterator[str]:
    if want.startswith(_MUST_NOT) and want.removeprefix(_MUST_NOT) in title.lower():
        yield f"title {title!r} holds {want.removeprefix(_MUST_NOT)!r}"
    elif not want.startswith(_MUST_NOT) and want not in title.lower():
        yield f"title {title!r} lacks {want!r}"
