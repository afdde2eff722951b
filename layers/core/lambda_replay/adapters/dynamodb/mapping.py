"""Items to domain objects and back."""

import zlib
from datetime import UTC, datetime, timedelta

from lambda_replay.adapters.dynamodb.items import (
    ENTRY,
    DecisionMap,
    EarlySuccessItem,
    ExecutionItem,
    FactMap,
    FailureMap,
    LinkItem,
    ReplayMap,
    RetryMap,
    TableItem,
)
from lambda_replay.adapters.dynamodb.stored import keeping
from lambda_replay.domain.arn import FunctionArn
from lambda_replay.domain.entry import EarlySuccess, Entry, Link
from lambda_replay.domain.execution import Decision, Execution, Payload, Verb
from lambda_replay.domain.failure import Failure
from lambda_replay.domain.filter import Position
from lambda_replay.domain.inlet import Inlet
from lambda_replay.domain.reasons import Reason
from lambda_replay.domain.replay import Fact, Replay, ReplayMode, ReplayStatus, Trigger
from lambda_replay.domain.retry import RetryRule
from lambda_replay.domain.unknown import known_or_kept

DUE_SHARDS = tuple(f"due-{number}" for number in range(8))
RETRY_SHARDS = tuple(f"retries-{number}" for number in range(8))


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
        unreplayable=None if item.unreplayable is None else known_or_kept(Reason, item.unreplayable),
        inlet=known_or_kept(Inlet, item.inlet),
        replays=tuple(_replay(number, attempt) for number, attempt in enumerate(item.replays or [], start=1)),
        decisions=tuple(
            Decision(
                verb=Verb(d.verb),
                at=from_text(d.at),
                by=d.by,
                reason=d.why,
                until=_maybe(d.until),
                unknown=d.unknown,
            )
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
        fact=None if link.fact is None else _fact_map(link.fact),
    )


def _fact_map(fact: Fact) -> FactMap:
    item = FactMap(
        status=fact.status,
        at=text(fact.at),
        failure=None if fact.failure is None else _failure_map(fact.failure),
    )
    return keeping(item, fact.unknown)


def _early_success_item(entry: EarlySuccess) -> EarlySuccessItem:
    return EarlySuccessItem(id=entry.id, part=ENTRY, expires_at=epoch(entry.expires_at), at=text(entry.at))


def _failure_map(failure: Failure) -> FailureMap:
    item = FailureMap(
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
    return keeping(item, failure.unknown)


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
        unknown=item.unknown,
    )


def retry_map(rule: RetryRule) -> RetryMap:
    item = RetryMap(
        attempts=rule.attempts,
        base=rule.base.total_seconds(),
        cap=rule.cap.total_seconds(),
        oldest=rule.oldest.total_seconds(),
        idempotent=rule.idempotent or None,
        qualifier=rule.qualifier,
    )
    return keeping(item, rule.unknown)


def to_retry(item: RetryMap) -> RetryRule:
    return RetryRule(
        attempts=int(item.attempts),
        base=timedelta(seconds=float(item.base)),
        cap=timedelta(seconds=float(item.cap)),
        oldest=timedelta(seconds=float(item.oldest)),
        idempotent=bool(item.idempotent),
        qualifier=item.qualifier,
        unknown=item.unknown,
    )


def _replay_map(attempt: Replay) -> ReplayMap:
    item = ReplayMap(
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
        asked=attempt.asked,
        status=attempt.status,
        run=attempt.request_id,
        accepted=_maybe_text(attempt.accepted_at),
        closes=_maybe_text(attempt.window_closes_at),
        linked=attempt.linked or None,
        ended=_maybe_text(attempt.ended_at),
        rejection=attempt.rejection,
        failure=None if attempt.failure is None else _failure_map(attempt.failure),
    )
    return keeping(item, attempt.unknown)


def _replay(number: int, item: ReplayMap) -> Replay:
    return Replay(
        number=number,
        claim_id=item.claim,
        mode=known_or_kept(ReplayMode, item.mode),
        target=FunctionArn.parse(item.target),
        by=item.by,
        reason=item.why,
        idempotency_key=item.key,
        claimed_at=from_text(item.claimed),
        lease_expires_at=from_text(item.lease),
        trigger=Trigger.MANUAL if item.trigger is None else known_or_kept(Trigger, item.trigger),
        job=item.job,
        code=item.code,
        patched=bool(item.patched),
        asked=item.asked,
        status=ReplayStatus(item.status),
        request_id=item.run,
        accepted_at=_maybe(item.accepted),
        window_closes_at=_maybe(item.closes),
        linked=bool(item.linked),
        ended_at=_maybe(item.ended),
        rejection=None if item.rejection is None else known_or_kept(Reason, item.rejection),
        failure=None if item.failure is None else _failure(item.failure),
        unknown=item.unknown,
    )


def _decision_map(decision: Decision) -> DecisionMap:
    item = DecisionMap(
        verb=decision.verb,
        at=text(decision.at),
        by=decision.by,
        why=decision.reason,
        until=_maybe_text(decision.until),
    )
    return keeping(item, decision.unknown)


def _fact(item: FactMap) -> Fact:
    return Fact(
        status=ReplayStatus(item.status),
        at=from_text(item.at),
        failure=None if item.failure is None else _failure(item.failure),
        unknown=item.unknown,
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
    shards = RETRY_SHARDS if execution.due_at == execution.retry_at else DUE_SHARDS
    return shards[zlib.crc32(execution.id.encode()) % len(shards)]
