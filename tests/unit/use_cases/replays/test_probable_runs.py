"""Replays whose answer was lost: the failures of their runs are known for what they probably are, and one
event is never sent more often than its policy allows."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_replay.domain.executions.execution import Decision, ExecutionStatus, RunOf, Verb
from lambda_replay.domain.executions.id_slot import UncertainReplay, UncertainReplays
from lambda_replay.domain.executions.replay import ReplayStatus
from lambda_replay.domain.refusals import Reason, RefusedError
from lambda_replay.ports.invoker import Accepted, InvokeAnswer, Unanswered
from lambda_replay.use_cases.executions.decide import confirm, decide
from tests.support.world.automatic import EVERY, HOUR, MINUTE, RULE, minutes
from tests.support.world.automatic import world as automatic_world
from tests.support.world.service import FUNCTION, LIMITS, OPERATOR, START, World

PATIENT = replace(RULE, oldest=timedelta(days=7), cap=timedelta(minutes=30))


class DiedError(Exception):
    """The process did, after Invoke."""


def lost(world: World) -> None:
    """Event-1 has failed and been replayed; the answer was lost, and the run fails as `stray`."""
    world.aws.answer = lambda _: Unanswered()
    world.fails("event-1")
    world.replay("event-1")
    world.clock.pass_(timedelta(minutes=10))
    world.fails("stray", at=world.clock())


def test_the_failure_of_a_lost_run_says_whose_it_probably_is() -> None:
    world = World()
    lost(world)
    assert world.execution("stray").probable_run_of == RunOf(execution_id="event-1", number=1)
    assert world.execution("stray").status is ExecutionStatus.FAILED
    assert world.execution("event-1").probable_run_of is None


@pytest.mark.parametrize(
    "how",
    [{"payload": '{"n": 2}'}, {"arn": FUNCTION + "-other"}, {"at": START - HOUR}, {"at": START + 12 * HOUR}],
    ids=["another payload", "another function", "before the replay", "after its window"],
)
def test_what_it_can_not_be_is_an_execution_like_others(how: dict[str, object]) -> None:
    world = World()
    world.aws.answer = lambda _: Unanswered()
    world.fails("event-1")
    world.clock.pass_(MINUTE)
    world.replay("event-1")
    if "at" in how:
        world.clock.pass_(13 * HOUR)
    world.fails("stray", **how)
    assert world.execution("stray").probable_run_of is None


def test_a_patched_replays_run_is_known_by_what_was_sent() -> None:
    world = World()
    world.aws.answer = lambda _: Unanswered()
    world.fails("event-1")
    world.replay("event-1", patch='{"n": 2}')
    world.fails("stray", payload=world.aws.sent[0][1].decode(), at=world.clock())
    assert world.execution("stray").probable_run_of == RunOf(execution_id="event-1", number=1)


@pytest.mark.parametrize("idempotent", [True, False])
def test_it_is_never_replayed_automatically_nor_by_a_filter(idempotent: bool) -> None:
    world = automatic_world(rule=replace(PATIENT, idempotent=idempotent, attempts=1), categories=EVERY)
    lost(world)
    minutes(world, 120)
    world.start_job("job-1")
    world.drive("job-1")
    assert not world.execution("stray").replays
    world.replay("stray")
    assert len(world.execution("stray").replays) == 1


def test_a_failure_that_came_before_the_replay_was_uncertain_is_not_replayed_either() -> None:
    """The process died after Invoke: until its lease has ended, it may still write Lambda's answer down."""
    world = automatic_world(rule=replace(PATIENT, base=timedelta(seconds=1)))
    world.fails("event-1")

    def dies(_: int) -> InvokeAnswer:
        raise DiedError

    world.aws.answer = dies
    with pytest.raises(DiedError):
        world.replay("event-1")
    world.fails("stray", at=world.clock())
    assert world.execution("stray").probable_run_of is None
    world.aws.answer = lambda _: Unanswered()
    minutes(world, 60)
    assert world.execution("stray").probable_run_of == RunOf(execution_id="event-1", number=1)
    assert not world.execution("stray").replays


def test_a_job_does_not_take_the_run_of_a_replay_that_awaits_its_link() -> None:
    """It failed at once, and the process that sent it died before it wrote Lambda's answer down."""
    world = World()
    world.fails("event-1")

    def fails_and_dies(number: int) -> InvokeAnswer:
        world.fails(f"run-{number}", at=world.clock())
        raise DiedError

    world.aws.answer = fails_and_dies
    with pytest.raises(DiedError):
        world.replay("event-1")
    world.aws.answer = lambda number: Accepted(f"run-{number}")
    world.start_job("job-1")
    world.drive("job-1", turns=20)
    assert len(world.aws.sent) == 1
    assert world.job("job-1").skipped == {"probable_run": 1, "replay_in_flight": 1}


def test_a_job_takes_what_only_looks_like_it() -> None:
    """It failed before that replay was claimed, or carries another payload."""
    world = World()
    world.fails("event-1")
    world.fails("earlier")
    world.fails("other", payload="1")
    world.clock.pass_(5 * MINUTE)

    def dies(_: int) -> InvokeAnswer:
        raise DiedError

    world.aws.answer = dies
    with pytest.raises(DiedError):
        world.replay("event-1")
    world.aws.answer = lambda number: Accepted(f"run-{number}")
    world.start_job("job-1")
    world.drive("job-1", turns=20)
    assert world.job("job-1").skipped == {"replay_in_flight": 1}
    assert len(world.aws.sent) == 3


class TestConfirming:
    def confirm(self, world: World, name: str = "stray", reason: str | None = None) -> None:
        confirm(
            world.store,
            name,
            Decision(verb=Verb.CONFIRMED, at=world.clock(), by=OPERATOR, reason=reason),
        )

    def test_it_becomes_the_replays_outcome(self) -> None:
        world = World()
        lost(world)
        self.confirm(world, reason="same order number")
        (attempt,) = world.execution("event-1").replays
        assert attempt.status is ReplayStatus.FAILED
        assert attempt.request_id == "stray"
        assert world.link("stray").execution_id == "event-1"
        (decision,) = world.execution("event-1").decisions
        assert decision.by == OPERATOR
        assert decision.reason == "stray is the run of replay 1: same order number"

    def test_it_does_not_lift_an_ignoring(self) -> None:
        world = World()
        lost(world)
        ignored = Decision(verb=Verb.IGNORED, at=START, by=OPERATOR, reason="x")
        decide(world.store, "event-1", ignored)
        self.confirm(world)
        assert world.execution("event-1").status is ExecutionStatus.IGNORED

    def test_a_second_time_is_refused(self) -> None:
        world = World()
        lost(world)
        self.confirm(world)
        with pytest.raises(RefusedError) as refusal:
            self.confirm(world)
        assert refusal.value.reason is Reason.EXECUTION_NOT_FOUND

    def test_what_is_no_probable_run_is_refused(self) -> None:
        world = World()
        world.fails("event-1")
        with pytest.raises(RefusedError) as refusal:
            self.confirm(world, "event-1")
        assert refusal.value.reason is Reason.NO_PROBABLE_RUN

    def test_what_has_been_replayed_is_refused(self) -> None:
        world = World()
        lost(world)
        world.replay("stray")
        with pytest.raises(RefusedError) as refusal:
            self.confirm(world)
        assert refusal.value.reason is Reason.ALREADY_REPLAYED

    def test_one_of_two_is_enough(self) -> None:
        world = World()
        lost(world)
        world.fails("stray-2", at=world.clock())
        self.confirm(world, "stray-2")
        with pytest.raises(RefusedError) as refusal:
            self.confirm(world)
        assert refusal.value.reason is Reason.RUN_IS_KNOWN


def test_many_uncertain_replays_of_one_event_stay_one_small_entry() -> None:
    entry = UncertainReplays(id="uncertain:x", replays=(), expires_at=START)
    for number in range(100):
        at = START + number * HOUR
        entry = entry.including(
            UncertainReplay(execution_id=f"event-{number}", number=1, since=at, until=at + 2 * HOUR)
        )
    assert len(entry.replays) == 20
    # None is forgotten: the oldest are known by one of them.
    assert all(
        entry.run_failing(START + number * HOUR, START + number * HOUR) is not None for number in range(100)
    )
    assert entry.run_failing(START + 99 * HOUR, START + 99 * HOUR) == RunOf(execution_id="event-99", number=1)


ENDS = st.sampled_from(["accepted", "unanswered", "died", "unrecorded"])
INVOKES = st.lists(st.tuples(ENDS, st.booleans(), st.integers(0, 200)), min_size=0, max_size=12)


@settings(max_examples=60, deadline=None)
@given(invokes=INVOKES, attempts=st.integers(1, 3), idempotent=st.booleans())
def test_one_event_is_sent_no_more_often_than_its_policy_allows(
    invokes: list[tuple[str, bool, int]], attempts: int, idempotent: bool
) -> None:
    """Whatever answers are lost, whatever runs fail, at once or hours later, in any order."""
    world = automatic_world(rule=replace(PATIENT, attempts=attempts, idempotent=idempotent))
    world.fails("event-1")
    due: list[tuple[int, str]] = []
    minute = 0

    def answer(number: int) -> InvokeAnswer:
        how, fails, later = invokes[number - 1] if number <= len(invokes) else ("accepted", True, 1)
        known = how in ("accepted", "unrecorded")
        if fails:
            due.append((minute + later, f"run-{number}" if known else f"real-{number}"))
        if how in ("died", "unrecorded"):
            raise DiedError
        return Accepted(f"run-{number}") if known else Unanswered()

    world.aws.answer = answer
    for minute in range(0, 24 * 60, 10):
        world.clock.pass_(10 * MINUTE)
        for at, name in list(due):
            if at <= minute:
                due.remove((at, name))
                world.fails(name, at=world.clock())
        try:
            world.sweep()
        except ExceptionGroup as fault:
            assert fault.subgroup(DiedError) is not None  # noqa: PT017  # a killed process, nothing else
    assert len(world.aws.sent) <= attempts
    assert LIMITS.lease < 10 * MINUTE
