"""What the sweep does for jobs: drive on one whose driver died, close what was left open, tell the end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from lambda_replay.domain.jobs.job import Job, JobDecision, JobStatus, JobVerb
from lambda_replay.domain.jobs.pacing import Counts
from lambda_replay.ports.alerts import Alerts, Count, Counter
from lambda_replay.ports.common import Clock
from lambda_replay.ports.executions import EntryStore
from lambda_replay.use_cases.jobs.control import Jobs
from lambda_replay.use_cases.jobs.numbers import account_of, close_left

WATCH = "lambda-replay:sweep"
# Without anything done in between.
_RESTARTS = 3


@dataclass(frozen=True, slots=True)
class JobWatchdog:
    jobs: Jobs
    entries: EntryStore
    alerts: Alerts
    count: Counter
    now: Clock

    def steps(self, now: datetime) -> Iterator[Callable[[], object]]:
        """One for each job that is due."""
        for job_id in self.jobs.jobs.due(now):
            yield partial(self._look, job_id)

    def _look(self, job_id: str) -> None:
        now, job = self.now(), self.jobs.jobs.get(job_id)
        if job is None or job.due_at is None or job.due_at > now:  # the index lags
            return
        try:
            if job.is_active:
                self._drive_on(job, now)
            elif job.slice is not None:
                close_left(self.jobs, self.entries, job, now)
            else:
                self._tell(job)
        except Exception as fault:
            fault.add_note(f"job {job_id}")
            raise

    def _drive_on(self, job: Job, now: datetime) -> None:
        if job.starting:
            self.jobs.have_driven(job)
            return
        self.count(Count.JOB_STALLED)
        if job.stalled >= _RESTARTS:
            why = f"no progress: it was driven on {_RESTARTS} times, and nothing was heard of it"
            decision = JobDecision(verb=JobVerb.HALT, at=now, by=WATCH, reason=why)
            self.jobs.decide(job.id, decision)
            return
        again = replace(job.heard(now), generation=job.generation + 1, stalled=job.stalled + 1)
        self.jobs.jobs.save(again)
        self.jobs.runner.start(again)

    def _tell(self, job: Job) -> None:
        account = account_of(self.jobs.jobs, self.entries, job)
        self.alerts.send(headline(job), text(job, account.counts, account.remaining))
        self.count(Count.ALERT_SENT)
        self.jobs.change(job.id, lambda fresh: replace(fresh, unreported=False))


def headline(job: Job) -> str:
    """The subject of a message about the job."""
    return f"Job {job.status}: {job.name or job.id}"


def summary(counts: Counts) -> str:
    """In one line, leaving out what is nought."""
    parts = [
        (counts.succeeded, "recovered"),
        (counts.failed_again, "failed again"),
        (counts.failed_same, "with the same error"),
        (counts.failed_new, "new"),
        (counts.unconfirmed, "unconfirmed: accepted, and no failure came back"),
        (counts.uncertain, "uncertain: Lambda's answer was lost"),
        (counts.pending, "still pending"),
    ]
    reported = ", ".join(f"{number} {what}" for number, what in parts if number)
    return f"issued {counts.issued}: {reported or 'nothing'}"


def text(job: Job, counts: Counts, remaining: int) -> str:
    """The end of a job: ids, numbers and reasons alone (docs/reference/service.md#quiet)."""
    last = job.decisions[-1] if job.decisions else None
    why = last.reason if last is not None and job.status is not JobStatus.COMPLETED else None
    lines = [
        headline(job) + (f": {why}" if why else ""),
        f"  {summary(counts)}",
        *(f"  rejected {n}: {reason}" for reason, n in sorted(counts.rejected.items())),
        *(f"  skipped {n}: {reason}" for reason, n in sorted(job.skipped.items())),
        *([f"  not looked at: {remaining} of {job.selected}"] if remaining else []),
        f"  GET /jobs/{job.id}",
        f"  lambda-replay console --open jobs/{job.id}",
    ]
    return "\n".join(lines)
