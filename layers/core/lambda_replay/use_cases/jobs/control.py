"""Starting jobs, and what people may do to them while they run."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import batched

from lambda_replay.domain.executions.execution import Execution
from lambda_replay.domain.executions.filter import ExecutionFilter
from lambda_replay.domain.executions.replay import ReplayMode
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.jobs.job import PAGE, Job, JobDecision, JobVerb, Pace
from lambda_replay.domain.pagination import Position
from lambda_replay.domain.refusals import MEANING, Reason, RefusedError
from lambda_replay.domain.request_digest import digest_of, digest_of_text
from lambda_replay.ports.common import Clock, NewId
from lambda_replay.ports.executions import EntryStore
from lambda_replay.ports.groups import GroupStore
from lambda_replay.ports.jobs import JobStore, NotStartedError, Runner, Running
from lambda_replay.use_cases.executions.update import until_written

# A job outlives the executions that it is about, so that what became of them can still be reported.
_KEPT_LONGER = timedelta(days=30)
# How long the same request of one caller, without a key, is the same job.
_SAME_FOR = timedelta(minutes=10)
# What a job without a word about functions may touch.
ANY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """`wanted` or `ids`. `id`, and `earlier` ones of the same request, are `ids_of` it; `digest` tells this
    request from any other under the same key. `runner` is who drives jobs."""

    id: str
    digest: str
    by: str
    runner: str
    wanted: ExecutionFilter | None
    ids: tuple[str, ...]
    options: ReplayOptions
    pace: Pace
    name: str | None = None
    reason: str | None = None
    earlier: tuple[str, ...] = ()


def ids_of(
    *, key: str | None, mode: ReplayMode, by: str, digest: str, now: datetime, new_id: NewId
) -> tuple[str, ...]:
    """A request's id, and behind it those that the same request may have had a moment earlier.

    With a key the id follows from it. Without one, only a request to force replays is known again, for ten
    minutes: when its answer was lost, a second job would send everything twice.
    """
    if key is not None:
        return (_job_id(digest_of_text(key)),)
    if mode is not ReplayMode.FORCE:
        return (_job_id(new_id()),)
    window = int(now.timestamp() // _SAME_FOR.total_seconds())
    about = {"by": by, "digest": digest}
    return tuple(_job_id(digest_of({**about, "window": number})) for number in (window, window - 1))


def _job_id(distinct: str) -> str:
    return f"job-{distinct[:20]}"


@dataclass(frozen=True, slots=True)
class Jobs:
    """At most `limit` jobs are running for one function."""

    jobs: JobStore
    entries: EntryStore
    groups: GroupStore
    runner: Runner
    retention: timedelta
    limit: int
    now: Clock

    def start(self, request: JobRequest) -> Job:
        """The new job, or the one that this request started before; `starting` when no driver could be
        started, which the sweep does then. Raises `RefusedError`."""
        job = self._found(request) or self._create(request)
        if job.digest != request.digest:
            raise RefusedError(
                Reason.IDEMPOTENCY_KEY_REUSED, "this Idempotency-Key was used for another job's request"
            )
        if not job.frozen and request.wanted is None:
            job = self._freeze(job, request.ids)
        return self._driven_or_starting(job) if job.is_active else job

    def decide(self, job_id: str, decision: JobDecision) -> Job:
        """The job with the decision in effect; `starting` as `start` tells it. Raises `RefusedError`."""

        def decided(job: Job) -> Job:
            # Its own write, met again after the answer was lost, is no reason to refuse it.
            return job if job.decisions[-1:] == (decision,) else job.decide(decision)

        job = self.change(job_id, decided)
        return self._driven_or_starting(job) if decision.verb is JobVerb.RESUME else job

    def have_driven(self, job: Job) -> Job:
        """Start a driver for a job that is `starting`. Raises `NotStartedError`, with nothing changed."""
        self.runner.start(job)
        return self.change(job.id, lambda fresh: fresh.heard(self.now()) if fresh.starting else fresh)

    def _driven_or_starting(self, job: Job) -> Job:
        try:
            self.runner.start(job)
        except NotStartedError:
            return self.change(job.id, lambda fresh: _unstarted(fresh, job.generation, self.now()))
        return job

    def change(self, job_id: str, decide: Callable[[Job], Job]) -> Job:
        """Write what `decide` makes of the job, deciding again when it changed since then, and keep the list
        of running jobs. Raises `RefusedError`, and `StaleVersion` after ten lost rounds."""

        def decide_and_save() -> Job:
            job = self.load(job_id)
            decided = decide(job)
            if decided is job:
                return job
            running = None
            if decided.is_active != job.is_active:
                running = self._with(decided) if decided.is_active else _without(decided, self.jobs.running())
            return save(self.jobs, decided, running)

        return until_written(self.jobs, decide_and_save, f"job {job_id}")

    def load(self, job_id: str) -> Job:
        """Raises `RefusedError` when there is no such job."""
        job = self.jobs.get(job_id)
        if job is None:
            raise RefusedError(Reason.JOB_NOT_FOUND)
        return job

    def _found(self, request: JobRequest) -> Job | None:
        same_since = self.now() - _SAME_FOR
        earlier = (job for name in request.earlier if (job := self.jobs.get(name)) is not None)
        recent = (job for job in earlier if job.created_at > same_since)
        return self.jobs.get(request.id) or next(recent, None)

    def _create(self, request: JobRequest) -> Job:
        now = self.now()
        job = Job(
            id=request.id,
            name=request.name,
            reason=request.reason,
            by=request.by,
            created_at=now,
            expires_at=now + self.retention + _KEPT_LONGER,
            digest=request.digest,
            runner=request.runner,
            wanted=request.wanted,
            options=request.options,
            pace=request.pace,
            functions=self._functions(request),
        ).heard(now)

        def find_or_save() -> Job:
            found = self.jobs.get(job.id)
            if found is not None:  # the same request, a moment earlier
                return found
            return save(self.jobs, job, self._with(job))

        return until_written(self.jobs, find_or_save, "the list of running jobs")

    def _freeze(self, job: Job, ids: Iterable[str]) -> Job:
        """Only now, for until here two requests under one key may have been on their way."""
        return select(self.jobs, job, list(dict.fromkeys(ids))[::-1], None)

    def _functions(self, request: JobRequest) -> tuple[str, ...]:
        if request.options.function is not None:
            return (request.options.function.rpartition(":")[2],)
        if request.wanted is None:
            found = self.entries.get_many(request.ids).values()
            names = {entry.function.name for entry in found if isinstance(entry, Execution)}
            if not names:
                raise RefusedError(Reason.NOTHING_SELECTED)
            return tuple(sorted(names))
        if request.wanted.function is not None:
            return (request.wanted.function,)
        groups = self.groups.get(request.wanted.groups) if request.wanted.groups else {}
        return tuple(sorted({group.function for group in groups.values()})) or (ANY,)

    def _with(self, job: Job) -> Running:
        """Raises `RefusedError` when as many as may are running for one of its functions."""
        running = self.jobs.running()
        others = {name: functions for name, functions in running.jobs.items() if name != job.id}
        for function in job.functions:
            busy = [name for name, functions in others.items() if function in functions]
            if len(busy) >= self.limit:
                about = "without a function" if function == ANY else f"for {function}"
                detail = f"{', '.join(sorted(busy))} {about}: {MEANING[Reason.JOB_LIMIT]}"
                raise RefusedError(Reason.JOB_LIMIT, detail)
        return replace(running, jobs={**others, job.id: job.functions})


def select(jobs: JobStore, job: Job, ids: Sequence[str], after: Position | None) -> Job:
    """The job with these executions on its next pages, all of it saved; `ids` are the newest first, and the
    job begins at their end.

    The job's version is won before its pages are written, and each page under that version: of two who
    select at once, the later one writes them. Raises `StaleVersion` when that is another caller."""
    won = save(jobs, job)
    chosen = _shuffled(ids, job.id) if job.pace.ramp else ids
    pages = list(batched(chosen, PAGE, strict=False))
    for number, page in enumerate(pages, start=job.pages):
        jobs.put_page(job.id, number, page[::-1], version=won.version, expires_at=job.expires_at)
    return save(jobs, won.selects(len(ids), len(pages), after))


def _unstarted(job: Job, generation: int, now: datetime) -> Job:
    """Unless it was continued since then."""
    return job.unstarted(now) if job.is_active and job.generation == generation else job


def save(jobs: JobStore, job: Job, running: Running | None = None) -> Job:
    """The job as it stands in the store then. Raises `StaleVersion`."""
    jobs.save(job, running)
    return replace(job, version=job.version + 1)


def _shuffled(ids: Iterable[str], seed: str) -> list[str]:
    """Failures come in bursts of one kind; the few that a ramp begins with shall speak for all."""
    return sorted(ids, key=lambda name: hashlib.sha256(f"{seed}/{name}".encode()).digest())


def _without(job: Job, running: Running) -> Running:
    return replace(running, jobs={name: f for name, f in running.jobs.items() if name != job.id})
