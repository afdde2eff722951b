"""`GroupStore` and `RuleStore` that live in the process (see `memory`)."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime

from lambda_replay.adapters import backoff
from lambda_replay.domain.groups.count_batch import CountBatch
from lambda_replay.domain.groups.filter import GroupFilter
from lambda_replay.domain.groups.group import KEPT, Group, GroupDecision, GroupExplanation
from lambda_replay.domain.groups.recovery_check import RecoveryCheck
from lambda_replay.domain.pagination import Position
from lambda_replay.domain.team_rules import RuleSet
from lambda_replay.ports.common import StaleVersionError
from lambda_replay.ports.groups import GroupEvent, GroupPage

_HISTORY_SHOWN = 50


class MemoryGroupStore:
    pause = staticmethod(backoff.none)

    def __init__(self) -> None:
        self._groups: dict[str, Group] = {}
        self._whys: dict[str, GroupExplanation] = {}
        self._history: dict[str, list[GroupDecision]] = defaultdict(list)
        self._hours: dict[str, Counter[datetime]] = defaultdict(Counter)
        self._count_batches: dict[str, CountBatch] = {}
        self._checks: dict[str, RecoveryCheck] = {}

    def get(self, fingerprints: Collection[str]) -> dict[str, Group]:
        return {name: self._groups[name] for name in fingerprints if name in self._groups}

    def holds(self, fingerprint: str) -> bool:
        return fingerprint in self._groups

    def save(self, groups: Collection[Group], events: Collection[GroupEvent]) -> None:
        for group in groups:
            stored = self._groups.get(group.fingerprint)
            if (0 if stored is None else stored.version) != group.version:
                raise StaleVersionError(group.fingerprint)
        for group in groups:
            self._groups[group.fingerprint] = replace(group, version=group.version + 1)
        for event in events:
            self._history[event.fingerprint].insert(0, event.decision)

    def ask(self, fingerprint: str, at: datetime) -> None:
        version = self._checks[fingerprint].version if fingerprint in self._checks else 0
        self._checks[fingerprint] = RecoveryCheck(
            fingerprint=fingerprint, due_at=at, expires_at=at + KEPT, version=version + 1
        )

    def checks(self, now: datetime) -> Iterator[RecoveryCheck]:
        return iter([check for check in self._checks.values() if check.due_at and check.due_at <= now])

    def save_check(self, check: RecoveryCheck) -> None:
        if self._checks[check.fingerprint].version != check.version:
            raise StaleVersionError(check.fingerprint)
        self._checks[check.fingerprint] = replace(check, version=check.version + 1)

    def explain(self, why: GroupExplanation) -> None:
        self._whys.setdefault(why.fingerprint, why)

    def why(self, fingerprint: str) -> GroupExplanation | None:
        return self._whys.get(fingerprint)

    def history(self, fingerprint: str) -> list[GroupDecision]:
        return self._history[fingerprint][:_HISTORY_SHOWN]

    def hours(self, fingerprint: str, since: datetime) -> dict[datetime, int]:
        first = since.replace(minute=0, second=0, microsecond=0)
        return {hour: count for hour, count in self._hours[fingerprint].items() if hour >= first}

    def page(self, wanted: GroupFilter, *, limit: int, after: Position | None = None) -> GroupPage:
        heads = sorted((g for g in self._groups.values() if g.head is None), key=_key, reverse=True)
        families = [(head, tuple(self.get(head.members).values())) for head in heads]
        matching = [
            (head, members)
            for head, members in families
            if wanted.accepts(head, members) and (after is None or _key(head) < (after.at, after.id))
        ]
        shown = matching[:limit]
        return GroupPage(tuple(shown), Position(*_key(shown[-1][0])) if len(matching) > limit else None)

    def alerting(self, *, limit: int) -> Iterator[str]:
        waiting = [group for group in self._groups.values() if group.alert is not None]
        return iter([group.fingerprint for group in sorted(waiting, key=_key)[:limit]])

    def open(self, count_batch: CountBatch) -> None:
        self._count_batches[count_batch.id] = count_batch

    def left(self, now: datetime) -> Iterator[CountBatch]:
        return iter(
            [count_batch for count_batch in self._count_batches.values() if count_batch.due_at <= now]
        )

    def commit(
        self, count_batch: CountBatch, groups: Collection[Group], events: Collection[GroupEvent]
    ) -> None:
        if count_batch.id not in self._count_batches:
            return
        self.save(groups, events)
        for (fingerprint, hour), count in count_batch.hours.items():
            self._hours[fingerprint][hour] += count
        del self._count_batches[count_batch.id]


class MemoryRuleStore:
    def __init__(self) -> None:
        self._versions: dict[int, RuleSet] = {}

    def current(self) -> RuleSet | None:
        return self._versions.get(max(self._versions, default=0))

    def version(self, number: int) -> RuleSet | None:
        return self._versions.get(number)

    def add(self, rules: RuleSet) -> None:
        if rules.version in self._versions:
            raise StaleVersionError(f"rules {rules.version}")
        self._versions[rules.version] = rules


def _key(group: Group) -> tuple[datetime, str]:
    return group.active_at, group.fingerprint
