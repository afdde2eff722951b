"""A team's own rules, tried before the service's: one version of them, with who made it and why."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lambda_replay.domain.diagnosis import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """`rows` is the JSON text of the list of rules. Versions count from 1, and each stays as it was."""

    version: int
    rows: str
    at: datetime
    by: str
    reason: str | None = None

    def load(self) -> "tuple[Rule, ...]":
        """Raises `RuleError`, which names the bad rule."""
        from lambda_replay.domain.diagnosis import load_rules

        return load_rules(json.loads(self.rows))
