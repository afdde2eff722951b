"""No execution and no group outgrows the 400 KB that an item may have, whatever senders and operators write
(DynamoDB developer guide, "Service, account, and table quotas")."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from lambda_replay.adapters.dynamodb.executions.mapping import to_item
from lambda_replay.adapters.dynamodb.groups.mapping import group_item
from lambda_replay.domain.executions.execution import Decision, Execution, Forgotten, Payload, RunOf, Verb
from lambda_replay.domain.executions.failure import Failure
from lambda_replay.domain.executions.identity import Contest, Difference
from lambda_replay.domain.executions.replay import Replay, ReplayMode, ReplayStatus, Trigger
from lambda_replay.domain.executions.retry_rule import RetryRule
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.groups.group import MOST_MEMBERS, Group, GroupDecision, GroupVerb
from lambda_replay.domain.refusals import Reason

LIMIT = 400 * 1024
AT = datetime(2026, 1, 31, 9, 0, 0, 123456, tzinfo=UTC)
# The longest that the API takes, in signs of four bytes; the longest ARN of a user has a path of 512.
REASON = "\U0001f525" * 256
BY = f"arn:aws-us-gov:iam::123456789012:user/{'p' * 510}/{'u' * 64}"
FUNCTION = FunctionArn("aws-us-gov", "us-gov-east-1", "123456789012", "f" * 140, "q" * 128)
ID = "r" * 128
# Of MaximumReplays, the most that the template takes.
MOST_REPLAYS = 100


def failure() -> Failure:
    day = timedelta(days=7)
    return Failure(
        condition="c" * 256,
        invoke_count=10**6,
        executed_version="v" * 256,
        at=AT,
        error_type="\U0001f525" * 300,
        title="\U0001f525" * 160,
        category="transient_dependency",
        verdict="after_fix",
        rule="r" * 128,
        confidence=0.123456789,
        group="0" * 32,
        rules=10**6,
        retry=RetryRule(
            attempts=20, base=day, cap=day, oldest=day, idempotent=True, unverified_origin=True,
            qualifier="q" * 128,
        ),
    )  # fmt: skip


def replay(number: int) -> Replay:
    return Replay(
        number=number,
        claim_id="c" * 32,
        mode=ReplayMode.IF_NOT_REPLAYED,
        target=FUNCTION,
        by=BY,
        reason=REASON,
        idempotency_key="k" * 128,
        claimed_at=AT,
        lease_expires_at=AT,
        trigger=Trigger.AUTOMATIC,
        job="j" * 64,
        code="c" * 64,
        patched=True,
        sent_sha256="0" * 64,
        asked="0" * 64,
        status=ReplayStatus.FAILED,
        request_id=ID,
        accepted_at=AT,
        window_closes_at=AT,
        linked=True,
        ended_at=AT,
        failure=failure(),
    )


def largest() -> Execution:
    differs = (Difference.FUNCTION, Difference.PAYLOAD)
    execution = Execution(
        id=ID,
        function=FUNCTION,
        first_failure=failure(),
        stored_at=AT,
        expires_at=AT,
        payload=Payload(size=10**6, sha256="0" * 64),
        unreplayable=Reason.PAYLOAD_FORGOTTEN,
        alert_due=True,
        probable_run_of=RunOf(execution_id=ID, number=100),
        postponed_to=AT,
        forgotten=Forgotten(at=AT, by=BY, reason=REASON),
    )
    for number in range(1, MOST_REPLAYS + 1):
        claimed = replace(replay(number), status=ReplayStatus.CLAIMED, mode=ReplayMode.FORCE, failure=None)
        execution = replace(execution, unreplayable=None).claim(claimed, maximum=MOST_REPLAYS)
        execution = replace(execution, replays=(*execution.replays[:-1], replay(number)))
    execution = replace(execution, unreplayable=Reason.PAYLOAD_FORGOTTEN)
    for number in range(40):
        other = f"{number:03}{ID[3:]}.{'0' * 16}"
        execution = execution.contested_by(Contest(other=other, differs=differs))
        execution = execution.decide(
            Decision(verb=Verb.CONFIRMED, at=AT + timedelta(minutes=number), by=BY, reason=REASON, until=AT)
        )
    return execution


def size(typed: dict[str, Any]) -> int:
    """Of an attribute's value ("Item sizes and formats" of the developer guide; a number counts as its text,
    which is more than it takes)."""
    [(kind, value)] = typed.items()
    match kind:
        case "S" | "N":
            return len(value.encode())
        case "B":
            return len(value)
        case "M":
            return 3 + sum(1 + len(name.encode()) + size(one) for name, one in value.items())
        case "L":
            return 3 + sum(1 + size(one) for one in value)
        case "SS":
            return 3 + sum(1 + len(one.encode()) for one in value)
        case _:
            return 1


def stored(item: Any) -> int:
    return sum(len(name) + size(value) for name, value in item.serialize(null_check=False).items())


def test_the_largest_execution_fits() -> None:
    execution = largest()
    assert len(execution.decisions) == len(execution.contests) == 10
    assert len(execution.replays) == MOST_REPLAYS
    bytes_ = stored(to_item(execution))
    assert 0.5 * LIMIT < bytes_ < LIMIT, bytes_


def test_a_history_that_grows_further_drops_its_oldest_decisions() -> None:
    execution = largest()
    newest = Decision(verb=Verb.CONFIRMED, at=AT + timedelta(days=1), by=BY, reason=REASON)
    longer = execution.decide(newest)
    assert longer.decisions == (*execution.decisions[1:], newest)
    assert stored(to_item(longer)) <= stored(to_item(execution))


def test_the_largest_group_fits() -> None:
    decision = GroupDecision(
        verb=GroupVerb.MERGED, at=AT, by=BY, reason=REASON, until=AT, until_count=10**9, other="0" * 64
    )
    group = Group(
        fingerprint="0" * 64,
        algorithm=3,
        function="f" * 140,
        title="\U0001f525" * 160,
        category="transient_dependency",
        verdict="after_fix",
        count=10**12,
        first_seen=AT,
        last_seen=AT,
        active_at=AT,
        expires_at=AT,
        decision=decision,
        head="0" * 64,
        members=tuple(f"{number:064}" for number in range(MOST_MEMBERS)),
    )
    assert stored(group_item(group)) < LIMIT / 10
    # Its notes are items of their own.
    assert stored(group_item(replace(group, decision=None))) < stored(group_item(group))
