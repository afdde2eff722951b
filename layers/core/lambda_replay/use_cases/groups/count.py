"""Bringing tallies into the groups they count into, once each (see `domain.groups.count_batch`)."""

from collections.abc import Container
from dataclasses import dataclass
from itertools import chain

from lambda_replay.domain.groups.count_batch import Tally, take_in
from lambda_replay.domain.groups.group import Group
from lambda_replay.ports.common import Clock
from lambda_replay.ports.executions import RecordStore
from lambda_replay.ports.groups import GroupEvent, GroupStore
from lambda_replay.use_cases.executions.update import until_written


@dataclass(frozen=True, slots=True)
class Counting:
    groups: GroupStore
    records: RecordStore
    now: Clock

    def settle(self, tally: Tally, runs: Container[str]) -> None:
        """Count those runs of the tally, unless it has been settled already.

        Raises `StaleVersion` when the groups kept changing, as batches that count into the same ones make
        them: the tally stays, and the sweep comes to it.
        """
        counted = tally.of(runs)

        def take_in_and_settle() -> None:
            known = self._known(counted)
            changed = take_in(counted, known, self.now())
            events = [
                GroupEvent(group.fingerprint, group.decision)
                for name, group in changed.items()
                if group.decision is not None and name in known and group.decision != known[name].decision
            ]
            self.groups.settle(counted, changed.values(), events)

        until_written(self.groups, take_in_and_settle, f"the groups of tally {tally.id}")

    def recount(self, tally: Tally) -> None:
        """Settle what another caller left: a run is counted where its record was first stored under this
        tally."""
        runs = {s.run for s in tally.sightings if self.records.tally_of(s.run) == tally.id}
        self.settle(tally, runs)

    def _known(self, tally: Tally) -> dict[str, Group]:
        """The tally's groups and their former ones, and the heads and members of all of these."""
        wanted = {name for facts in tally.facts for name in (facts.fingerprint, *facts.former)}
        known = self.groups.get(wanted) if tally.sightings else {}
        heads = {group.head for group in known.values() if group.head is not None} - known.keys()
        known |= self.groups.get(heads)
        members = set(chain.from_iterable(group.members for group in known.values())) - known.keys()
        return known | self.groups.get(members)
