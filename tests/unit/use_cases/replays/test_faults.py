"""Every call to the stores fails once, before or after it took effect; afterwards nothing is lost, nothing
ran twice unseen, and the state is true (docs/reference/service.md#invariants)."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from lambda_replay.domain.executions.execution import ExecutionStatus
from lambda_replay.domain.executions.replay import ReplayStatus
from lambda_replay.domain.groups.filter import GroupFilter
from lambda_replay.domain.refusals import Reason, RefusedError
from lambda_replay.ports.invoker import Accepted, Rejected, Unanswered
from tests.support.world.service import LIMITS, START, World

EVERYTHING = GroupFilter(since=START - timedelta(days=1), until=START + timedelta(days=9))
LONG = LIMITS.lease + LIMITS.outcome_window + timedelta(seconds=1)


class FaultError(Exception):
    """The process died, or AWS did not answer."""


class Faulty:
    """Passes calls on to `real` and fails once, at call number `at`, before or after its effect."""

    def __init__(self, real: Any, script: "Script") -> None:
        self._real, self._script = real, script

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._real, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            return self._script.run(lambda: method(*args, **kwargs))

        return call


class Script:
    def __init__(self, at: int, after: bool) -> None:
        self.calls, self.at, self.after, self.armed = 0, at, after, True

    def run(self, call: Callable[[], Any]) -> Any:
        self.calls += 1
        hit = self.armed and self.calls == self.at
        if hit:
            self.armed = False
        if hit and not self.after:
            raise FaultError
        result = call()
        if hit:
            raise FaultError
        return result


def faulty_world(at: int, after: bool) -> tuple[World, Script]:
    world, script = World(), Script(at, after)
    world.store = Faulty(world.store, script)
    world.records = Faulty(world.records, script)
    world.groups = Faulty(world.groups, script)
    return world, script


def counted(world: World) -> dict[str, int]:
    """What the groups say."""
    return {g.fingerprint: g.count for g, _ in world.groups.page(EVERYTHING, limit=100).groups}


def recounted(world: World, *runs: str) -> dict[str, int]:
    """What is stored: a failed run has a record, and the record tells its group."""
    records = [record for run in runs if (record := world.records.get(run)) is not None]
    return dict(Counter(record.diagnose().fingerprint for record in records))


def delivered(world: World, arrive: Callable[[], None]) -> None:
    """At-least-once: the queue delivers again until it is taken, and once more for luck."""
    for _ in range(2):
        try:
            arrive()
        except FaultError:
            arrive()


# Calls of the longest scenario below; a fault behind the last one is no fault, so a few more do not hurt.
POINTS = [(at, after) for at in range(1, 56) for after in (False, True)]


@pytest.mark.parametrize(("at", "after"), POINTS)
@pytest.mark.parametrize("outcome", ["failure", "success"])
@pytest.mark.parametrize("early", [True, False])
def test_one_fault_anywhere(at: int, after: bool, outcome: str, early: bool) -> None:
    world, script = faulty_world(at, after)

    def outcome_arrives() -> None:
        if outcome == "failure":
            delivered(world, lambda: world.fails("run-1"))
        else:
            delivered(world, lambda: world.succeeds("run-1"))

    delivered(world, lambda: world.fails("event-1"))
    if early:
        world.aws.meanwhile = outcome_arrives
    with suppress(FaultError):
        world.replay("event-1")
    world.aws.meanwhile = lambda: None
    sent = len(world.aws.sent)
    if sent:
        outcome_arrives()
    for _ in range(3):
        world.clock.pass_(LONG)
        try:
            world.sweep()
        except (FaultError, ExceptionGroup):
            world.sweep()

    script.armed = False
    assert counted(world) == recounted(world, "event-1", "run-1")
    execution = world.execution("event-1")
    assert sent <= 1
    assert execution.due_at is None
    assert not any(attempt.in_flight for attempt in execution.replays)
    if not sent:
        # The claim may have died before anything was sent: visible, and never repeated by itself.
        assert {attempt.status for attempt in execution.replays} <= {ReplayStatus.UNCERTAIN}
        assert execution.status is ExecutionStatus.FAILED
        return
    [attempt] = execution.replays
    known = {
        "failure": (ReplayStatus.FAILED, ExecutionStatus.FAILED),
        "success": (ReplayStatus.SUCCEEDED, ExecutionStatus.RECOVERED),
    }[outcome]
    # Only when Lambda's answer itself was never written down is the outcome not known.
    lost = attempt.request_id is None
    expected = (ReplayStatus.UNCERTAIN, ExecutionStatus.FAILED) if lost else known
    assert (attempt.status, execution.status) == expected
    world.sweep()
    assert len(world.aws.sent) == 1


def test_the_faults_above_reach_the_last_call() -> None:
    """Otherwise the list of points would have to grow."""
    world, script = faulty_world(0, after=False)
    world.fails("event-1")
    world.replay("event-1")
    world.fails("run-1")
    world.wait(LONG)
    assert script.calls < POINTS[-1][0]


def test_a_process_that_dies_after_invoke_leaves_an_uncertain_attempt() -> None:
    world = World()
    world.fails("event-1")

    def dies(_: int) -> Accepted:
        raise FaultError

    world.aws.answer = dies
    with pytest.raises(FaultError):
        world.replay("event-1")
    assert world.execution("event-1").status is ExecutionStatus.REPLAYING
    world.wait(LIMITS.lease - timedelta(seconds=1))
    assert world.execution("event-1").status is ExecutionStatus.REPLAYING
    world.wait(timedelta(seconds=1))
    execution = world.execution("event-1")
    assert execution.status is ExecutionStatus.FAILED
    assert execution.replays[0].status is ReplayStatus.UNCERTAIN
    assert len(world.aws.sent) == 1


def test_an_answer_that_is_written_down_late_still_counts() -> None:
    world = World()
    world.fails("event-1")
    world.aws.meanwhile = lambda: world.wait(LIMITS.lease + timedelta(seconds=1))
    world.replay("event-1")
    assert world.execution("event-1").replays[0].status is ReplayStatus.ACCEPTED
    world.succeeds("run-1")
    assert world.execution("event-1").status is ExecutionStatus.RECOVERED


@pytest.mark.parametrize(
    ("answer", "status"),
    [(Rejected(Reason.THROTTLED), ReplayStatus.REJECTED), (Unanswered(), ReplayStatus.UNCERTAIN)],
)
def test_what_is_no_acceptance_leaves_the_execution_failed(answer: Any, status: ReplayStatus) -> None:
    world = World()
    world.fails("event-1")
    world.aws.answer = lambda _: answer
    assert world.replay("event-1").status is status
    assert world.execution("event-1").status is ExecutionStatus.FAILED
    assert world.execution("event-1").due_at is None


def test_two_at_once_and_one_invoke() -> None:
    """Both have read the execution before either claims it."""
    world = World()
    world.fails("event-1")
    refused: list[Reason] = []

    def second() -> None:
        try:
            world.replay("event-1")
        except RefusedError as refusal:
            refused.append(refusal.reason)

    real = world.store
    fired = False

    class Between:
        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

        def save(self, entry: Any, counts: Any = ()) -> None:
            nonlocal fired
            if not fired:
                fired = True
                second()
            real.save(entry, counts)

    world.store = Between()
    with pytest.raises(RefusedError) as first:
        world.replay("event-1")
    assert first.value.reason is Reason.REPLAY_IN_FLIGHT
    assert refused == []
    assert len(world.aws.sent) == 1


def test_a_payload_that_is_not_the_recorded_one_is_not_sent() -> None:
    """Two records under one request id, of which one was forged, in the order that mixes them up."""
    world = World()
    world.records.put(_forged(world))
    world.fails("event-1")
    with pytest.raises(RefusedError) as refusal:
        world.replay("event-1")
    assert refusal.value.reason is Reason.PAYLOAD_MISMATCH
    assert world.aws.sent == []


def _forged(world: World) -> Any:
    other = World()
    other.fails("event-1", payload='"forged"')
    return other.records.get("event-1")


def test_a_success_and_a_failure_of_one_run_cannot_both_be_true() -> None:
    """Lambda sends one of the two; of a forged pair the cautious one counts, in either order."""
    for first, second in [("fails", "succeeds"), ("succeeds", "fails")]:
        world = World()
        getattr(world, first)("event-1")
        getattr(world, second)("event-1")
        assert world.execution("event-1").status is ExecutionStatus.FAILED


def test_the_outcome_of_a_replay_whose_execution_has_expired_stands_for_itself() -> None:
    world = World()
    world.fails("event-1")
    world.replay("event-1")
    del world.store._entries["event-1"]  # type: ignore[attr-defined]  # as the table's time to live does
    world.fails("run-1")
    assert world.execution("run-1").status is ExecutionStatus.FAILED
