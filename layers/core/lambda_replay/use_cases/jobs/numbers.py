"""What a job's numbers are at this moment, and how a slice of it enters them."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from lambda_replay.domain.executions.execution import Execution
from lambda_replay.domain.executions.outcome_counts import job_scope
from lambda_replay.domain.jobs.job import Job, SliceResult
from lambda_replay.domain.jobs.pacing import Counts
from lambda_replay.ports.executions import EntryStore
from lambda_replay.ports.jobs import JobStore
from lambda_replay.use_cases.jobs.control import Jobs


@dataclass(frozen=True, slots=True)
class Account:
    """`remaining` of the selected executions have not been looked at yet. Each of the others was issued,
    rejected or skipped."""

    counts: Counts
    claimed: int
    remaining: int


def account_of(jobs: JobStore, entries: EntryStore, job: Job) -> Account:
    """With what has been done of the open slice."""
    # The outcomes first: none of them may be of a replay that is not counted as issued yet.
    outcomes = entries.counts(job_scope(job.id))
    done = _carrying(jobs, entries, job) if job.slice is not None else ()
    claimed = job.claimed + len(done)
    return Account(Counts.of(claimed, outcomes), claimed, job.remaining - len(done))


def counts_of(entries: EntryStore, job: Job) -> Counts:
    """Of a job without an open slice."""
    return Counts.of(job.claimed, entries.counts(job_scope(job.id)))


def close(
    jobs: Jobs,
    job: Job,
    done: SliceResult,
    page_size: int,
    *,
    now: datetime,
    time_to_outcome: timedelta | None,
) -> Job:
    """The job past its open slice, which enters the numbers once, anyone who comes with it."""
    opened = job.slice

    def closed(fresh: Job) -> Job:
        if fresh.slice != opened:
            return fresh
        return fresh.closes(done, page_size, now, time_to_outcome)

    return jobs.change(job.id, closed)


def close_left(jobs: Jobs, entries: EntryStore, job: Job, now: datetime) -> Job:
    """As `close`, for a slice that no driver will continue: what carries a replay of the job was issued, what
    comes before it was skipped, and the rest was not looked at."""
    part = job.slice
    if part is None:
        return job
    page = jobs.jobs.selection(job.id, part.page)
    ids = page[part.offset : part.offset + part.size]
    carrying = _carrying(jobs.jobs, entries, job)
    consumed = max((place for place, name in enumerate(ids, start=1) if name in carrying), default=0)
    passed = consumed - len(carrying)
    skipped = Counter({"not_sent": passed} if passed else {})
    done = SliceResult(consumed=consumed, claimed=len(carrying), sent=len(carrying), skipped=skipped)
    return close(jobs, job, done, len(page), now=now, time_to_outcome=None)


def _carrying(jobs: JobStore, entries: EntryStore, job: Job) -> frozenset[str]:
    """Executions of the open slice that carry a replay of this job."""
    part = job.slice
    if part is None:
        return frozenset()
    ids = jobs.selection(job.id, part.page)[part.offset : part.offset + part.size]
    return frozenset(
        name
        for name, entry in entries.get_many(ids).items()
        if isinstance(entry, Execution) and any(attempt.job == job.id for attempt in entry.replays)
    )
