"""Bringing count batches into the groups they count into, once each (see `domain.groups.count_batch`)."""

from collections.abc import Container
from dataclasses import dataclass
from itertools import chain

from lambda_replay.domain.groups.count_batch import CountBatch, apply_counts
from lambda_replay.domain.groups.group import Group
from lambda_replay.ports.common import Clock
from lambda_replay.ports.executions import RecordStore
from lambda_replay.ports.groups import GroupEvent, GroupStore
from lambda_replay.use_cases.executions.update import until_written


@dataclass(frozen=True, slots=True)
class GroupCounter:
    groups: GroupStore
    records: RecordStore
    now: Clock

    def commit(self, count_batch: CountBatch, runs: Container[str]) -> None:
        """Count those runs of the count batch, unless it has been settled already.

        Raises `StaleVersion` when the groups kept changing, as batches that count into the same ones make
        them: the count batch stays, and the sweep comes to it.
        """
        counted = count_batch.of(runs)

        def apply_and_close() -> None:
            known = self._known(counted)
            changed = apply_counts(counted, known, self.now())
            events = [
                GroupEvent(group.fingerprint, group.decision)
                for name, group in changed.items()
                if group.decision is not None and name in known and group.decision != known[name].decision
            ]
            self.groups.commit(counted, changed.values(), events)

        until_written(self.groups, apply_and_close, f"the groups of count batch {count_batch.id}")

    def recount(self, count_batch: CountBatch) -> None:
        """Settle what another caller left: a run is counted where its record was first stored under this
        count batch."""
        runs = {
            s.run for s in count_batch.occurrences if self.records.count_batch_of(s.run) == count_batch.id
        }
        self.commit(count_batch, runs)

    def _known(self, count_batch: CountBatch) -> dict[str, Group]:
        """The count batch's groups and their former ones, and the heads and members of all of these."""
        wanted = {name for facts in count_batch.facts for name in (facts.fingerprint, *facts.former)}
        known = self.groups.get(wanted) if count_batch.occurrences else {}
        heads = {group.head for group in known.values() if group.head is not None} - known.keys()
        known |= self.groups.get(heads)
        members = set(chain.from_iterable(group.members for group in known.values())) - known.keys()
        return known | self.groups.get(members)
