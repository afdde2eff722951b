"""Jobs: everything selected is accounted for, whatever the function does and whatever dies."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import timedelta

import pytest

from lambda_replay.domain.execution import Decision, Execution, ExecutionStatus, Verb
from lambda_replay.domain.function_facts import FunctionFacts
from lambda_replay.domain.group import GroupStatus
from lambda_replay.domain.job import Guard, Job, JobDecision, JobStatus, JobVerb, Pace
from lambda_replay.domain.order import Order
from lambda_replay.domain.reasons import Reason, Refused
from lambda_replay.domain.replay import ReplayStatus, Trigger
from lambda_replay.ports import Accepted, Count, InvokeAnswer, Rejected, Unanswered
from lambda_replay.use_cases.decide import decide
from lambda_replay.use_cases.jobs import ANY
from tests.support.world import EVERYTHING, FUNCTION, OPERATOR, START, World, record_text

OTHER = FUNCTION.replace("orders", "payments")
KEY_ERROR = '{"errorType":"KeyError","errorMessage":"\'id\'"}'
RAMP = Pace(rate=100, ramp=(1, 5, 20), guard=Guard())


def failed(world: World, count: int, *, first: int = 0, **how: object) -> list[str]:
    names = [f"event-{number:04}" for number in range(first, first + count)]
    for name in names:
        world.fails(name, **how)
    return names


def outcomes(world: World, fate: Callable[[str], str | None]) -> Callable[[], None]:
    """Lets every run that was accepted end: `fate` gets the execution's id, and says with which error, None
    for success."""
    told: set[str] = set()

    def settle() -> None:
        for execution in world.store.page(EVERYTHING, limit=10_000).executions:
            for attempt in execution.replays:
                if attempt.request_id is None or attempt.request_id in told:
                    continue
                told.add(attempt.request_id)
                response = fate(execution.id)
                if response is None:
                    world.succeeds(attempt.request_id)
                else:
                    world.fails(attempt.request_id, response=response, at=world.clock())

    return settle


def recounted(world: World, job: Job) -> None:
    """What the job says equals what its executions say."""
    attempts = [
        attempt
        for execution in world.store.page(EVERYTHING, limit=10_000).executions
        for attempt in execution.replays
        if attempt.job == job.id
    ]
    account = world.account(job.id)
    counts = account.counts
    of = [attempt.status for attempt in attempts]
    assert account.claimed == len(attempts)
    assert sum(counts.rejected.values()) == of.count(ReplayStatus.REJECTED)
    assert counts.issued == len(attempts) - of.count(ReplayStatus.REJECTED)
    assert counts.succeeded == of.count(ReplayStatus.SUCCEEDED)
    assert counts.failed_again == of.count(ReplayStatus.FAILED)
    assert counts.unconfirmed == of.count(ReplayStatus.UNCONFIRMED)
    assert counts.uncertain == of.count(ReplayStatus.UNCERTAIN)
    assert counts.pending == of.count(ReplayStatus.ACCEPTED) + of.count(ReplayStatus.CLAIMED)
    assert account.claimed + sum(job.skipped.values()) + account.remaining == job.selected


@pytest.fixture
def world() -> World:
    return World()


# --------------------------------------------------------------------------------------------- the usual way


def test_a_job_ends_with_everything_accounted_for(world: World) -> None:
    names = failed(world, 30)
    started = world.start_job(name="after the fix", reason="v8")
    assert started.status is JobStatus.PLANNED
    assert world.runner.started == [("job-1", 1)]
    job = world.drive(settle=outcomes(world, lambda _: None))
    assert (job.status, job.selected, job.claimed, job.remaining) == (JobStatus.COMPLETED, 30, 30, 0)
    assert world.account().counts.succeeded == 30
    recounted(world, job)
    assert {world.execution(name).status for name in names} == {ExecutionStatus.RECOVERED}
    attempt = world.execution(names[0]).replays[0]
    assert (attempt.trigger, attempt.job, attempt.by, attempt.linked) == (
        Trigger.BULK,
        "job-1",
        OPERATOR,
        True,
    )


def test_the_end_is_told_once(world: World) -> None:
    failed(world, 50)
    world.start_job(name="after the fix")

    def fate(name: str) -> str | None:
        return (
            KEY_ERROR
            if name < "event-0002"
            else '{"errorType":"ValueError","errorMessage":"boom"}'
            if name < "event-0005"
            else None
        )

    job = world.drive(settle=outcomes(world, fate))
    assert job.due_at is not None
    world.mailbox.messages.clear()
    world.sweep()
    world.sweep()
    told = [text for subject, text in world.mailbox.messages if subject.startswith("Job")]
    assert len(told) == 1
    assert told[0].splitlines()[:2] == [
        "Job completed: after the fix",
        "  issued 50: 45 recovered, 5 failed again, 3 with the same error, 2 new",
    ]
    assert world.job().due_at is None


def test_an_end_that_could_not_be_told_is_told_later(world: World) -> None:
    failed(world, 1)
    world.start_job()
    world.drive(settle=outcomes(world, lambda _: None))
    world.mailbox.reachable = False
    with pytest.raises(ExceptionGroup):
        world.sweep()
    world.mailbox.reachable = True
    world.sweep()
    assert [subject for subject, _ in world.mailbox.messages if "Job" in subject] == ["Job completed: job-1"]


def test_the_oldest_goes_first(world: World) -> None:
    for number in (3, 1, 2):
        world.fails(f"event-{number}", payload=str(number), at=START - timedelta(minutes=10 - number))
    world.start_job()
    world.drive(settle=outcomes(world, lambda _: None))
    assert [payload for _, payload in world.aws.sent] == [b"1", b"2", b"3"]


def test_named_executions_go_in_their_order_once_each(world: World) -> None:
    for number in (1, 2, 3):
        world.fails(f"event-{number}", payload=str(number))
    world.start_job("job-1", "event-3", "event-1", "event-3", "nobody")
    job = world.drive(settle=outcomes(world, lambda _: None))
    assert [payload for _, payload in world.aws.sent] == [b"3", b"1"]
    assert (job.selected, job.claimed, job.skipped) == (3, 2, {"execution_not_found": 1})
    recounted(world, job)


def test_a_large_selection_is_frozen_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambda_replay.use_cases.job_driving._SELECTED_AT_ONCE", 40)
    monkeypatch.setattr("lambda_replay.use_cases.jobs.PAGE", 15)
    failed(world, 130)
    world.start_job()
    first = world.driving().turn("job-1", 1, lambda: True)
    assert not first.done
    assert (world.job().frozen, world.job().selected, world.aws.sent) == (False, 100, [])
    job = world.drive(settle=outcomes(world, lambda _: None))
    assert (job.status, job.selected, world.account().counts.succeeded) == (JobStatus.COMPLETED, 130, 130)
    recounted(world, job)


def test_what_fails_after_the_start_is_not_in_it(world: World) -> None:
    failed(world, 2)
    world.start_job(wanted=replace(EVERYTHING, until=START + timedelta(seconds=1)))
    world.clock.pass_(timedelta(seconds=10))
    world.fails("later", at=world.clock())
    assert world.drive(settle=outcomes(world, lambda _: None)).selected == 2
    assert world.execution("later").replays == ()


def test_nothing_selected_is_soon_over(world: World) -> None:
    world.start_job()
    job = world.drive()
    assert (job.status, job.selected) == (JobStatus.COMPLETED, 0)


def test_an_empty_list_of_executions_is_refused(world: World) -> None:
    with pytest.raises(Refused) as refused:
        world.start_job("job-1", "nobody")
    assert refused.value.reason is Reason.NOTHING_SELECTED


# --------------------------------------------------------------------------------------------- pace and guard


def test_a_ramp_waits_for_its_outcomes(world: World) -> None:
    failed(world, 60)
    world.start_job(pace=RAMP)
    sizes: list[int] = []
    settle = outcomes(world, lambda _: None)

    def note() -> None:
        sizes.append(len(world.aws.sent))
        settle()

    job = world.drive(settle=note)
    assert job.status is JobStatus.COMPLETED
    assert list(dict.fromkeys(sizes)) == [1, 6, 26, 60]


def test_a_ramp_over_an_unfixed_function_halts_after_a_handful(world: World) -> None:
    failed(world, 520)
    world.start_job(pace=RAMP)
    same = '{"errorType":"ValueError","errorMessage":"boom"}'
    job = world.drive(settle=outcomes(world, lambda _: same))
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


def test_a_few_of_another_bug_stop_nobody(world: World) -> None:
    """Wherever they stand: the ramp speaks for all of them."""
    failed(world, 20, response=KEY_ERROR)
    failed(world, 500, first=20)
    world.start_job(pace=RAMP)
    job = world.drive(settle=outcomes(world, lambda name: KEY_ERROR if name < "event-0020" else None))
    assert job.status is JobStatus.COMPLETED
    counts = world.account().counts
    assert (counts.issued, counts.succeeded, counts.failed_same, counts.failed_new) == (520, 500, 20, 0)
    recounted(world, job)


def test_a_new_error_stops_the_job_that_wants_it(world: World) -> None:
    failed(world, 50)
    world.start_job(pace=Pace(rate=100, ramp=(1, 5), guard=Guard(new_group=True)))
    job = world.drive(settle=outcomes(world, lambda _: KEY_ERROR))
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


def test_silence_is_no_failure_where_nobody_confirms_success(world: World) -> None:
    """Without a success destination, a batch of the ramp is over when its failures would have come."""
    failed(world, 8)
    world.functions.known[FUNCTION] = FunctionFacts(
        code="c", version="$LATEST", modified_at=START, timeout=timedelta(seconds=10), retries=1
    )
    world.start_job(pace=Pace(rate=100, ramp=(1, 5), guard=Guard()))
    world.drive(turns=60)
    # A minute's wait for the retry, two runs of ten seconds, and some slack.
    assert len(world.aws.sent) == 8
    assert world.clock() - START < timedelta(minutes=10)
    job = world.drive(settle=lambda: world.sweep())
    assert job.status is JobStatus.COMPLETED
    assert world.account().counts.unconfirmed == 8
    recounted(world, job)


@pytest.mark.parametrize(("rate", "at_least"), [(0.5, 38), (5, 3), (50, 0)])
def test_the_rate_is_kept(world: World, rate: float, at_least: float) -> None:
    failed(world, 20)
    world.start_job(pace=Pace(rate=rate, guard=None))
    times: list[float] = []
    world.aws.meanwhile = lambda: times.append((world.clock() - START).total_seconds())
    world.drive(settle=outcomes(world, lambda _: None))
    assert times[-1] >= at_least
    assert times[-1] <= at_least + 3


# ------------------------------------------------------------------------------------------- what is left out


def test_what_may_not_be_replayed_is_counted_by_its_reason(world: World) -> None:
    names = failed(world, 6)
    world.fails("foreign", arn=OTHER)
    world.fails("dropped", payload=None)
    world.replay(names[0])
    world.replay(names[1])
    world.succeeds(world.execution(names[1]).replays[0].request_id or "")
    decide(world.store, names[2], Decision(verb=Verb.IGNORED, at=START, by="someone"))
    world.start_job(order=Order(not_before=START - timedelta(days=1)))
    world.fails("old", at=START - timedelta(days=2))
    job = world.drive(settle=outcomes(world, lambda _: None))
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
        world.functions.known[FUNCTION] = FunctionFacts(
            code=code, version="$LATEST", modified_at=START, timeout=timedelta(seconds=3)
        )
        run = world.replay("event-1").request_id
        assert run is not None
        world.fails(run)
    assert world.execution("event-1").poisoned
    world.start_job()
    assert world.drive().skipped == {"poisoned": 1}
    world.start_job("job-2", "event-1")
    assert world.drive("job-2", settle=outcomes(world, lambda _: None)).claimed == 1


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
    world.start_job(order=Order(patch=patch))
    job = world.drive(settle=outcomes(world, lambda _: None))
    assert [payload for _, payload in world.aws.sent] == [b'{"order":1.10,"region":"us"}']
    assert job.skipped == {"patch_failed": 1}
    assert world.execution("event-1").replays[0].patched


def test_another_function_and_qualifier(world: World) -> None:
    world.fails("event-1")
    world.start_job(order=Order(function="orders", qualifier="replay"))
    world.drive(settle=outcomes(world, lambda _: None), turns=1)
    assert world.aws.sent[0][0] == f"{FUNCTION}:replay"
    world.fails("event-2")
    world.start_job("job-2", "event-2", order=Order(function="payments"))
    assert world.drive("job-2").skipped == {"not_allow_listed": 1}


# ------------------------------------------------------------------------------------- pause, resume, cancel


def say(verb: JobVerb, world: World) -> JobDecision:
    return JobDecision(verb=verb, at=world.clock(), by="someone")


def test_pause_and_resume(world: World) -> None:
    failed(world, 250)
    world.start_job()
    world.driving().turn("job-1", 1, lambda: True)
    sent = len(world.aws.sent)
    assert 0 < sent <= 100
    world.jobs().decide("job-1", say(JobVerb.PAUSE, world))
    assert world.driving().turn("job-1", 1, lambda: True).done
    assert len(world.aws.sent) == sent
    assert world.job_store.running().jobs == {}
    world.jobs().decide("job-1", say(JobVerb.RESUME, world))
    assert world.runner.started == [("job-1", 1), ("job-1", 2)]
    assert world.driving().turn("job-1", 1, lambda: True).done, "the driver before is not in charge"
    job = world.drive(settle=outcomes(world, lambda _: None))
    assert (job.status, job.claimed, len(world.aws.sent)) == (JobStatus.COMPLETED, 250, 250)
    recounted(world, job)


@pytest.mark.parametrize("verb", [JobVerb.PAUSE, JobVerb.CANCEL])
def test_it_takes_effect_in_the_middle_of_a_turn(world: World, verb: JobVerb) -> None:
    failed(world, 250)
    world.start_job()
    at = iter([verb])

    def meanwhile() -> None:
        for now in at:
            world.jobs().decide("job-1", say(now, world))

    world.aws.meanwhile = meanwhile
    world.drive()
    assert len(world.aws.sent) == 100
    job = world.job()
    assert job.status is {JobVerb.PAUSE: JobStatus.PAUSED, JobVerb.CANCEL: JobStatus.CANCELLED}[verb]
    assert job.claimed == 100
    recounted(world, job)
    outcomes(world, lambda _: None)()
    recounted(world, world.job())


def test_a_job_that_is_paused_while_it_selects_goes_on_selecting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lambda_replay.use_cases.job_driving._SELECTED_AT_ONCE", 50)
    failed(world, 250)
    world.start_job()
    world.driving().turn("job-1", 1, lambda: True)
    assert not world.job().frozen
    world.jobs().decide("job-1", say(JobVerb.PAUSE, world))
    world.jobs().decide("job-1", say(JobVerb.RESUME, world))
    job = world.drive(settle=outcomes(world, lambda _: None))
    assert (job.selected, job.claimed) == (250, 250)


def test_what_has_ended_stays_ended(world: World) -> None:
    failed(world, 1)
    world.start_job()
    world.jobs().decide("job-1", say(JobVerb.CANCEL, world))
    for verb in (JobVerb.PAUSE, JobVerb.RESUME, JobVerb.CANCEL):
        world.clock.pass_(timedelta(seconds=1))
        with pytest.raises(Refused) as refused:
            world.jobs().decide("job-1", say(verb, world))
        assert refused.value.reason is Reason.JOB_ENDED
    with pytest.raises(Refused) as refused:
        world.jobs().decide("job-2", say(JobVerb.PAUSE, world))
    assert refused.value.reason is Reason.JOB_NOT_FOUND


# ------------------------------------------------------------------------------------ keys, and how many may
# run


def test_the_same_key_starts_one_job(world: World) -> None:
    failed(world, 2)
    first = world.start_job()
    assert world.start_job().id == first.id
    assert world.runner.started == [("job-1", 1)]
    with pytest.raises(Refused) as refused:
        world.start_job(digest="another")
    assert refused.value.reason is Reason.IDEMPOTENCY_KEY_REUSED


def test_a_job_whose_start_died_is_started_by_the_same_key(world: World) -> None:
    failed(world, 2)
    start = world.runner.start

    def dies(job: Job) -> None:
        raise OSError("gone")

    world.runner.start = dies  # type: ignore[method-assign]
    with pytest.raises(OSError, match="gone"):
        world.start_job()
    world.runner.start = start  # type: ignore[method-assign]
    world.start_job()
    assert world.runner.started == [("job-1", 1)]


def test_only_so_many_jobs_run_for_a_function(world: World) -> None:
    failed(world, 5)
    world.fails("foreign", arn=OTHER)
    world.start_job("a", "event-0000")
    world.start_job("b", "event-0001")
    with pytest.raises(Refused, match=r"^a, b for orders: as many jobs") as refused:
        world.start_job("c", "event-0002")
    assert refused.value.reason is Reason.JOB_LIMIT
    assert world.start_job("d", "foreign").functions == ("payments",)
    assert world.start_job("e").functions == (ANY,)
    world.jobs().decide("a", say(JobVerb.PAUSE, world))
    world.start_job("c", "event-0002")
    with pytest.raises(Refused) as refused:
        world.jobs().decide("a", say(JobVerb.RESUME, world))
    assert refused.value.reason is Reason.JOB_LIMIT
    world.jobs().decide("b", say(JobVerb.CANCEL, world))
    assert world.jobs().decide("a", say(JobVerb.RESUME, world)).status is JobStatus.RUNNING


# ------------------------------------------------------------------------------------------------- what dies


class Died(BaseException):
    """The process, not the call."""


@pytest.mark.parametrize("at", [1, 2, 7, 24, 25, 26, 60])
def test_a_driver_that_dies_between_invokes_leaves_nothing_unaccounted(world: World, at: int) -> None:
    failed(world, 60)
    world.start_job()

    def answer(number: int) -> InvokeAnswer:
        if number == at:
            raise Died
        return Accepted(f"run-{number}")

    world.aws.answer = answer
    with pytest.raises(Died):
        world.drive()
    job = world.job()
    assert job.slice is not None
    recounted(world, job)
    settle = outcomes(world, lambda _: None)

    def pass_by() -> None:
        settle()
        world.sweep()

    job = world.drive(settle=pass_by)
    assert job.status is JobStatus.COMPLETED
    counts = world.account().counts
    assert (job.selected, job.claimed) == (60, 60)
    assert counts.uncertain >= 1
    assert counts.uncertain + counts.succeeded == 60
    recounted(world, job)
    payloads = len(world.aws.sent)
    assert payloads == 60 - (counts.uncertain - 1) + (at - (at - 1) // 25 * 25 - 1), "none was sent twice"


def test_a_driver_that_went_silent_is_replaced(world: World) -> None:
    failed(world, 150)
    world.start_job()
    world.driving().turn("job-1", 1, lambda: True)
    world.wait(timedelta(minutes=10))
    assert world.runner.started == [("job-1", 1), ("job-1", 2)]
    assert world.counts[Count.JOB_STALLED] == 1
    job = world.drive(settle=outcomes(world, lambda _: None))
    assert (job.status, job.claimed) == (JobStatus.COMPLETED, 150)


def test_a_job_that_nobody_drives_says_so_and_makes_room(world: World) -> None:
    failed(world, 150)
    world.start_job()
    for _ in range(4):
        world.wait(timedelta(minutes=10))
    job = world.job()
    assert job.status is JobStatus.HALTED
    assert job.decisions[-1].reason == "no progress: it was driven on 3 times, and nothing was heard of it"
    assert world.job_store.running().jobs == {}
    assert "Job halted: job-1" in [subject for subject, _ in world.mailbox.messages]


def test_a_slice_left_open_by_a_cancelled_job_is_closed(world: World) -> None:
    failed(world, 60)
    world.start_job()

    def answer(number: int) -> InvokeAnswer:
        if number == 30:
            raise Died
        return Accepted(f"run-{number}")

    world.aws.answer = answer
    with pytest.raises(Died):
        world.drive()
    world.jobs().decide("job-1", say(JobVerb.CANCEL, world))
    recounted(world, world.job())
    world.wait(timedelta(minutes=10))
    job = world.job()
    assert job.slice is None
    assert job.claimed == 50
    recounted(world, job)


def test_lost_answers_are_counted_apart(world: World) -> None:
    failed(world, 10)
    world.aws.answer = lambda number: Unanswered() if number % 2 else Accepted(f"run-{number}")
    world.start_job()
    job = world.drive(settle=outcomes(world, lambda _: None))
    counts = world.account().counts
    assert (counts.issued, counts.uncertain, counts.succeeded) == (10, 5, 5)
    recounted(world, job)


def test_an_outcome_may_be_faster_than_everything(world: World) -> None:
    failed(world, 30)
    world.start_job()

    def answer(number: int) -> InvokeAnswer:
        run = f"run-{number}"
        world.arrives(
            record_text(run, condition="Success", response="null") if number % 2 else record_text(run)
        )
        return Accepted(run)

    world.aws.answer = answer
    job = world.drive()
    counts = world.account().counts
    assert (job.status, counts.succeeded, counts.failed_same) == (JobStatus.COMPLETED, 15, 15)
    recounted(world, job)


def test_late_outcomes_are_counted_after_the_end(world: World) -> None:
    failed(world, 3)
    world.start_job()
    world.drive(settle=lambda: world.sweep())
    assert world.account().counts.unconfirmed == 3
    outcomes(world, lambda name: KEY_ERROR if name == "event-0000" else None)()
    counts = world.account().counts
    assert (counts.unconfirmed, counts.succeeded, counts.failed_new) == (0, 2, 1)
    recounted(world, world.job())


# ------------------------------------------------------------------------------------------------ the groups


def group_of(world: World, name: str) -> str:
    return world.execution(name).first_failure.group


def test_a_group_that_recovered_altogether_is_resolved(world: World) -> None:
    names = failed(world, 30)
    fingerprint = group_of(world, names[0])
    world.start_job()
    world.drive(
        settle=outcomes(
            world,
            lambda name: None if name != names[4] else '{"errorType":"ValueError","errorMessage":"boom"}',
        )
    )
    world.wait(timedelta(minutes=3))
    assert world.group(fingerprint).status is GroupStatus.OPEN
    run = world.replay(names[4]).request_id
    assert run is not None
    world.succeeds(run)
    world.wait(timedelta(minutes=3))
    group = world.group(fingerprint)
    assert group.status is GroupStatus.RESOLVED
    assert group.decision is not None
    assert (group.decision.by, group.decision.reason) == (
        "lambda-replay:sweep",
        "all its failures recovered (30)",
    )
    world.clock.pass_(timedelta(minutes=1))
    world.fails("again", at=world.clock())
    assert world.group(fingerprint).status is GroupStatus.REGRESSED


def test_a_large_group_is_looked_through_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambda_replay.use_cases.recovery._MOST", 200)
    names = failed(world, 450)
    world.start_job()
    world.drive(settle=outcomes(world, lambda _: None))
    world.clock.pass_(timedelta(minutes=3))
    world.sweep()
    assert world.group(group_of(world, names[0])).status is GroupStatus.OPEN
    for _ in range(2):
        world.sweep()
    group = world.group(group_of(world, names[0]))
    assert group.decision is not None
    assert group.decision.reason == "all its failures recovered (450)"


def test_an_outcome_tells_the_request_id_of_a_claim_whose_acceptance_was_not_written(world: World) -> None:
    """The driver died between the link and the acceptance."""
    failed(world, 1)
    world.start_job()
    advance = world.store.advance
    calls: list[int] = []

    def dies(executions: Collection[Execution]) -> set[str]:
        calls.append(len(executions))
        if len(calls) == 2:
            raise Died
        return advance(executions)

    world.store.advance = dies  # type: ignore[method-assign]
    with pytest.raises(Died):
        world.drive()
    world.fails("run-1")
    [attempt] = world.execution("event-0000").replays
    assert (attempt.status, attempt.request_id) == (ReplayStatus.FAILED, "run-1")
    recounted(world, world.job())
