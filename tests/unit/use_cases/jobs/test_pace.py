"""What a job sends when: its pace, its guard, and what it leaves out."""

from datetime import timedelta

import pytest

from lambda_replay.domain.executions.execution import Decision, Verb
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.functions.function_config import FunctionConfig
from lambda_replay.domain.jobs.job import Guard, JobStatus, Pace
from lambda_replay.domain.refusals import Reason
from lambda_replay.ports.invoker import Rejected
from lambda_replay.use_cases.executions.decide import decide
from tests.support.world.jobs import failed, outcomes, recounted
from tests.support.world.service import FUNCTION, START, World

OTHER = FUNCTION.replace("orders", "payments")
KEY_ERROR = '{"errorType":"KeyError","errorMessage":"\'id\'"}'
RAMP = Pace(rate=100, ramp=(1, 5, 20), guard=Guard())


@pytest.fixture
def world() -> World:
    return World()


def test_a_ramp_waits_for_its_outcomes(world: World) -> None:
    failed(world, 60)
    world.start_job(pace=RAMP)
    sizes: list[int] = []
    commit = outcomes(world, lambda _: None)

    def note() -> None:
        sizes.append(len(world.aws.sent))
        commit()

    job = world.drive(commit=note)
    assert job.status is JobStatus.COMPLETED
    assert list(dict.fromkeys(sizes)) == [1, 6, 26, 60]


def test_a_ramp_over_an_unfixed_function_halts_after_a_handful(world: World) -> None:
    failed(world, 520)
    world.start_job(pace=RAMP)
    same = '{"errorType":"ValueError","errorMessage":"boom"}'
    job = world.drive(commit=outcomes(world, lambda _: same))
    assert job.status is JobStatus.HALTED
    assert len(world.aws.sent) == 6
    assert job.decisions[-1].reason == (
        "6 of 6 replays failed again (6 with the same error, 0 with another): more than 20%"
    )
    assert world.account().remaining == 514
    recounted(world, job)
    world.mailbox.messages.clear()
    world.sweep()
    ((subject, text),) = [m for m in world.mailbox.messages if m[0].startswith("Job")]
    assert subject == "Job halted: job-1"
    assert "not looked at: 514 of 520" in text


def test_a_few_of_another_bug_stop_no_one(world: World) -> None:
    """Wherever they stand: the ramp speaks for all of them."""
    failed(world, 20, response=KEY_ERROR)
    failed(world, 500, first=20)
    world.start_job(pace=RAMP)
    job = world.drive(commit=outcomes(world, lambda name: KEY_ERROR if name < "event-0020" else None))
    assert job.status is JobStatus.COMPLETED
    counts = world.account().counts
    assert (counts.issued, counts.succeeded, counts.failed_same, counts.failed_new) == (520, 500, 20, 0)
    recounted(world, job)


def test_a_new_error_stops_the_job_that_wants_it(world: World) -> None:
    failed(world, 50)
    world.start_job(pace=Pace(rate=100, ramp=(1, 5), guard=Guard(new_group=True)))
    job = world.drive(commit=outcomes(world, lambda _: KEY_ERROR))
    assert (job.status, len(world.aws.sent)) == (JobStatus.HALTED, 1)
    assert job.decisions[-1].reason == "1 of 1 replays failed with another error than before"


def test_a_function_that_cannot_be_invoked_stops_the_job(world: World) -> None:
    failed(world, 300)
    world.aws.answer = lambda _: Rejected(Reason.ACCESS_DENIED)
    world.start_job(pace=Pace(rate=100))
    job = world.drive()
    assert (job.status, len(world.aws.sent)) == (JobStatus.HALTED, 100)
    assert job.decisions[-1].reason == "100 were rejected (access_denied): more than 20%"
    assert world.account().counts.rejected == {"access_denied": 100}
    recounted(world, job)


def test_silence_is_no_failure_where_no_one_confirms_success(world: World) -> None:
    """Without a success destination, a batch of the ramp is over when its failures would have come."""
    failed(world, 8)
    world.functions.known[FUNCTION] = FunctionConfig(
        code="c", version="$LATEST", modified_at=START, timeout=timedelta(seconds=10), retries=1
    )
    world.start_job(pace=Pace(rate=100, ramp=(1, 5), guard=Guard()))
    world.drive(turns=60)
    # A minute's wait for the retry, two runs of ten seconds, and some slack.
    assert len(world.aws.sent) == 8
    assert world.clock() - START < timedelta(minutes=10)
    job = world.drive(commit=lambda: world.sweep())
    assert job.status is JobStatus.COMPLETED
    assert world.account().counts.unconfirmed == 8
    recounted(world, job)


@pytest.mark.parametrize(("rate", "at_least"), [(0.5, 38), (5, 3), (50, 0)])
def test_the_rate_is_kept(world: World, rate: float, at_least: float) -> None:
    failed(world, 20)
    world.start_job(pace=Pace(rate=rate, guard=None))
    times: list[float] = []
    world.aws.meanwhile = lambda: times.append((world.clock() - START).total_seconds())
    world.drive(commit=outcomes(world, lambda _: None))
    assert times[-1] >= at_least
    assert times[-1] <= at_least + 3


def test_what_may_not_be_replayed_is_counted_by_its_reason(world: World) -> None:
    names = failed(world, 6)
    world.fails("foreign", arn=OTHER)
    world.fails("dropped", payload=None)
    world.replay(names[0])
    world.replay(names[1])
    world.succeeds(world.execution(names[1]).replays[0].request_id or "")
    decide(world.store, names[2], Decision(verb=Verb.IGNORED, at=START, by="someone"))
    world.start_job(options=ReplayOptions(not_before=START - timedelta(days=1)))
    world.fails("old", at=START - timedelta(days=2))
    job = world.drive(commit=outcomes(world, lambda _: None))
    assert job.skipped == {
        "not_allow_listed": 1,
        "payload_missing": 1,
        "replay_in_flight": 1,
        "already_recovered": 1,
        "ignored": 1,
        "too_old": 1,
    }
    assert (job.selected, job.claimed) == (9, 3)
    recounted(world, job)


def test_poison_is_left_out_unless_named(world: World) -> None:
    world.fails("event-1")
    for code in ("a", "a", "b"):
        world.functions.known[FUNCTION] = FunctionConfig(
            code=code, version="$LATEST", modified_at=START, timeout=timedelta(seconds=3)
        )
        run = world.replay("event-1").request_id
        assert run is not None
        world.fails(run)
    assert world.execution("event-1").poisoned
    world.start_job()
    assert world.drive().skipped == {"poisoned": 1}
    world.start_job("job-2", "event-1")
    assert world.drive("job-2", commit=outcomes(world, lambda _: None)).claimed == 1


def test_three_failures_with_one_version_are_no_poison(world: World) -> None:
    world.fails("event-1")
    for _ in range(5):
        run = world.replay("event-1").request_id
        assert run is not None
        world.fails(run)
    assert not world.execution("event-1").poisoned


def test_a_patch_is_applied_to_each(world: World) -> None:
    world.fails("event-1", payload='{"order":1.10,"region":"eu"}')
    world.fails("event-2", payload='["not an object"]')
    patch = '[{"op":"replace","path":"/region","value":"us"}]'
    world.start_job(options=ReplayOptions(patch=patch))
    job = world.drive(commit=outcomes(world, lambda _: None))
    assert [payload for _, payload in world.aws.sent] == [b'{"order":1.10,"region":"us"}']
    assert job.skipped == {"patch_failed": 1}
    assert world.execution("event-1").replays[0].patched


def test_another_function_and_qualifier(world: World) -> None:
    world.fails("event-1")
    world.start_job(options=ReplayOptions(function="orders", qualifier="replay"))
    world.drive(commit=outcomes(world, lambda _: None), turns=1)
    assert world.aws.sent[0][0] == f"{FUNCTION}:replay"
    world.fails("event-2")
    world.start_job("job-2", "event-2", options=ReplayOptions(function="payments"))
    assert world.drive("job-2").skipped == {"not_allow_listed": 1}
