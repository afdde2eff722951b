"""One record with its diagnosis, and the object that is printed of it."""

from dataclasses import dataclass

from lambda_replay.domain.diagnosis import JSON, Diagnosis, Evidence, Rule, diagnose
from lambda_replay.domain.record import ExecutionRecord


@dataclass(frozen=True, slots=True)
class Explanation:
    """`diagnosis` is None for a success: there is nothing to explain."""

    record: ExecutionRecord
    diagnosis: Diagnosis | None


def explained(record: ExecutionRecord, rules: tuple[Rule, ...]) -> Explanation:
    if record.succeeded:
        return Explanation(record, None)
    evidence = Evidence(
        function=record.function.name,
        condition=record.condition,
        status_code=record.status_code,
        response=record.response,
        payload=record.payload,
        function_error=record.function_error,
    )
    return Explanation(record, diagnose(evidence, rules))


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
        "inlet": record.inlet.value,
        "succeeded": record.succeeded,
    }
