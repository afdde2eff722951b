"""The stored record of one run: the evidence that everything else is derived from."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lambda_replay.domain.executions.identity import EventIdentity
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.intake.channel import SourceObject

if TYPE_CHECKING:
    from lambda_replay.domain.diagnosis import Diagnosis, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """What a record said, kept whole: diagnosis can be made again from it by a later version.

    `payload` and `response` are the exact bytes of `requestPayload` and `responsePayload`; None where the
    record had none, or was forgotten. `count_batch` is the count batch that counts this run, `source` the
    object that the record came in.
    """

    request_id: str
    function: FunctionArn
    condition: str
    status_code: int | None
    function_error: str | None
    payload: bytes | None
    response: bytes | None
    expires_at: datetime
    count_batch: str | None = None
    source: SourceObject | None = None

    @property
    def identity(self) -> EventIdentity:
        """What tells its event from another."""
        sha256 = None if self.payload is None else hashlib.sha256(self.payload).hexdigest()
        return EventIdentity(function=self.function.unqualified, payload=sha256)

    def diagnose(self, own_rules: "tuple[Rule, ...]" = ()) -> "Diagnosis":
        """`own_rules` are tried before the service's."""
        # The rules are loaded where they are used: replaying and listing start without them.
        from lambda_replay.domain.diagnosis import DEFAULT_RULES, Evidence, diagnose

        return diagnose(
            Evidence(
                function=self.function.name,
                condition=self.condition,
                status_code=self.status_code,
                response=_text(self.response),
                payload=_text(self.payload),
                function_error=self.function_error,
            ),
            (*own_rules, *DEFAULT_RULES) if own_rules else DEFAULT_RULES,
        )


@dataclass(frozen=True, slots=True)
class RecordSummary:
    """What tells a stored record from another one under the same id."""

    count_batch: str | None
    identity: EventIdentity


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode()
