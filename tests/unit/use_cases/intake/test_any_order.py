"""Every order and repetition of facts ends in the same state (docs/reference/service.md#any-order)."""

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_replay.domain.executions.execution import STATUS_AFTER, ExecutionStatus
from lambda_replay.domain.executions.filter import ExecutionFilter
from lambda_replay.domain.executions.replay import RANK, Fact, ReplayMode, ReplayStatus
from tests.support.world.service import FUNCTION, LIMITS, START, World

Event = Callable[[World], None]
AFTER_LEASE = LIMITS.lease + timedelta(seconds=1)
AFTER_WINDOW = LIMITS.outcome_window + timedelta(seconds=1)


def failure(world: World) -> None:
    world.fails("run-1", response='{"errorType":"KeyError","errorMessage":"again"}')


def success(world: World) -> None:
    world.succeeds("run-1")


def lease_ends(world: World) -> None:
    world.wait(AFTER_LEASE)


def window_closes(world: World) -> None:
    world.wait(AFTER_WINDOW)


def replayed(during: list[Event], after: list[Event]) -> World:
    """A failed execution, replayed once; some events come before Lambda's answer is written down."""
    world = World()
    world.fails("event-1")

    def at_the_same_time() -> None:
        for event in during:
            event(world)

    world.aws.meanwhile = at_the_same_time
    world.replay("event-1")
    world.aws.meanwhile = lambda: None
    for event in after:
        event(world)
    return world


@pytest.mark.parametrize(
    ("outcome", "status"),
    [(failure, ExecutionStatus.FAILED), (success, ExecutionStatus.RECOVERED)],
)
@pytest.mark.parametrize("others", [[], [lease_ends], [window_closes], [lease_ends, window_closes]])
@pytest.mark.parametrize("repetitions", [1, 2, 3])
def test_an_outcome_and_everything_else(
    outcome: Event, status: ExecutionStatus, others: list[Event], repetitions: int
) -> None:
    events = [outcome] * repetitions + others
    for options in set(permutations(events)):
        for early in range(len(options) + 1):
            world = replayed(list(options[:early]), list(options[early:]))
            world.wait(AFTER_WINDOW)
            execution = world.execution("event-1")
            assert execution.status is status, (options, early)
            assert [attempt.request_id for attempt in execution.replays] == ["run-1"]
            assert world.link("run-1").execution_id == "event-1"
            assert execution.due_at is None
            assert len(world.aws.sent) == 1


def test_the_failure_of_a_replay_is_the_current_error_and_the_old_one_stays() -> None:
    execution = replayed([], [failure]).execution("event-1")
    assert execution.failure.error_type == "KeyError"
    assert execution.first_failure.error_type == "ValueError"
    assert execution.replays[0].failure == execution.failure


def test_a_failure_that_is_faster_than_lambdas_answer_leaves_one_execution() -> None:
    world = replayed([failure], [])
    assert [e.id for e in world.store.page(_everything(), limit=100).executions] == ["event-1"]
    assert world.execution("event-1").failure.error_type == "KeyError"


def test_no_word_until_the_window_closes_is_unconfirmed() -> None:
    world = replayed([], [lease_ends])
    assert world.execution("event-1").status is ExecutionStatus.REPLAYING
    window_closes(world)
    assert world.execution("event-1").status is ExecutionStatus.UNCONFIRMED


@pytest.mark.parametrize(
    ("late", "status"), [(failure, ExecutionStatus.FAILED), (success, ExecutionStatus.RECOVERED)]
)
def test_a_word_after_the_window_still_counts(late: Event, status: ExecutionStatus) -> None:
    world = replayed([], [lease_ends, window_closes, late])
    assert world.execution("event-1").status is status


def test_a_late_word_on_an_old_replay_does_not_touch_the_one_in_flight() -> None:
    world = replayed([], [lease_ends, window_closes])
    world.replay("event-1", mode=ReplayMode.FORCE)
    failure(world)
    execution = world.execution("event-1")
    assert [a.status for a in execution.replays] == [ReplayStatus.FAILED, ReplayStatus.ACCEPTED]
    assert execution.status is ExecutionStatus.REPLAYING


def test_the_chain_of_failed_replays_stays_one_execution() -> None:
    world = World()
    world.fails("event-1")
    for number in range(1, 6):
        world.replay("event-1")
        world.fails(f"run-{number}")
    execution = world.execution("event-1")
    assert [attempt.status for attempt in execution.replays] == [ReplayStatus.FAILED] * 5
    assert execution.status is ExecutionStatus.FAILED
    assert [e.id for e in world.store.page(_everything(), limit=100).executions] == ["event-1"]


facts = st.sampled_from(
    [
        Fact(status=status, at=START, request_id="run" if status is ReplayStatus.ACCEPTED else None)
        for status in ReplayStatus
    ]
)


@given(st.lists(facts, max_size=8), st.randoms())
def test_learning_is_commutative_and_idempotent(known: list[Fact], random: object) -> None:
    world = World()
    world.fails("event-1")
    world.replay("event-1")
    claimed = world.execution("event-1")
    straight = shuffled = claimed
    mixed = [*known, *known]
    random.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis' Random
    for fact in known:
        straight = straight.learn(1, fact)
    for fact in mixed:
        shuffled = shuffled.learn(1, fact)
    assert straight == shuffled
    strongest = max([fact.status for fact in known] + [ReplayStatus.ACCEPTED], key=RANK.__getitem__)
    assert straight.replays[0].status is strongest
    assert straight.status is STATUS_AFTER.get(strongest, ExecutionStatus.FAILED)


def _everything() -> ExecutionFilter:
    return ExecutionFilter(since=START - timedelta(days=1), until=START + timedelta(days=30))


def test_the_allow_listed_function_is_what_is_invoked() -> None:
    world = replayed([], [])
    assert world.aws.sent == [(FUNCTION + ":$LATEST", b'{"n": 1.10}')]
