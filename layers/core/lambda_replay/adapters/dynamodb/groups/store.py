"""`GroupStore` on the records table."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice

from pynamodb.exceptions import DoesNotExist, PutError
from pynamodb.transactions import TransactWrite

from lambda_replay.adapters.dynamodb.executions.items import KeyItem
from lambda_replay.adapters.dynamodb.groups import recovery_checks
from lambda_replay.adapters.dynamodb.groups.items import (
    ALERTS,
    COUNT_BATCH,
    COUNT_BATCH_SHARDS,
    GROUP,
    HISTORY,
    HOUR,
    LISTED,
    WHY,
    CountBatchItem,
    GroupItem,
    GroupKeyItem,
    HistoryItem,
    HourItem,
    WhyItem,
    group_key,
)
from lambda_replay.adapters.dynamodb.groups.mapping import (
    closed_item,
    count_batch_item,
    group_item,
    history_item,
    to_count_batch,
    to_decision,
    to_group,
    to_why,
    why_item,
)
from lambda_replay.adapters.dynamodb.shared import transactions
from lambda_replay.adapters.dynamodb.shared.base_store import DynamoStore
from lambda_replay.adapters.dynamodb.shared.errors import CONDITION, condition_failed
from lambda_replay.adapters.dynamodb.shared.values import epoch, position, seen, text
from lambda_replay.domain.groups.count_batch import HOURS_KEPT, CountBatch
from lambda_replay.domain.groups.filter import GroupFilter
from lambda_replay.domain.groups.group import Group, GroupDecision, GroupExplanation
from lambda_replay.domain.groups.recovery_check import RecoveryCheck
from lambda_replay.domain.pagination import Position
from lambda_replay.ports.common import Pause
from lambda_replay.ports.groups import GroupEvent, GroupPage

_HISTORY_SHOWN = 50
# As for executions: what one page reads is bounded, however few groups match.
_MOST_EXAMINED = 400
_BATCH = 50


@dataclass(frozen=True, slots=True)
class DynamoGroupStore(DynamoStore):
    def get(self, fingerprints: Collection[str]) -> dict[str, Group]:
        keys = [(group_key(fingerprint), GROUP) for fingerprint in fingerprints]
        # Consistent: decisions are made on it.
        items = GroupItem.batch_get(keys, consistent_read=True) if keys else ()
        return {group.fingerprint: group for group in self.readable(items, to_group)}

    def holds(self, fingerprint: str) -> bool:
        try:
            GroupItem.get(
                group_key(fingerprint), GROUP, consistent_read=True, attributes_to_get=["id", "part"]
            )
        except DoesNotExist:
            return False
        return True

    def save(self, groups: Collection[Group], events: Collection[GroupEvent]) -> None:
        _Transaction(groups, events).commit(self.pause)

    def ask(self, fingerprint: str, at: datetime) -> None:
        recovery_checks.ask(fingerprint, at)

    def checks(self, now: datetime) -> Iterator[RecoveryCheck]:
        return recovery_checks.checks(now, self)

    def save_check(self, check: RecoveryCheck) -> None:
        recovery_checks.save(check)

    def explain(self, why: GroupExplanation) -> None:
        try:
            why_item(why).save(WhyItem.id.does_not_exist())
        except PutError as error:
            if not condition_failed(error):
                raise

    def why(self, fingerprint: str) -> GroupExplanation | None:
        try:
            return self.read(WhyItem.get(group_key(fingerprint), WHY), to_why)
        except DoesNotExist:
            return None

    def history(self, fingerprint: str) -> list[GroupDecision]:
        items = HistoryItem.query(
            group_key(fingerprint),
            HistoryItem.part.startswith(HISTORY),
            scan_index_forward=False,
            limit=_HISTORY_SHOWN,
            consistent_read=True,
        )
        return list(self.readable(items, lambda item: to_decision(item.decision)))

    def hours(self, fingerprint: str, since: datetime) -> dict[datetime, int]:
        between = HourItem.part.between(_hour(since), f"{HOUR}~")
        items = HourItem.query(group_key(fingerprint), between, consistent_read=True)
        return dict(self.readable(items, lambda item: (_at(item.part), int(item.runs))))

    def page(self, wanted: GroupFilter, *, limit: int, after: Position | None = None) -> GroupPage:
        shown: list[tuple[Group, tuple[Group, ...]]] = []
        unreadable: list[str] = []
        examined, last = 0, after
        keys = self._positions(wanted, after)
        while chunk := list(islice(keys, min(limit, _BATCH))):
            for at, (group, members) in self._families(chunk):
                last = at
                examined += 1
                if group is not None and wanted.accepts(group, members):
                    shown.append((group, members))
                if group is None and self.holds(at.id):
                    unreadable.append(at.id)
                if len(shown) == limit or examined == _MOST_EXAMINED:
                    return GroupPage(tuple(shown), last, tuple(unreadable))
        return GroupPage(tuple(shown), None, tuple(unreadable))

    def _families(
        self, chunk: list[Position]
    ) -> Iterator[tuple[Position, tuple[Group | None, tuple[Group, ...]]]]:
        heads = self.get([at.id for at in chunk])
        members = self.get(list(chain.from_iterable(head.members for head in heads.values())))
        for at in chunk:
            head = heads.get(at.id)
            yield at, (head, tuple(members[m] for m in head.members if m in members) if head else ())

    def _positions(self, wanted: GroupFilter, after: Position | None) -> Iterator[Position]:
        start = after if after is not None and after.at < wanted.until else None
        below = text(wanted.until) if start is None else seen(start.at, start.id)
        if below <= text(wanted.since):
            return
        between = GroupKeyItem.active.between(text(wanted.since), below)
        items: Iterable[GroupKeyItem] = GroupKeyItem.by_activity.query(
            LISTED, between, scan_index_forward=False, page_size=_BATCH
        )
        for found in self.readable(items, lambda item: position(item.active or "")):
            if start is None or (found.at, found.id) < (start.at, start.id):
                yield found

    def alerting(self, *, limit: int) -> Iterator[str]:
        for item in KeyItem.due.query(ALERTS, limit=limit):
            yield item.id.removeprefix(group_key(""))

    def open(self, count_batch: CountBatch) -> None:
        count_batch_item(count_batch).save()

    def left(self, now: datetime) -> Iterator[CountBatch]:
        for shard in COUNT_BATCH_SHARDS:
            for key in KeyItem.due.query(shard, KeyItem.due_at <= text(now)):
                try:
                    count_batch = self.read(
                        CountBatchItem.get(key.id, COUNT_BATCH, consistent_read=True), to_count_batch
                    )
                except DoesNotExist:
                    continue
                if count_batch is not None:
                    yield count_batch

    def commit(
        self, count_batch: CountBatch, groups: Collection[Group], events: Collection[GroupEvent]
    ) -> None:
        _Transaction(groups, events, count_batch).commit(self.pause)


@dataclass(frozen=True, slots=True)
class _Transaction:
    """All of it, or nothing. A count batch that has ended already makes it nothing, without a complaint."""

    groups: Collection[Group]
    events: Collection[GroupEvent]
    count_batch: CountBatch | None = None

    def commit(self, pause: Pause) -> None:
        try:
            transactions.commit(self._fill, "groups", pause)
        except transactions.TransactionCancelledError as cancelled:
            if self.count_batch is None or cancelled.reasons[0] != CONDITION:
                raise

    def _fill(self, transaction: TransactWrite) -> None:
        if self.count_batch is not None:
            # The first put, so that the first reason is its.
            transaction.save(closed_item(self.count_batch), CountBatchItem.due_at.exists())
            for (fingerprint, hour), count in self.count_batch.hours.items():
                item = HourItem(group_key(fingerprint), _hour(hour))
                expires = HourItem.expires_at.set(epoch(hour + HOURS_KEPT))
                transaction.update(item, [HourItem.runs.add(count), expires])
        for group in self.groups:
            transactions.write(transaction, group_item(group))
        for event in self.events:
            transaction.save(history_item(event))


def _hour(at: datetime) -> str:
    return f"{HOUR}{at.astimezone(UTC):%Y-%m-%dT%H}"


def _at(part: str) -> datetime:
    return datetime.strptime(part.removeprefix(HOUR), "%Y-%m-%dT%H").replace(tzinfo=UTC)
