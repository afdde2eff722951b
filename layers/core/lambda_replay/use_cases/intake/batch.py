"""A batch of records through triage, each failed run counted once into its group
(`domain.groups.count_batch`)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import batched

from lambda_replay.domain.groups.count_batch import CountBatch, Occurrence
from lambda_replay.domain.groups.group import KEPT, GroupExplanation, GroupFacts
from lambda_replay.ports.common import Clock, NewId
from lambda_replay.ports.executions import RecordStore
from lambda_replay.ports.groups import GroupStore
from lambda_replay.use_cases.groups.count import GroupCounter
from lambda_replay.use_cases.intake.triage import Arrival, FailedRun, Triage

# Longer than triage may run: by then anyone who wrote a count batch has ended.
LEFT = timedelta(minutes=1)
_FORGOTTEN = timedelta(days=30)
# A count batch is settled in one transaction, which takes 100 items: four for a failure if all are of other
# groups.
_LARGEST = 20


@dataclass(slots=True)
class _PendingCounts:
    """A count batch that was written. `stored` are the runs whose record is certainly there, `counted` those
    of them that this count batch counts."""

    count_batch: CountBatch
    stored: set[str] = field(default_factory=set)
    counted: set[str] = field(default_factory=set)

    @property
    def is_clear(self) -> bool:
        """Whether every run of it is certainly stored."""
        return all(occurrence.run in self.stored for occurrence in self.count_batch.occurrences)


@dataclass(frozen=True, slots=True)
class BatchFactory:
    """Keeps, while the process lives, which groups have been explained already."""

    triage: Triage
    records: RecordStore
    groups: GroupStore
    now: Clock
    new_id: NewId
    counting: GroupCounter
    _explained: set[str] = field(default_factory=set)

    def open(self, arrivals: Iterable[Arrival]) -> "Batch":
        """Diagnose the failures and write down what is about to be counted."""
        batch = Batch(self)
        for some in batched((a for a in arrivals if not a.record.succeeded), _LARGEST, strict=False):
            batch.add(some)
        return batch

    def explain(self, run: FailedRun) -> None:
        """Write down why the run's group is one, once in the life of the process."""
        why = GroupExplanation.of(run.diagnosis, run.place.id, self.now() + KEPT)
        if why.fingerprint not in self._explained:
            self.groups.explain(why)
            self._explained.add(why.fingerprint)


@dataclass(slots=True)
class Batch:
    """Receive each arrival that it was opened with, then close it."""

    batches: BatchFactory
    # By identity: two arrivals may name the same run, and one of them lie.
    _runs: dict[int, tuple[FailedRun, _PendingCounts]] = field(default_factory=dict)

    def add(self, arrivals: Sequence[Arrival]) -> None:
        """Diagnose these, and write down what will be counted, before anything of them is stored."""
        count_batch_id, now = self.batches.new_id(), self.batches.now()
        triage = self.batches.triage
        places = triage.identifier.places([arrival.record for arrival in arrivals])
        runs = [
            triage.diagnose(arrival, place, count_batch=count_batch_id)
            for arrival, place in zip(arrivals, places, strict=True)
        ]
        facts = {run.failure.group: GroupFacts.of(run.diagnosis, run.record.function) for run in runs}
        # Of two records of one run the first is stored, and counts.
        first = {run.place.id: run for run in reversed(runs)}
        count_batch = CountBatch(
            id=count_batch_id,
            due_at=now + LEFT,
            expires_at=now + _FORGOTTEN,
            facts=tuple(facts.values()),
            occurrences=tuple(
                Occurrence(id_, run.failure.group, run.failure.at) for id_, run in first.items()
            ),
        )
        for run in runs:
            self.batches.explain(run)
        self.batches.groups.open(count_batch)
        opened = _PendingCounts(count_batch)
        self._runs |= {id(arrival): (run, opened) for arrival, run in zip(arrivals, runs, strict=True)}

    def receive(self, arrival: Arrival) -> None:
        """Store it, and hand it to whom it concerns."""
        if arrival.record.succeeded:
            self.batches.triage.succeeded(arrival)
            return
        run, opened = self._runs[id(arrival)]
        triage = self.batches.triage
        triage.mark(run)
        # The record goes first: an execution in the list always has its payload behind it.
        found = self.batches.records.put(run.stored)
        opened.stored.add(run.place.id)
        if found.count_batch == opened.count_batch.id:
            opened.counted.add(run.place.id)
        elif found.identity.differences(run.stored.identity):
            triage.check(run)
        triage.failed(run)

    def close(self) -> None:
        """Count what was stored. A count batch whose records may or may not be there is left to the sweep.

        Raises `StaleVersion` when others count into the same groups all the time: the sweep comes to it.
        """
        for opened in {opened.count_batch.id: opened for _, opened in self._runs.values()}.values():
            if opened.is_clear:
                self.batches.counting.commit(opened.count_batch, opened.counted)
