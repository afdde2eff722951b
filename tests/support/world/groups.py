"""Groups, count batches and decisions, short to write."""

from datetime import datetime, timedelta
from typing import Any

from lambda_replay.domain.groups.count_batch import CountBatch, Occurrence
from lambda_replay.domain.groups.group import Group, GroupDecision, GroupFacts, GroupVerb
from lambda_replay.domain.groups.ownership import Ownership
from tests.support.world.service import START

A, B, C = "a" * 32, "b" * 32, "c" * 32
OPS = "arn:aws:iam::123456789012:user/ops"
OWNED = Ownership(
    acknowledged_by=OPS, acknowledged_at=START, assignee="ann", ticket="https://tracker.example/PAY-12"
)
"""Every field has a value."""


def facts(fingerprint: str = A, **of: Any) -> GroupFacts:
    values: dict[str, Any] = {
        "algorithm": 1,
        "function": "orders",
        "title": "KeyError: <str>",
        "category": "invalid_input",
        "verdict": "never",
    }
    return GroupFacts(fingerprint=fingerprint, **{**values, **of})


def count_batch(
    *seen: tuple[str, str], at: datetime = START, id_: str = "count_batch-1", **of: Any
) -> CountBatch:
    """`seen` are pairs of run and fingerprint."""
    fingerprints = dict.fromkeys(fingerprint for _, fingerprint in seen)
    return CountBatch(
        id=id_,
        due_at=at + timedelta(minutes=2),
        expires_at=at + timedelta(days=30),
        facts=tuple(facts(fingerprint, **of) for fingerprint in fingerprints),
        occurrences=tuple(Occurrence(run, fingerprint, at) for run, fingerprint in seen),
    )


def group(fingerprint: str = A, *, at: datetime = START, count: int = 1, **of: Any) -> Group:
    values: dict[str, Any] = {
        "algorithm": 1,
        "function": "orders",
        "title": "KeyError: <str>",
        "category": "invalid_input",
        "verdict": "never",
        "first_seen": at,
        "last_seen": at,
        "active_at": at,
        "expires_at": datetime(2027, 3, 7, 9, tzinfo=START.tzinfo),
    }
    return Group(fingerprint=fingerprint, count=count, **{**values, **of})


def decision(verb: GroupVerb, at: datetime = START, **of: Any) -> GroupDecision:
    return GroupDecision(verb=verb, at=at, by=OPS, **of)
