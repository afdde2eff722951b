"""When an execution is replayed automatically: whatever happens to it, within its rule."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lambda_replay.domain.executions.execution import MAY_BE_A_REPLAYS, Decision, Execution, Payload, Verb
from lambda_replay.domain.executions.failure import Failure
from lambda_replay.domain.executions.replay import Fact, Replay, ReplayMode, ReplayStatus, Trigger
from lambda_replay.domain.executions.retry_rule import RetryRule
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.intake.origin import Origin
from lambda_replay.domain.refusals import Reason
from tests.support.world.service import FUNCTION, LIMITS, START

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RULE = RetryRule(attempts=3, base=MINUTE, cap=HOUR, oldest=DAY)

rules = st.builds(
    RetryRule,
    attempts=st.integers(1, 20),
    base=st.timedeltas(timedelta(seconds=1), DAY),
    cap=st.timedeltas(DAY, 7 * DAY),
    oldest=st.timedeltas(5 * MINUTE, 30 * DAY),
    idempotent=st.booleans(),
)
outcomes = st.sampled_from([status for status in ReplayStatus if status is not ReplayStatus.CLAIMED])
triggers = st.sampled_from(Trigger)


def failure(rule: RetryRule | None, at: datetime = START) -> Failure:
    return Failure(
        condition="RetriesExhausted", invoke_count=3, executed_version="7", at=at, error_type="KeyError",
        title="KeyError", category="throttling", verdict="as_is", rule="throttled", confidence=0.9,
        group="f" * 32, retry=rule,
    )  # fmt: skip


def execution(rule: RetryRule | None = RULE) -> Execution:
    return Execution(
        id="event-1",
        function=FunctionArn.parse(FUNCTION),
        first_failure=failure(rule),
        stored_at=START + timedelta(seconds=1),
        expires_at=START + 30 * DAY,
        payload=Payload(size=4, sha256="ab" * 32),
        origin=Origin.VERIFIED,
    )


def replayed(
    before: Execution, outcome: ReplayStatus, trigger: Trigger, at: datetime, code: str | None = None
) -> Execution:
    number = len(before.replays) + 1
    attempt = Replay(
        number=number, claim_id=f"claim-{number}", mode=ReplayMode.FORCE, target=before.function, by="ops",
        reason=None, idempotency_key=None, claimed_at=at, lease_expires_at=at + LIMITS.lease,
        trigger=trigger, code=code,
    )  # fmt: skip
    claimed = replace(before, replays=(*before.replays, attempt))
    failed = failure(before.failure.retry, at) if outcome is ReplayStatus.FAILED else None
    return claimed.learn(number, Fact(status=outcome, at=at, failure=failed, reason=Reason.THROTTLED))


@given(rule=rules, attempt=st.integers(0, 10_000), seed=st.text())
def test_the_wait_is_within_its_bounds_and_always_the_same(rule: RetryRule, attempt: int, seed: str) -> None:
    wait = rule.backoff(attempt, seed)
    assert timedelta() <= wait <= rule.cap
    assert wait <= rule.base * 2.0 ** min(attempt, 20)
    assert rule.backoff(attempt, seed) == wait


def test_the_waits_are_spread_over_all_of_the_bound() -> None:
    waits = [RULE.backoff(2, f"event-{number}") / (4 * MINUTE) for number in range(1000)]
    tenths = [sum(tenth / 10 <= wait < (tenth + 1) / 10 for wait in waits) for tenth in range(10)]
    assert min(tenths) > 60
    assert sum(tenths) == 1000


@given(rule=rules, story=st.lists(st.tuples(outcomes, triggers, st.timedeltas(MINUTE, DAY)), max_size=25))
def test_no_automatic_replay_beyond_the_rule(
    rule: RetryRule, story: list[tuple[ReplayStatus, Trigger, timedelta]]
) -> None:
    reported, at = execution(rule), START
    for outcome, trigger, later in story:
        due = reported.retry_at
        if due is not None:
            automatic = [a for a in reported.replays if a.trigger is Trigger.AUTOMATIC]
            uncertain = any(a.status is ReplayStatus.UNCERTAIN for a in reported.replays)
            assert len(automatic) < rule.attempts
            assert rule.idempotent or not uncertain
            assert reported.stored_at + MAY_BE_A_REPLAYS <= due <= reported.failed_at + rule.oldest
            assert reported.due_at == due
        # Anyone who is asked by a person goes; automatic ones when they are due.
        if trigger is Trigger.AUTOMATIC and due is None:
            continue
        at = max(at + later, due or START)
        reported = replayed(reported, outcome, trigger, at)
    assert sum(a.trigger is Trigger.AUTOMATIC for a in reported.replays) <= rule.attempts


def test_a_failure_that_may_be_a_replays_is_left_alone_until_that_is_known() -> None:
    reported = execution(replace(RULE, base=timedelta(seconds=1)))
    assert reported.retry_at == reported.stored_at + MAY_BE_A_REPLAYS


def test_what_stands_in_the_way() -> None:
    reported = execution()
    assert reported.retry_at is not None
    assert execution(None).retry_at is None
    assert replace(reported, unreplayable=Reason.STREAM_BATCH).retry_at is None
    ignored = reported.decide(Decision(verb=Verb.IGNORED, at=START, by="ops"))
    assert ignored.retry_at is None
    assert replayed(reported, ReplayStatus.ACCEPTED, Trigger.MANUAL, START).retry_at is None
    assert replayed(reported, ReplayStatus.SUCCEEDED, Trigger.MANUAL, START).retry_at is None
    assert replayed(reported, ReplayStatus.UNCONFIRMED, Trigger.MANUAL, START).retry_at is None
    assert replayed(reported, ReplayStatus.REJECTED, Trigger.MANUAL, START).retry_at is not None


def test_a_persons_replay_after_an_uncertain_one_doesnt_lift_the_doubt() -> None:
    doubtful = replayed(execution(), ReplayStatus.UNCERTAIN, Trigger.AUTOMATIC, START + HOUR)
    again = replayed(doubtful, ReplayStatus.FAILED, Trigger.MANUAL, START + 2 * HOUR)
    assert again.retry_at is None
    idempotent = replayed(
        execution(replace(RULE, idempotent=True)), ReplayStatus.UNCERTAIN, Trigger.AUTOMATIC, START + HOUR
    )
    assert idempotent.retry_at is not None


def test_a_poisoned_one_is_left_alone() -> None:
    reported = execution(replace(RULE, attempts=20))
    for hour, code in enumerate("aab"):
        assert reported.retry_at is not None
        reported = replayed(reported, ReplayStatus.FAILED, Trigger.MANUAL, START + hour * HOUR, code)
    assert reported.poisoned
    assert reported.retry_at is None


def test_postponing_holds_it_back_but_not_beyond_its_age() -> None:
    reported = execution()
    assert replace(reported, postponed_to=START + HOUR).retry_at == START + HOUR
    assert replace(reported, postponed_to=START).retry_at == reported.retry_at
    assert replace(reported, postponed_to=START + DAY + MINUTE).retry_at is None


def test_a_plan_is_changed_where_the_current_failure_is() -> None:
    reported = execution()
    assert reported.planned(RULE) is reported
    assert reported.planned(None).retry_at is None
    assert reported.planned(None).first_failure.retry is None
    failed = replayed(reported, ReplayStatus.FAILED, Trigger.AUTOMATIC, START + HOUR)
    later = replayed(failed, ReplayStatus.REJECTED, Trigger.MANUAL, START + 2 * HOUR)
    assert later.retry_at is not None
    without = later.planned(None)
    assert without.retry_at is None
    assert without.first_failure.retry == RULE
    assert without.replays[0].failure == failure(None, START + HOUR)
