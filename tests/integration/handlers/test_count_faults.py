"""A triage batch that dies and comes again counts once (docs/reference/service.md#counts-are-true).

The calls are those that the real adapters make, to moto; each of them fails once, before or after its effect.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ReadTimeoutError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

import replay.composition_root
import triage.composition_root
from lambda_replay.adapters.clock import now
from lambda_replay.domain.groups.filter import GroupFilter
from tests.integration.conftest import SOURCE, Printed, Stack
from tests.support.table import TABLE
from tests.support.world.service import record_text

BATCH = [
    ("r1", "KeyError"),
    ("r2", "ValueError"),
    ("r1", "KeyError"),
]


class Calls:
    """Every call of every AWS client of this process; number `at` fails, before or after its effect."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int, *, after: bool) -> None:
        self.made: list[str] = []
        real = BaseClient._make_api_call  # type: ignore[attr-defined]  # untyped

        def call(client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
            self.made.append(operation)
            hit = len(self.made) == at
            if hit and not after:
                raise ReadTimeoutError(endpoint_url="http://127.0.0.1")
            answer = real(client, operation, arguments)
            if hit:
                raise ReadTimeoutError(endpoint_url="http://127.0.0.1")
            return answer

        monkeypatch.setattr(BaseClient, "_make_api_call", call)


def deliver(stack: Stack) -> None:
    """The queue delivers until all are taken, and once more for luck."""
    bodies = [
        record_text(run, arn=SOURCE, at=datetime.now(UTC), response=f'{{"errorType":"{error}"}}')
        for run, error in BATCH
    ]
    again = stack.triage(*bodies)
    stack.triage(*(again or bodies))


def forget() -> None:
    """An empty table, and a process that knows nothing of what was there."""
    # A new table for each point would take most of the time, and so would transactions in a large one.
    dynamodb_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].tables[TABLE].items.clear()
    triage.composition_root.parts.cache_clear()


def counts() -> tuple[list[int], int]:
    """What the groups say, and what their hours do."""
    groups = replay.composition_root.storage().groups
    everything = GroupFilter(since=now() - timedelta(days=1), until=now() + timedelta(days=1))
    found = [group for group, _ in groups.page(everything, limit=100).groups]
    assert all(groups.why(group.fingerprint) for group in found)
    hours = [groups.hours(group.fingerprint, everything.since) for group in found]
    return sorted(group.count for group in found), sum(sum(hour.values()) for hour in hours)


def test_a_batch_that_dies_at_any_call(
    stack: Stack, printed: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        undisturbed = Calls(patch, 0, after=False)
        deliver(stack)
    assert Counter(undisturbed.made)["TransactWriteItems"] == 2
    later = now() + timedelta(minutes=5)
    monkeypatch.setattr("replay.composition_root.now", lambda: later)
    # A read that fails after its effect is one that fails before.
    points = [
        (at, after)
        for at, operation in enumerate([*undisturbed.made, "none"], start=1)
        for after in ((False,) if "Get" in operation else (False, True))
    ]
    for at, after in points:
        forget()
        with monkeypatch.context() as patch:
            Calls(patch, at, after=after)
            deliver(stack)
        stack.sweep()
        assert counts() == ([1, 1], 2), (at, after)
