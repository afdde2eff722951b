"""Items to domain objects and back."""

import zlib
from datetime import UTC, datetime, timedelta

from lambda_replay.adapters.dynamodb.items import (
    ENTRY,
    ContestMap,
    DecisionMap,
    EarlySuccessItem,
    ExecutionItem,
    FactMap,
    FailureMap,
    LinkItem,
    ReplayMap,
    RetryMap,
    RunOfMap,
    TableItem,
    UncertainReplayMap,
    UncertainReplaysItem,
)
from lambda_replay.domain.arn import FunctionArn
from lambda_replay.domain.entry import EarlySuccess, Entry, Link, UncertainReplay, UncertainReplays
from lambda_replay.domain.execution import Decision, DueFor, Execution, Payload, RunOf, Verb
from lambda_replay.domain.failure import Failure
from lambda_replay.domain.filter import Position
from lambda_replay.domain.identity import Contest, Difference
from lambda_replay.domain.inlet import Inlet
from lambda_replay.domain.origin import Origin
from lambda_replay.domain.reasons import Reason
from lambda_replay.domain.replay import Fact, Replay, ReplayMode, ReplayStatus, Trigger
from lambda_replay.domain.retry import RetryRule

DUE_SHARDS: dict[DueFor, tuple[str, ...]] = {
    DueFor.OUTCOME: tuple(f"due-{number}" for number in range(8)),
    DueFor.RETRY: tuple(f"retries-{number}" for number in range(8)),
    DueFor.LEASE: tuple(f"leases-{number}" for number in range(8)),
    DueFor.ALERT: ("alerts-0",),
}


def text(at: datetime) -> str:
    """UTC with milliseconds, so that texts sort as times do."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seen(failed_at: datetime, execution_id: str) -> str:
    """The lists' sort key: time, then id, so that no two are equal."""
    return f"{text(failed_at)}#{execution_id}"


def position(listed: str) -> Position:
    """A list's sort key read back."""
    at, _, name = listed.partition("#")
    return Position(from_text(at), name)


def month(at: datetime) -> str:
    return text(at)[:7]


def to_item(entry: Entry) -> TableItem:
    match entry:
        case Execution():
            item: TableItem = _execution_item(entry)
        case Link():
            item = _link_item(entry)
        case EarlySuccess():
            item = _early_success_item(entry)
        case UncertainReplays():
            item = _uncertain_item(entry)
    if entry.version:
        item.version = entry.version
    return item


def to_entry(item: TableItem) -> Entry:
    """Raises `TypeError` for an item that is no entry."""
    match item:
        case ExecutionItem():
            return _execution(item)
        case LinkItem():
            fact = item.fact
            return Link(
                id=item.id,
                execution_id=item.execution,
                number=int(item.number),
                expires_at=from_epoch(item.expires_at),
                fact=None if fact is None else _fact(fact),
                version=_version(item),
            )
        case EarlySuccessItem():
            return EarlySuccess(
                id=item.id,
                at=from_text(item.at),
                expires_at=from_epoch(item.expires_at),
                version=_version(item),
            )
        case UncertainReplaysItem():
            return UncertainReplays(
                id=item.id,
                replays=tuple(
                    UncertainReplay(
                        execution_id=one.execution,
                        number=int(one.number),
                        since=from_text(one.since),
                        until=from_text(one.until),
                    )
                    for one in item.replays
                ),
                expires_at=from_epoch(item.expires_at),
                version=_version(item),
            )
        case _:
            raise TypeError(f"item {item.id} is no entry")


def _execution_item(execution: Execution) -> ExecutionItem:
    payload, due = execution.payload, execution.due_at
    return ExecutionItem(
        id=execution.id,
        part=ENTRY,
        expires_at=epoch(execution.expires_at),
        month=month(execution.failed_at),
        function=execution.function.name,
        group=execution.failure.group,
        seen=seen(execution.failed_at, execution.id),
        due_shard=None if due is None else _shard(execution),
        due_at=None if due is None else text(due),
        arn=str(execution.function),
        stored_at=text(execution.stored_at),
        failure=_failure_map(execution.first_failure),
        size=None if payload is None else payload.size,
        sha256=None if payload is None else bytes.fromhex(payload.sha256),
        unreplayable=execution.unreplayable,
        inlet=execution.inlet,
        origin=None if execution.origin is Origin.UNVERIFIED else execution.origin,
        contests=[ContestMap(other=one.other, differs=",".join(one.differs)) for one in execution.contests]
        or None,
        alert_due=execution.alert_due or None,
        run_of=None
        if execution.probable_run_of is None
        else RunOfMap(
            execution=execution.probable_run_of.execution_id, number=execution.probable_run_of.number
        ),
        replays=[_replay_map(attempt) for attempt in execution.replays] or None,
        decisions=[_decision_map(decision) for decision in execution.decisions] or None,
        postponed_to=_maybe_text(execution.postponed_to),
    )


def advancing_item(execution: Execution) -> ExecutionItem:
    """What replaying changes of it, under its key and version; the rest of the item is not there."""
    due = execution.due_at
    return ExecutionItem(
        id=execution.id,
        part=ENTRY,
        version=execution.version,
        expires_at=epoch(execution.expires_at),
        due_shard=None if due is None else _shard(execution),
        due_at=None if due is None else text(due),
        replays=[_replay_map(attempt) for attempt in execution.replays] or None,
        decisions=[_decision_map(decision) for decision in execution.decisions] or None,
        postponed_to=_maybe_text(execution.postponed_to),
    )


def planning_item(execution: Execution) -> ExecutionItem:
    """As `advancing_item`, with the first failure, which may hold the rule of automatic replays."""
    item = advancing_item(execution)
    item.failure = _failure_map(execution.first_failure)
    return item


def _execution(item: ExecutionItem) -> Execution:
    return Execution(
        id=item.id,
        function=FunctionArn.parse(item.arn),
        first_failure=_failure(item.failure),
        stored_at=from_text(item.stored_at),
        expires_at=from_epoch(item.expires_at),
        payload=None
        if item.size is None or item.sha256 is None
        else Payload(size=int(item.size), sha256=item.sha256.hex()),
        unreplayable=None if item.unreplayable is None else Reason(item.unreplayable),
        inlet=Inlet(item.inlet),
        origin=Origin.UNVERIFIED if item.origin is None else Origin(item.origin),
        contests=tuple(
            Contest(other=one.other, differs=tuple(Difference(name) for name in one.differs.split(",")))
            for one in item.contests or []
        ),
        alert_due=bool(item.alert_due),
        probable_run_of=None
        if item.run_of is None
        else RunOf(execution_id=item.run_of.execution, number=int(item.run_of.number)),
        replays=tuple(_replay(number, attempt) for number, attempt in enumerate(item.replays or [], start=1)),
        decisions=tuple(
            Decision(verb=Verb(d.verb), at=from_text(d.at), by=d.by, reason=d.why, until=_maybe(d.until))
            for d in item.decisions or []
        ),
        postponed_to=_maybe(item.postponed_to),
        version=_version(item),
    )


def _link_item(link: Link) -> LinkItem:
    return LinkItem(
        id=link.id,
        part=ENTRY,
        expires_at=epoch(link.expires_at),
        execution=link.execution_id,
        number=link.number,
        fact=None
        if link.fact is None
        else FactMap(
            status=link.fact.status,
            at=text(link.fact.at),
            failure=None if link.fact.failure is None else _failure_map(link.fact.failure),
        ),
    )


def _early_success_item(entry: EarlySuccess) -> EarlySuccessItem:
    return EarlySuccessItem(id=entry.id, part=ENTRY, expires_at=epoch(entry.expires_at), at=text(entry.at))


def _uncertain_item(entry: UncertainReplays) -> UncertainReplaysItem:
    return UncertainReplaysItem(
        id=entry.id,
        part=ENTRY,
        expires_at=epoch(entry.expires_at),
        replays=[
            UncertainReplayMap(
                execution=one.execution_id,
                number=one.number,
                since=text(one.since),
                until=text(one.until),
            )
            for one in entry.replays
        ],
    )


def _failure_map(failure: Failure) -> FailureMap:
    return FailureMap(
        condition=failure.condition,
        count=failure.invoke_count,
        ran=failure.executed_version,
        at=text(failure.at),
        type=failure.error_type,
        title=failure.title,
        category=failure.category,
        verdict=failure.verdict,
        rule=failure.rule,
        confidence=failure.confidence,
        group=failure.group,
        rules=failure.rules,
        retry=None if failure.retry is None else retry_map(failure.retry),
    )


def _failure(item: FailureMap) -> Failure:
    return Failure(
        condition=item.condition,
        invoke_count=None if item.count is None else int(item.count),
        executed_version=item.ran,
        at=from_text(item.at),
        error_type=item.type,
        title=item.title,
        category=item.category,
        verdict=item.verdict,
        rule=item.rule,
        confidence=float(item.confidence),
        group=item.group,
        rules=None if item.rules is None else int(item.rules),
        retry=None if item.retry is None else to_retry(item.retry),
    )


def retry_map(rule: RetryRule) -> RetryMap:
    return RetryMap(
        attempts=rule.attempts,
        base=rule.base.total_seconds(),
        cap=rule.cap.total_seconds(),
        oldest=rule.oldest.total_seconds(),
        idempotent=rule.idempotent or None,
        unverified_origin=rule.unverified_origin or None,
        qualifier=rule.qualifier,
    )


def to_retry(item: RetryMap) -> RetryRule:
    return RetryRule(
        attempts=int(item.attempts),
        base=timedelta(seconds=float(item.base)),
        cap=timedelta(seconds=float(item.cap)),
        oldest=timedelta(seconds=float(item.oldest)),
        idempotent=bool(item.idempotent),
        unverified_origin=bool(item.unverified_origin),
        qualifier=item.qualifier,
    )


def _replay_map(attempt: Replay) -> ReplayMap:
    return ReplayMap(
        claim=attempt.claim_id,
        mode=attempt.mode,
        target=str(attempt.target),
        by=attempt.by,
        why=attempt.reason,
        key=attempt.idempotency_key,
        claimed=text(attempt.claimed_at),
        lease=text(attempt.lease_expires_at),
        trigger=None if attempt.trigger is Trigger.MANUAL else attempt.trigger,
        job=attempt.job,
        code=attempt.code,
        patched=attempt.patched or None,
        sent=attempt.sent_sha256,
        status=attempt.status,
        run=attempt.request_id,
        accepted=_maybe_text(attempt.accepted_at),
        closes=_maybe_text(attempt.window_closes_at),
        linked=attempt.linked or None,
        ended=_maybe_text(attempt.ended_at),
        rejection=attempt.rejection,
        failure=None if attempt.failure is None else _failure_map(attempt.failure),
    )


def _replay(number: int, item: ReplayMap) -> Replay:
    return Replay(
        number=number,
        claim_id=item.claim,
        mode=ReplayMode(item.mode),
        target=FunctionArn.parse(item.target),
        by=item.by,
        reason=item.why,
        idempotency_key=item.key,
        claimed_at=from_text(item.claimed),
        lease_expires_at=from_text(item.lease),
        trigger=Trigger.MANUAL if item.trigger is None else Trigger(item.trigger),
        job=item.job,
        code=item.code,
        patched=bool(item.patched),
        sent_sha256=item.sent,
        status=ReplayStatus(item.status),
        request_id=item.run,
        accepted_at=_maybe(item.accepted),
        window_closes_at=_maybe(item.closes),
        linked=bool(item.linked),
        ended_at=_maybe(item.ended),
        rejection=None if item.rejection is None else Reason(item.rejection),
        failure=None if item.failure is None else _failure(item.failure),
    )


def _decision_map(decision: Decision) -> DecisionMap:
    return DecisionMap(
        verb=decision.verb,
        at=text(decision.at),
        by=decision.by,
        why=decision.reason,
        until=_maybe_text(decision.until),
    )


def _fact(item: FactMap) -> Fact:
    return Fact(
        status=ReplayStatus(item.status),
        at=from_text(item.at),
        failure=None if item.failure is None else _failure(item.failure),
    )


def epoch(at: datetime) -> int:
    """Whole seconds, as DynamoDB's time to live wants them."""
    return int(at.timestamp())


def from_epoch(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def from_text(value: str) -> datetime:
    """What `text` wrote."""
    return datetime.fromisoformat(value)


def _maybe(value: str | None) -> datetime | None:
    return None if value is None else from_text(value)


def _maybe_text(at: datetime | None) -> str | None:
    return None if at is None else text(at)


def _version(item: TableItem) -> int:
    return int(item.version or 0)


def _shard(execution: Execution) -> str:
    due = execution.due
    shards = DUE_SHARDS[DueFor.OUTCOME if due is None else due[1]]
    return shards[zlib.crc32(execution.id.encode()) % len(shards)]
