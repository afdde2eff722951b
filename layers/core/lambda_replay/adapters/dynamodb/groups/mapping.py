"""Groups, count batches and what belongs to them as items, and back."""

import zlib
from typing import Any

from lambda_replay.adapters.dynamodb.executions.items import DecisionMap
from lambda_replay.adapters.dynamodb.groups.items import (
    ALERTS,
    COUNT_BATCH,
    COUNT_BATCH_SHARDS,
    GROUP,
    HISTORY,
    LISTED,
    WHY,
    CountBatchItem,
    GroupItem,
    HistoryItem,
    OwnershipMap,
    WhyItem,
    count_batch_key,
    group_key,
)
from lambda_replay.adapters.dynamodb.shared.base_item import keeping
from lambda_replay.adapters.dynamodb.shared.values import epoch, from_epoch, from_text, seen, text
from lambda_replay.domain.groups.count_batch import CountBatch, Occurrence
from lambda_replay.domain.groups.group import (
    KEPT,
    AlertKind,
    Group,
    GroupDecision,
    GroupExplanation,
    GroupFacts,
    GroupVerb,
)
from lambda_replay.domain.groups.ownership import Ownership
from lambda_replay.domain.unknown_fields import known_or_kept
from lambda_replay.ports.groups import GroupEvent


def group_item(group: Group) -> GroupItem:
    alerting = group.alert is not None
    item = GroupItem(
        id=group_key(group.fingerprint),
        part=GROUP,
        expires_at=epoch(group.expires_at),
        listed=LISTED if group.head is None else None,
        active=seen(group.active_at, group.fingerprint) if group.head is None else None,
        due_shard=ALERTS if alerting else None,
        due_at=text(group.first_seen) if alerting else None,
        algorithm=group.algorithm,
        source=group.function,
        title=group.title,
        category=group.category,
        verdict=group.verdict,
        runs=group.count,
        first_seen=text(group.first_seen),
        last_seen=text(group.last_seen),
        active_at=text(group.active_at),
        decision=None if group.decision is None else decision_map(group.decision),
        ownership=_ownership_map(group.ownership),
        alert=group.alert,
        head=group.head,
        members=set(group.members) or None,
    )
    if group.version:
        item.version = group.version
    return item


def to_group(item: GroupItem) -> Group:
    return Group(
        fingerprint=item.id.removeprefix(group_key("")),
        algorithm=int(item.algorithm),
        function=item.source,
        title=item.title,
        category=item.category,
        verdict=item.verdict,
        count=int(item.runs),
        first_seen=from_text(item.first_seen),
        last_seen=from_text(item.last_seen),
        active_at=from_text(item.active_at),
        expires_at=from_epoch(item.expires_at),
        decision=None if item.decision is None else to_decision(item.decision),
        ownership=_to_ownership(item.ownership),
        alert=None if item.alert is None else known_or_kept(AlertKind, item.alert),
        head=item.head,
        members=tuple(sorted(item.members or ())),
        version=int(item.version or 0),
    )


def history_item(event: GroupEvent) -> HistoryItem:
    decision = event.decision
    return HistoryItem(
        id=group_key(event.fingerprint),
        part=f"{HISTORY}{text(decision.at)}#{decision.verb}",
        expires_at=epoch(decision.at + KEPT),
        decision=decision_map(decision),
    )


def decision_map(decision: GroupDecision) -> DecisionMap:
    item = DecisionMap(
        verb=decision.verb,
        at=text(decision.at),
        by=decision.by,
        why=decision.reason,
        until=None if decision.until is None else text(decision.until),
        until_count=decision.until_count,
        other=decision.other,
    )
    return keeping(item, decision.unknown)


def to_decision(item: DecisionMap) -> GroupDecision:
    return GroupDecision(
        verb=known_or_kept(GroupVerb, item.verb),
        at=from_text(item.at),
        by=item.by,
        reason=item.why,
        until=None if item.until is None else from_text(item.until),
        until_count=None if item.until_count is None else int(item.until_count),
        other=item.other,
        unknown=item.unknown,
    )


def _ownership_map(ownership: Ownership) -> OwnershipMap | None:
    if ownership == Ownership() and not ownership.unknown:
        return None
    at = ownership.acknowledged_at
    item = OwnershipMap(
        acknowledged_by=ownership.acknowledged_by,
        acknowledged_at=None if at is None else text(at),
        assignee=ownership.assignee,
        ticket=ownership.ticket,
    )
    return keeping(item, ownership.unknown)


def _to_ownership(item: OwnershipMap | None) -> Ownership:
    if item is None:
        return Ownership()
    at = item.acknowledged_at
    return Ownership(
        acknowledged_by=item.acknowledged_by,
        acknowledged_at=None if at is None else from_text(at),
        assignee=item.assignee,
        ticket=item.ticket,
        unknown=item.unknown,
    )


def why_item(why: GroupExplanation) -> WhyItem:
    return WhyItem(
        id=group_key(why.fingerprint),
        part=WHY,
        expires_at=epoch(why.expires_at),
        parts=why.parts,
        algorithm=why.algorithm,
        rule=why.rule,
        reasons=list(why.reasons),
        example=why.example,
    )


def to_why(item: WhyItem) -> GroupExplanation:
    return GroupExplanation(
        fingerprint=item.id.removeprefix(group_key("")),
        parts=item.parts,
        algorithm=int(item.algorithm),
        rule=item.rule,
        reasons=tuple(item.reasons),
        example=item.example,
        expires_at=from_epoch(item.expires_at),
    )


def count_batch_item(count_batch: CountBatch) -> CountBatchItem:
    return CountBatchItem(
        id=count_batch_key(count_batch.id),
        part=COUNT_BATCH,
        expires_at=epoch(count_batch.expires_at),
        due_shard=COUNT_BATCH_SHARDS[zlib.crc32(count_batch.id.encode()) % len(COUNT_BATCH_SHARDS)],
        due_at=text(count_batch.due_at),
        facts=[
            [f.fingerprint, f.algorithm, f.function, f.title, f.category, f.verdict, list(f.former)]
            for f in count_batch.facts
        ],
        occurrences=[[s.run, s.fingerprint, text(s.at)] for s in count_batch.occurrences],
    )


def closed_item(count_batch: CountBatch) -> CountBatchItem:
    """What is left of a count batch: its place, so that it is not counted again."""
    return CountBatchItem(
        id=count_batch_key(count_batch.id), part=COUNT_BATCH, expires_at=epoch(count_batch.expires_at)
    )


def to_count_batch(item: CountBatchItem) -> CountBatch | None:
    """None for a count batch that has been settled."""
    if item.due_at is None:
        return None
    return CountBatch(
        id=item.id.removeprefix(count_batch_key("")),
        due_at=from_text(item.due_at),
        expires_at=from_epoch(item.expires_at),
        facts=tuple(_facts(*row) for row in item.facts),
        occurrences=tuple(
            Occurrence(run, fingerprint, from_text(at)) for run, fingerprint, at in item.occurrences
        ),
    )


def _facts(
    fingerprint: str,
    algorithm: int,
    function: str,
    title: str,
    category: str,
    verdict: str,
    former: list[Any],
) -> GroupFacts:
    return GroupFacts(
        fingerprint=fingerprint,
        algorithm=algorithm,
        function=function,
        title=title,
        category=category,
        verdict=verdict,
        former=tuple(former),
    )
