"""One record with its diagnosis, and the object that is printed of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from lambda_replay.domain.diagnosis import JSON, Diagnosis, Evidence, Rule, diagnose
from lambda_replay.domain.intake.execution_record import ExecutionRecord
from lambda_replay_cli.errors import report
from lambda_replay_cli.explain.input.location import Problem
from lambda_replay_cli.explain.input.reader import read_records
from lambda_replay_cli.explain.reasoning import as_json as grounds
from lambda_replay_cli.explain.summary import Summary

_NAMED = 5
"""Problems that are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """`diagnosis` is None for a success: there is nothing to explain."""

    record: ExecutionRecord
    evidence: Evidence
    diagnosis: Diagnosis | None


def rows(
    stream: BinaryIO, name: str, rules: tuple[Rule, ...], summary: Summary, *, why: bool = False
) -> Iterator[dict[str, JSON]]:
    """What is printed of each record. What is none is named beside the output: the first few, and how many
    more there were."""
    for read in read_records(stream):
        if isinstance(read, Problem):
            summary.problems += 1
            if summary.problems <= _NAMED:
                report(f"{name}, {read.place}: {read.why}")
        else:
            explanation = explained(read, rules)
            row = as_json(explanation)
            if why:
                row["why"] = grounds(explanation.evidence, rules) if explanation.diagnosis else None
            summary.add(row)
            yield row
    if summary.problems > _NAMED:
        doubt = "" if summary.categories else ". Is this a file of execution records?"
        report(f"{name}: {summary.problems - _NAMED} more were not understood{doubt}")


def explained(record: ExecutionRecord, rules: tuple[Rule, ...]) -> Explanation:
    evidence = Evidence(
        function=record.function.name,
        condition=record.condition,
        status_code=record.status_code,
        response=record.response,
        payload=record.payload,
        function_error=record.function_error,
    )
    return Explanation(record, evidence, None if record.succeeded else diagnose(evidence, rules))


def as_json(explanation: Explanation) -> dict[str, JSON]:
    """The same keys for every record, in this order; the payload is not among them."""
    record, found = explanation.record, explanation.diagnosis
    return {
        "id": record.request_id,
        "function": record.function.name,
        "category": found.category.value if found else None,
        "verdict": found.verdict.value if found else None,
        "rule": found.rule if found else None,
        "confidence": found.confidence if found else None,
        "reasons": list(found.reasons) if found else [],
        "fingerprint": found.fingerprint if found else None,
        "fingerprint_parts": dict(found.fingerprint_parts) if found else {},
        "error_type": found.error.error_type if found else None,
        "title": found.title if found else None,
        "condition": record.condition,
        "channel": record.channel.value,
        "succeeded": record.succeeded,
    }
