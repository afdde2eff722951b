"""One step of a job: select a part of what it is about, or deal with one slice, or wait, or end.

Anyone who drives the job calls this again and again. It may die anywhere: what it did is found again in the
executions, what it was doing in the job's open slice.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from lambda_replay.domain.executions.filter import ExecutionFilter
from lambda_replay.domain.executions.replay import Trigger
from lambda_replay.domain.jobs.job import Job, JobDecision, JobVerb, Slice, SliceResult
from lambda_replay.domain.jobs.pacing import (
    MOST_AT_ONCE,
    Clear,
    Counts,
    Finished,
    Issue,
    Stop,
    Wait,
    next_step,
)
from lambda_replay.ports.common import Clock, StaleVersionError
from lambda_replay.ports.executions import EntryStore
from lambda_replay.ports.functions import Functions
from lambda_replay.ports.jobs import JobStore
from lambda_replay.use_cases.jobs.control import Jobs, select
from lambda_replay.use_cases.jobs.numbers import close, counts_of
from lambda_replay.use_cases.replays.replay_many import BulkReplayer, Issued
from lambda_replay.use_cases.replays.send import Source

GUARD = "lambda-replay:guard"
DRIVER = "lambda-replay:job"
_SELECTED_AT_ONCE = 5_000
_LISTED_AT_ONCE = 100
_AT_ONCE = timedelta()
# How soon to look again whether a driver that was replaced has come to the end of its slice.
_LOOK_AGAIN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Turn:
    """Call again after `wait`, unless `done`."""

    wait: timedelta = _AT_ONCE
    done: bool = False


@dataclass(frozen=True, slots=True)
class JobDriver:
    jobs: Jobs
    entries: EntryStore
    bulk: BulkReplayer
    functions: Functions
    now: Clock

    def turn(self, job_id: str, generation: int, has_time: Callable[[], bool]) -> Turn:
        """Does nothing for a driver that is not in charge (any more). What there is no time for is left for
        the next turn."""
        job = self.store.get(job_id)
        if job is None or job.generation != generation or not job.is_active:
            return Turn(done=True)
        try:
            taken_for = job.taken_for(self.now())
            if taken_for:
                return Turn(min(taken_for, _LOOK_AGAIN))
            if job.slice is not None:
                job = self._work(job, self.store.selection(job.id, job.slice.page), has_time)
            elif not job.frozen and job.wanted is not None:
                job = self._select(job, job.wanted, has_time)
            return self._step(job, generation, has_time)
        except StaleVersionError:  # it was paused, or a number changed: read it again
            return Turn()

    @property
    def store(self) -> JobStore:
        """The store of jobs."""
        return self.jobs.jobs

    def _select(self, job: Job, wanted: ExecutionFilter, has_time: Callable[[], bool]) -> Job:
        ids: list[str] = []
        after = job.after
        while len(ids) < _SELECTED_AT_ONCE:
            page = self.entries.page(wanted, limit=_LISTED_AT_ONCE, after=after)
            # What can't be read is skipped when its turn comes, and counted with its reason.
            ids += [execution.id for execution in page.executions]
            ids += page.unreadable
            after = page.after
            if after is None or not has_time():
                break
        return select(self.store, job.moves(self.now()), ids, after)

    def _step(self, job: Job, generation: int, has_time: Callable[[], bool]) -> Turn:
        if not job.is_active or job.generation != generation:
            return Turn(done=True)
        if not job.frozen:
            # Anyone who named its executions died before they were written down, and may come again.
            return Turn(done=job.wanted is None)
        now, counts = self.now(), counts_of(self.entries, job)
        match next_step(job, counts, now):
            case Issue(most):
                self._issue(job, most, has_time)
                return self._rest(job.id, job.generation)
            case Wait(span):
                return self._waits(job, span)
            case Clear():
                self.store.save(replace(job.moves(now), cleared=job.cleared + 1))
                return Turn()
            case Stop(why):
                self._end(job, JobDecision(verb=JobVerb.HALT, at=now, by=GUARD, reason=why))
            case Finished():
                idle = _why_idle(job, counts)
                verb = JobVerb.COMPLETE if idle is None else JobVerb.HALT
                self._end(job, JobDecision(verb=verb, at=now, by=DRIVER, reason=idle))
        return Turn(done=True)

    def _rest(self, job_id: str, generation: int) -> Turn:
        """How long to wait after a slice; anything but waiting is left to the next call."""
        job = self.store.get(job_id)
        if job is None or job.generation != generation or not job.is_active:
            return Turn(done=True)
        step = next_step(job, counts_of(self.entries, job), self.now())
        return self._waits(job, step.span) if isinstance(step, Wait) else Turn()

    def _waits(self, job: Job, span: timedelta) -> Turn:
        heard = job.moves(self.now(), wait=span)
        # Not every time: what matters is that it never looks dead.
        late = job.heard_by is None or heard.heard_by is None or heard.heard_by - job.heard_by > span
        if late or job.stalled:
            self.store.save(heard)
        return Turn(span)

    def _end(self, job: Job, decision: JobDecision) -> None:
        def decided(fresh: Job) -> Job:
            return fresh.decide(decision) if fresh.is_active else fresh

        self.jobs.change(job.id, decided)

    def _issue(self, job: Job, most: int, has_time: Callable[[], bool]) -> None:
        ids = self.store.selection(job.id, job.page)
        size = min(MOST_AT_ONCE, len(ids) - job.offset)
        opened = job.opens(Slice(job.page, job.offset, max(size, 0), most), self.now())
        self.store.save(opened)
        self._work(replace(opened, version=opened.version + 1), ids, has_time)

    def _work(self, job: Job, page: Sequence[str], has_time: Callable[[], bool]) -> Job:
        """Deal with the open slice of the page, anyone who opened it."""
        part = job.slice
        if part is None:
            return job
        ids = page[part.offset : part.offset + part.size]
        source = Source(by=job.by, trigger=Trigger.BULK, job=job.id)
        issued = self.bulk.issue(ids, job.options, source, most=part.most, has_time=has_time)
        done = SliceResult(
            consumed=issued.consumed,
            claimed=len(issued.claimed),
            sent=issued.sent,
            skipped=Counter(issued.skipped.values()),
        )
        time_to_outcome = self._time_to_outcome(job, issued)
        return close(self.jobs, job, done, len(page), time_to_outcome=time_to_outcome, now=self.now())

    def _time_to_outcome(self, job: Job, issued: Issued) -> timedelta | None:
        facts = [self.functions.facts(target) for target in issued.targets]
        times = [fact.failure_time for fact in facts if fact is not None]
        if not times:
            return None
        # The first function that is met says how long; a slower one later makes it longer.
        return max(times) if job.claimed_at is None else max(*times, job.time_to_outcome)


def _why_idle(job: Job, counts: Counts) -> str | None:
    """Why the job, which is over, has sent nothing; None where it has. Anyone who waits for it is not to take
    that for a success."""
    if counts.issued:
        return None
    parts = [
        f"{sum(some.values())} {what} ({', '.join(f'{reason} {n}' for reason, n in sorted(some.items()))})"
        for what, some in (("rejected", counts.rejected), ("skipped", job.skipped))
        if some
    ]
    return f"nothing was sent: {', '.join(parts) or 'nothing was selected'}"
