"""What went wrong, can it be sent again, and which failures belong together. Pure: no clock, no AWS, no
state.

    diagnosis = diagnose(Evidence(function="orders", condition="RetriesExhausted", status_code=200,
                                  response='{"errorType": …}', payload='{"id": 1}'))

`diagnose` never raises, on any input, and its work is bounded whatever the size of the record.
"""

from __future__ import annotations

from lambda_replay.domain.category import Category, Verdict

from .diagnose import diagnose
from .fingerprint import ALGORITHM
from .model import JSON, Cause, Diagnosis, ErrorReport, Evidence, Frame
from .rule_examples import check_examples
from .rules import Rule, RuleError, load_rules
from .tables import DEFAULT_RULES

__all__ = [
    "ALGORITHM",
    "DEFAULT_RULES",
    "JSON",
    "Category",
    "Cause",
    "Diagnosis",
    "ErrorReport",
    "Evidence",
    "Frame",
    "Rule",
    "RuleError",
    "Verdict",
    "check_examples",
    "diagnose",
    "load_rules",
]
