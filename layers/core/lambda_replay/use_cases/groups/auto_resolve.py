"""A group whose failures have all recovered is resolved by the service itself.

Anyone who learns that an execution recovered asks for a check of its group; the sweep makes it. A check reads
executions the newest first and ends at the first that has not recovered, so most are short. The list that it
reads may lag behind: it begins two minutes after the group was last seen to change, and what is counted from
then on makes it begin again.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from lambda_replay.domain.executions.execution import Execution, ExecutionStatus
from lambda_replay.domain.executions.filter import ExecutionFilter
from lambda_replay.domain.groups.group import RECOVERY, Group, GroupDecision, GroupStatus, GroupVerb
from lambda_replay.domain.groups.recovery_check import RecoveryCheck
from lambda_replay.ports.common import Clock, StaleVersionError
from lambda_replay.ports.executions import EntryStore
from lambda_replay.ports.groups import GroupEvent, GroupStore

# A check comes later than the last of those for whom one question was asked.
_TOGETHER, _CHECKED_AFTER = timedelta(seconds=30), timedelta(minutes=1)
# What was counted so long ago, the lists show: their index lags, as a rule by less than a second.
_INDEXED = timedelta(minutes=2)
_PAGE, _MOST = 100, 2_000
_OLDEST = timedelta(days=400)
_SKEW = timedelta(hours=1)
# The group is broken no more; anyone who ignored it has decided already.
_OPEN = frozenset({GroupStatus.OPEN, GroupStatus.REGRESSED})
# Another caller's decision about one execution is none against the group.
_SETTLED = frozenset({ExecutionStatus.RECOVERED, ExecutionStatus.IGNORED})


@dataclass(frozen=True, slots=True)
class RecoveryChecks:
    """Has the group of an execution that recovered checked in a while; of many at once one asks."""

    groups: GroupStore
    now: Clock
    _asked: dict[str, datetime] = field(default_factory=dict)

    def __call__(self, execution: Execution) -> None:
        """Does nothing for an execution that has not recovered."""
        group, now = execution.failure.group, self.now()
        if execution.status is not ExecutionStatus.RECOVERED:
            return
        last = self._asked.get(group)
        if last is None or now - last > _TOGETHER:
            self.groups.ask(group, now + _CHECKED_AFTER)
            self._asked[group] = now


@dataclass(frozen=True, slots=True)
class AutoResolver:
    entries: EntryStore
    groups: GroupStore
    now: Clock

    def steps(self, now: datetime) -> Iterator[Callable[[], object]]:
        """The checks that are due, each as a call."""
        for check in self.groups.checks(now):
            yield partial(self._check, check)

    def _check(self, check: RecoveryCheck) -> None:
        with suppress(StaleVersionError):  # asked for again since: the next sweep makes it
            self._look(check)

    def _look(self, check: RecoveryCheck) -> None:
        group = self.groups.get([check.fingerprint]).get(check.fingerprint)
        if group is not None and group.head is not None:
            head = group.head
            self._end(check)
            self.groups.ask(head, self.now())
        elif group is None or group.status not in _OPEN:
            self._end(check)
        else:
            self._read(check, group)

    def _read(self, check: RecoveryCheck, group: Group) -> None:
        now = self.now()
        # Counted or decided about since then: begin again, and when the lists show all that was counted.
        if check.since is None or check.group_version != group.version:
            begun = replace(check, since=now, group_version=group.version, after=None, recovered=0)
            self.groups.save_check(replace(begun, due_at=now + _INDEXED))
            return
        since, after, recovered, examined = check.since, check.after, check.recovered, 0
        wanted = ExecutionFilter(
            since=now - _OLDEST, until=now + _SKEW, groups=(group.fingerprint, *group.members)
        )
        while examined < _MOST:
            page = self.entries.page(wanted, limit=_PAGE, after=after)
            statuses = [execution.status for execution in page.executions]
            if not _SETTLED.issuperset(statuses):
                self._end(check)
                return
            recovered += statuses.count(ExecutionStatus.RECOVERED)
            examined += len(statuses) or _PAGE
            after = page.after
            if after is None:
                self._resolve(group, recovered, since)
                self._end(check)
                return
        self.groups.save_check(replace(check, due_at=now, after=after, recovered=recovered))

    def _resolve(self, group: Group, recovered: int, since: datetime) -> None:
        """As of `since`: what fails from then on is a regression. Nothing happens to a group that was counted
        or decided about since then; anyone who recovers next asks again."""
        if recovered:
            decision = GroupDecision(
                verb=GroupVerb.RESOLVED,
                at=since,
                by=RECOVERY,
                reason=f"all its failures recovered ({recovered})",
            )
            self.groups.save([group.decide(decision)], [GroupEvent(group.fingerprint, decision)])

    def _end(self, check: RecoveryCheck) -> None:
        self.groups.save_check(replace(check, due_at=None, since=None, after=None, recovered=0))
