"""Why a run failed, in the few words that lists, history and filters need."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Self

from lambda_replay.domain.executions.retry_rule import RetryRule
from lambda_replay.domain.redaction import redact
from lambda_replay.domain.unknown_fields import Unknown

if TYPE_CHECKING:
    from lambda_replay.domain.diagnosis import Diagnosis


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The end of one run that failed for good.

    `title` is the normalised line, free of ids, quoted values and secrets. `group` is the fingerprint,
    `rules` the version of the team's own rules that were tried first, `retry` what the function's policy said
    about automatic replays when this run had failed. Message, trace and payload stand in the record under the
    run's request id.
    """

    condition: str
    invoke_count: int | None
    executed_version: str | None
    at: datetime
    error_type: str | None
    title: str
    category: str
    verdict: str
    rule: str
    confidence: float
    group: str
    rules: int | None = None
    retry: RetryRule | None = None
    unknown: Unknown = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(
        cls,
        diagnosis: "Diagnosis",
        *,
        condition: str,
        invoke_count: int | None,
        executed_version: str | None,
        at: datetime,
        rules: int | None = None,
        retry: RetryRule | None = None,
    ) -> Self:
        """The failure that a diagnosis describes. `rules` is the version of the team's rules."""
        error_type = diagnosis.error.error_type
        return cls(
            condition=condition,
            invoke_count=invoke_count,
            executed_version=executed_version,
            at=at,
            error_type=None if error_type is None else redact(error_type),
            title=diagnosis.title,
            category=diagnosis.category.value,
            verdict=diagnosis.verdict.value,
            rule=diagnosis.rule,
            confidence=diagnosis.confidence,
            group=diagnosis.fingerprint,
            rules=rules,
            retry=retry,
        )
