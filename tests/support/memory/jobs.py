"""Stores of jobs and policies that live in the process; see `tests.support.memory.executions`."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from lambda_replay.adapters import backoff
from lambda_replay.domain.functions.function_arn import FunctionArn, name_of
from lambda_replay.domain.jobs.job import Job
from lambda_replay.domain.pagination import Position
from lambda_replay.domain.policies.circuit_breaker import Breaker
from lambda_replay.domain.policies.policy import Policy
from lambda_replay.ports.common import StaleVersionError
from lambda_replay.ports.jobs import JobPage, Running
from lambda_replay.ports.policies import FunctionPage, PolicyStatus, SeenFunction


class MemoryJobStore:
    pause = staticmethod(backoff.none)

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._pages: dict[tuple[str, int], tuple[int, tuple[str, ...]]] = {}
        self._running = Running(jobs={})

    def get(self, job_id: str) -> Job | None:
        return self._jobs.get(job_id)

    def save(self, job: Job, running: Running | None = None) -> None:
        found = self._jobs.get(job.id)
        if (0 if found is None else found.version) != job.version:
            raise StaleVersionError(job.id)
        if running is not None:
            if running.version != self._running.version:
                raise StaleVersionError("running jobs")
            self._running = replace(running, version=running.version + 1)
        self._jobs[job.id] = replace(job, version=job.version + 1)

    def running(self) -> Running:
        return self._running

    def put_page(
        self, job_id: str, number: int, ids: Sequence[str], *, version: int, expires_at: datetime
    ) -> None:
        del expires_at  # nothing here lives that long
        if self._pages.get((job_id, number), (0, ()))[0] > version:
            raise StaleVersionError(job_id)
        self._pages[job_id, number] = (version, tuple(ids))

    def selection(self, job_id: str, number: int) -> tuple[str, ...]:
        return self._pages.get((job_id, number), (0, ()))[1]

    def page(self, *, limit: int, after: Position | None = None) -> JobPage:
        newest_first = sorted(self._jobs.values(), key=_key, reverse=True)
        behind = [job for job in newest_first if after is None or _key(job) < (after.at, after.id)]
        shown = tuple(behind[:limit])
        return JobPage(shown, Position(*_key(shown[-1])) if len(behind) > limit else None)

    def due(self, now: datetime) -> Iterator[str]:
        due = [(job.due_at, job.id) for job in self._jobs.values() if job.due_at and job.due_at <= now]
        return iter([job_id for _, job_id in sorted(due)])


class MemoryPolicyStore:
    def __init__(self) -> None:
        self._policies: dict[str, Policy] = {}
        self._versions: dict[str, list[Policy]] = {}
        self._breakers: dict[str, Breaker] = {}

    def get(self, function: str) -> Policy | None:
        by_name = self._policies.get(name_of(function))
        inherited = None if by_name is None else replace(by_name, function=function, version=0)
        return self._policies.get(function, inherited)

    def save(self, policy: Policy) -> None:
        found = self._policies.get(policy.function)
        if (0 if found is None else found.version) != policy.version:
            raise StaleVersionError(policy.function)
        self._policies[policy.function] = saved = replace(policy, version=policy.version + 1)
        if saved.at is not None:
            self._versions.setdefault(policy.function, []).insert(0, saved)

    def history(self, function: str) -> list[Policy]:
        return self._versions.get(function, [])[:50]

    def breaker(self, function: str) -> Breaker:
        by_name = self._breakers.get(name_of(function), Breaker(function=function))
        return self._breakers.get(function, replace(by_name, function=function, version=0))

    def save_breaker(self, breaker: Breaker) -> None:
        found = self._breakers.get(breaker.function)
        if (0 if found is None else found.version) != breaker.version:
            raise StaleVersionError(breaker.function)
        self._breakers[breaker.function] = replace(breaker, version=breaker.version + 1)

    def alerting(self, now: datetime) -> Iterator[str]:
        opened = [
            b for b in self._breakers.values() if b.alert_pending and b.since is not None and b.since <= now
        ]
        return iter([breaker.function for breaker in opened])

    def standings(self, functions: Collection[str]) -> Mapping[str, PolicyStatus]:
        return {name: PolicyStatus(self.get(name), self.breaker(name)) for name in functions}


class MemoryFunctionStore:
    def __init__(self) -> None:
        self._seen: dict[str, SeenFunction] = {}

    def seen(self, function: FunctionArn, at: datetime) -> None:
        found = self._seen.get(function.unqualified)
        if found is None or found.at < at:
            self._seen[function.unqualified] = SeenFunction(function.with_qualifier(None), at)

    def named(self, name: str) -> list[FunctionArn]:
        return [one.function for one in self._seen.values() if one.function.name == name]

    def page(self, *, limit: int, after: Position | None = None) -> FunctionPage:
        newest_first = sorted(((one.at, name) for name, one in self._seen.items()), reverse=True)
        behind = [key for key in newest_first if after is None or key < (after.at, after.id)]
        shown = behind[:limit]
        last = Position(*shown[-1]) if len(behind) > limit else None
        return FunctionPage(tuple(self._seen[name] for _, name in shown), last)


def _key(job: Job) -> tuple[datetime, str]:
    return job.created_at, job.id
