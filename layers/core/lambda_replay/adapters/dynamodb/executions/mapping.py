"""Items to domain objects and back."""

import zlib

from lambda_replay.adapters.dynamodb.executions.items import (
    ENTRY,
    ContestMap,
    DecisionMap,
    EarlySuccessItem,
    ExecutionItem,
    FactMap,
    ForgottenMap,
    LinkItem,
    RunOfMap,
    TableItem,
    UncertainReplayMap,
    UncertainReplaysItem,
)
from lambda_replay.adapters.dynamodb.executions.replay_mapping import (
    failure_map,
    replay_map,
    to_fact,
    to_failure,
    to_replay,
)
from lambda_replay.adapters.dynamodb.shared.base_item import keeping
from lambda_replay.adapters.dynamodb.shared.values import (
    epoch,
    from_epoch,
    from_text,
    maybe,
    maybe_text,
    month,
    seen,
    text,
)
from lambda_replay.domain.executions.execution import (
    Decision,
    DueFor,
    Execution,
    Forgotten,
    Payload,
    RunOf,
    Verb,
)
from lambda_replay.domain.executions.id_slot import (
    EarlySuccess,
    Entry,
    Link,
    UncertainReplay,
    UncertainReplays,
)
from lambda_replay.domain.executions.identity import Contest, Difference
from lambda_replay.domain.executions.replay import Fact
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.intake.channel import Channel
from lambda_replay.domain.intake.origin import Origin
from lambda_replay.domain.refusals import Reason
from lambda_replay.domain.unknown_fields import known_or_kept

DUE_SHARDS: dict[DueFor, tuple[str, ...]] = {
    DueFor.OUTCOME: tuple(f"due-{number}" for number in range(8)),
    DueFor.RETRY: tuple(f"retries-{number}" for number in range(8)),
    DueFor.LEASE: tuple(f"leases-{number}" for number in range(8)),
    DueFor.ALERT: ("alerts-0",),
}


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
                fact=None if fact is None else to_fact(fact),
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
                        unknown=one.unknown,
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
        failure=failure_map(execution.first_failure),
        size=None if payload is None else payload.size,
        sha256=None if payload is None else bytes.fromhex(payload.sha256),
        unreplayable=execution.unreplayable,
        channel=execution.channel,
        origin=None if execution.origin is Origin.UNVERIFIED else execution.origin,
        contests=[_contest_map(contest) for contest in execution.contests] or None,
        alert_due=execution.alert_due or None,
        run_of=None if execution.probable_run_of is None else _run_of_map(execution.probable_run_of),
        replays=[replay_map(attempt) for attempt in execution.replays] or None,
        decisions=[_decision_map(decision) for decision in execution.decisions] or None,
        postponed_to=maybe_text(execution.postponed_to),
        forgotten=None if execution.forgotten is None else _forgotten_map(execution.forgotten),
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
        replays=[replay_map(attempt) for attempt in execution.replays] or None,
        decisions=[_decision_map(decision) for decision in execution.decisions] or None,
        postponed_to=maybe_text(execution.postponed_to),
    )


def planning_item(execution: Execution) -> ExecutionItem:
    """As `advancing_item`, with the first failure, which may hold the rule of automatic replays."""
    item = advancing_item(execution)
    item.failure = failure_map(execution.first_failure)
    return item


def _execution(item: ExecutionItem) -> Execution:
    return Execution(
        id=item.id,
        function=FunctionArn.parse(item.arn),
        first_failure=to_failure(item.failure),
        stored_at=from_text(item.stored_at),
        expires_at=from_epoch(item.expires_at),
        payload=None
        if item.size is None or item.sha256 is None
        else Payload(size=int(item.size), sha256=item.sha256.hex()),
        unreplayable=None if item.unreplayable is None else known_or_kept(Reason, item.unreplayable),
        channel=known_or_kept(Channel, item.channel),
        origin=Origin.UNVERIFIED if item.origin is None else known_or_kept(Origin, item.origin),
        contests=tuple(_contest(one) for one in item.contests or []),
        alert_due=bool(item.alert_due),
        probable_run_of=None if item.run_of is None else _run_of(item.run_of),
        replays=tuple(
            to_replay(number, attempt) for number, attempt in enumerate(item.replays or [], start=1)
        ),
        decisions=tuple(
            Decision(
                verb=Verb(d.verb),
                at=from_text(d.at),
                by=d.by,
                reason=d.why,
                until=maybe(d.until),
                unknown=d.unknown,
            )
            for d in item.decisions or []
        ),
        postponed_to=maybe(item.postponed_to),
        forgotten=None if item.forgotten is None else _forgotten(item.forgotten),
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
        failure=None if fact.failure is None else failure_map(fact.failure),
    )
    return keeping(item, fact.unknown)


def _early_success_item(entry: EarlySuccess) -> EarlySuccessItem:
    return EarlySuccessItem(id=entry.id, part=ENTRY, expires_at=epoch(entry.expires_at), at=text(entry.at))


def _contest_map(contest: Contest) -> ContestMap:
    return keeping(ContestMap(other=contest.other, differs=",".join(contest.differs)), contest.unknown)


def _contest(item: ContestMap) -> Contest:
    differs = tuple(known_or_kept(Difference, name) for name in item.differs.split(","))
    return Contest(other=item.other, differs=differs, unknown=item.unknown)


def _forgotten_map(forgotten: Forgotten) -> ForgottenMap:
    item = ForgottenMap(at=text(forgotten.at), by=forgotten.by, why=forgotten.reason)
    return keeping(item, forgotten.unknown)


def _forgotten(item: ForgottenMap) -> Forgotten:
    return Forgotten(at=from_text(item.at), by=item.by, reason=item.why, unknown=item.unknown)


def _run_of_map(run: RunOf) -> RunOfMap:
    return keeping(RunOfMap(execution=run.execution_id, number=run.number), run.unknown)


def _run_of(item: RunOfMap) -> RunOf:
    return RunOf(execution_id=item.execution, number=int(item.number), unknown=item.unknown)


def _uncertain_item(entry: UncertainReplays) -> UncertainReplaysItem:
    return UncertainReplaysItem(
        id=entry.id,
        part=ENTRY,
        expires_at=epoch(entry.expires_at),
        replays=[
            keeping(
                UncertainReplayMap(
                    execution=one.execution_id,
                    number=one.number,
                    since=text(one.since),
                    until=text(one.until),
                ),
                one.unknown,
            )
            for one in entry.replays
        ],
    )


def _decision_map(decision: Decision) -> DecisionMap:
    item = DecisionMap(
        verb=decision.verb,
        at=text(decision.at),
        by=decision.by,
        why=decision.reason,
        until=maybe_text(decision.until),
    )
    return keeping(item, decision.unknown)


def _version(item: TableItem) -> int:
    return int(item.version or 0)


def _shard(execution: Execution) -> str:
    due = execution.due
    shards = DUE_SHARDS[DueFor.OUTCOME if due is None else due[1]]
    return shards[zlib.crc32(execution.id.encode()) % len(shards)]
