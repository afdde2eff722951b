"""What a replay may do, and what a rejected one leaves as it was."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lambda_replay.domain.executions.execution import Decision, ExecutionStatus, Verb
from lambda_replay.domain.executions.id_slot import Entry
from lambda_replay.domain.executions.outcome_counts import Increment
from lambda_replay.domain.executions.replay import ReplayMode, ReplayStatus
from lambda_replay.domain.functions.function_config import FunctionConfig
from lambda_replay.domain.refusals import Reason, RefusedError
from lambda_replay.ports.alerts import Count
from lambda_replay.ports.invoker import Rejected
from lambda_replay.use_cases.executions.decide import decide
from lambda_replay.use_cases.replays.replay_one import ReplayCommand
from tests.support.world.service import FUNCTION, LIMITS, START, World

CLOSED = LIMITS.lease + LIMITS.outcome_window + timedelta(seconds=1)


@pytest.fixture
def world() -> World:
    """One execution has failed."""
    world = World()
    world.fails("event-1")
    return world


def rejected(world: World) -> None:
    accepts = world.aws.answer
    world.aws.answer = lambda _: Rejected(Reason.THROTTLED)
    assert world.replay("event-1", mode=ReplayMode.FORCE).status is ReplayStatus.REJECTED
    world.aws.answer = accepts


@pytest.mark.parametrize("mode", ReplayMode)
def test_a_function_of_the_service_itself_is_never_replayed(world: World, mode: ReplayMode) -> None:
    """Whatever a forged record names, and however wide the allow-list is."""
    world.functions.known[FUNCTION] = FunctionConfig(
        code="c", version="1", modified_at=START, timeout=timedelta(seconds=3), is_own=True
    )
    with pytest.raises(RefusedError) as refusal:
        world.replay("event-1", mode=mode)
    assert refusal.value.reason is Reason.OWN_FUNCTION
    assert world.aws.sent == []


def test_a_rejected_replay_does_not_undo_a_recovery(world: World) -> None:
    world.replay("event-1")
    world.succeeds("run-1")
    rejected(world)
    assert world.execution("event-1").status is ExecutionStatus.RECOVERED
    with pytest.raises(RefusedError) as refusal:
        world.replay("event-1")
    assert refusal.value.reason is Reason.ALREADY_RECOVERED


def test_a_late_success_counts_although_a_later_replay_was_rejected(world: World) -> None:
    world.replay("event-1")
    world.wait(LIMITS.lease + timedelta(seconds=1))
    world.wait(CLOSED)
    assert world.execution("event-1").status is ExecutionStatus.UNCONFIRMED
    rejected(world)
    assert world.execution("event-1").status is ExecutionStatus.UNCONFIRMED
    world.succeeds("run-1")
    assert world.execution("event-1").status is ExecutionStatus.RECOVERED


def test_a_rejected_replay_of_a_failed_execution_leaves_it_failed(world: World) -> None:
    rejected(world)
    assert world.execution("event-1").status is ExecutionStatus.FAILED
    assert world.execution("event-1").replays[0].rejection is Reason.THROTTLED


def test_a_key_whose_replay_was_rejected_may_try_again(world: World) -> None:
    world.aws.answer = lambda _: Rejected(Reason.THROTTLED)
    world.replay("event-1", idempotency_key="key-1")
    world.aws.answer = World().aws.answer
    assert world.replay("event-1", idempotency_key="key-1").status is ReplayStatus.ACCEPTED
    assert world.replay("event-1", idempotency_key="key-1").number == 2
    assert len(world.aws.sent) == 2


@pytest.mark.parametrize("mode", ReplayMode)
def test_a_preview_says_what_the_replay_would(world: World, mode: ReplayMode) -> None:
    del world.records._records["event-1"]  # type: ignore[attr-defined]  # as the table's time to live does
    command = ReplayCommand(execution_id="event-1", by="me", mode=mode)
    refused = world.replayer().preview(command).refusal
    assert refused is not None
    assert refused.reason is Reason.PAYLOAD_EXPIRED
    with pytest.raises(RefusedError) as refusal:
        world.replayer().replay(command)
    assert refusal.value.reason is Reason.PAYLOAD_EXPIRED


@pytest.mark.parametrize("condition", ["Success", "RetriesExhausted"])
def test_the_outcome_of_another_function_is_not_believed(world: World, condition: str) -> None:
    world.replay("event-1")
    other = FUNCTION.replace("orders", "evil")
    world.fails("run-1", condition=condition, arn=other)
    assert world.counts[Count.RECORD_CONTESTED] == 1
    assert world.execution("event-1").status is ExecutionStatus.REPLAYING
    world.fails("run-1", condition="Success", arn=FUNCTION + ":another-alias")
    assert world.execution("event-1").status is ExecutionStatus.RECOVERED


def test_forcing_an_ignored_execution_reopens_it(world: World) -> None:
    decide(world.store, "event-1", Decision(verb=Verb.IGNORED, at=START, by="me", reason="x"))
    world.replay("event-1", mode=ReplayMode.FORCE)
    execution = world.execution("event-1")
    assert execution.status is ExecutionStatus.REPLAYING
    assert [decision.verb for decision in execution.decisions] == [Verb.IGNORED, Verb.REOPENED]


def test_a_decision_that_is_met_again_is_not_refused(world: World) -> None:
    """The answer to its write was lost, and the client wrote it a second time."""
    decide(world.store, "event-1", Decision(verb=Verb.IGNORED, at=START, by="me", reason="x"))
    reopened = Decision(verb=Verb.REOPENED, at=START, by="me")
    decide(world.store, "event-1", reopened)
    assert len(decide(world.store, "event-1", reopened).decisions) == 2


def test_one_execution_that_cannot_be_swept_holds_no_one_up(world: World) -> None:
    world.fails("event-2")
    world.replay("event-1")
    world.replay("event-2")
    save = world.store.save

    def broken(entry: Entry, counts: Collection[Increment] = ()) -> None:
        if entry.id == "event-1":
            raise OSError("no table")
        save(entry, counts)

    world.store.save = broken  # type: ignore[method-assign]
    world.clock.pass_(CLOSED)
    for _ in range(2):
        with pytest.raises(ExceptionGroup, match="1 things"):
            world.sweep()
    assert world.execution("event-2").status is ExecutionStatus.UNCONFIRMED


# ------------------------------------------------------------------------------------- one key, one request

ASKED: dict[str, Any] = {
    "mode": ReplayMode.FORCE,
    "qualifier": "live",
    "function": "orders",
    "patch": '[{"op":"replace","path":"/n","value":1}]',
    "reason": "fixed in v8",
}
OTHER_WISHES: dict[str, Any] = {
    "mode": ReplayMode.IF_NOT_REPLAYED,
    "qualifier": "$LATEST",
    "function": None,  # the same target: another request all the same
    "patch": '[{"op":"replace","path":"/n","value":999}]',
    "reason": "fixed in v9",
}


def test_the_same_request_under_a_key_is_the_same_replay() -> None:
    world = World()
    world.fails("event-1")
    first = world.replay("event-1", idempotency_key="key-1", **ASKED)
    assert world.replay("event-1", idempotency_key="key-1", **ASKED).number == first.number
    assert len(world.aws.sent) == 1


@pytest.mark.parametrize("field", sorted(ASKED))
def test_another_request_under_the_same_key_is_refused(field: str) -> None:
    """Whatever of it is other, and nothing is sent: the answer to the first would be taken for its own."""
    world = World()
    world.fails("event-1")
    world.replay("event-1", idempotency_key="key-1", **ASKED)
    with pytest.raises(RefusedError) as refused:
        world.replay("event-1", idempotency_key="key-1", **{**ASKED, field: OTHER_WISHES[field]})
    assert refused.value.reason is Reason.IDEMPOTENCY_KEY_REUSED
    assert len(world.aws.sent) == 1


def test_a_replay_of_an_earlier_version_knows_its_key_by_what_it_has() -> None:
    """Attempts that were written before requests had digests."""
    world = World()
    world.fails("event-1")
    world.replay("event-1", idempotency_key="key-1", **ASKED)
    found = world.execution("event-1")
    without = tuple(replace(attempt, asked=None) for attempt in found.replays)
    world.store.save(replace(found, replays=without))
    assert world.replay("event-1", idempotency_key="key-1", **{**ASKED, "reason": "other"}).number == 1
    with pytest.raises(RefusedError):
        world.replay("event-1", idempotency_key="key-1", **{**ASKED, "qualifier": "$LATEST"})
    assert len(world.aws.sent) == 1
