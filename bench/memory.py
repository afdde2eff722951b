"""What a job holds in memory: `python -m bench.memory COUNT` drives one over so many executions, and prints
the most that it held at once, in bytes.

The stores make up what they are asked for and keep nothing, so what grows is the service's own.
"""

import sys
import tracemalloc
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from bench.cpu import record
from lambda_replay.domain.executions.execution import Execution
from lambda_replay.domain.executions.filter import ExecutionFilter
from lambda_replay.domain.executions.id_slot import Entry, Link
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.jobs.job import PAGE, Job, Pace
from lambda_replay.domain.pagination import Position
from lambda_replay.ports.executions import Page
from lambda_replay.ports.invoker import Accepted, InvokeAnswer
from lambda_replay.ports.jobs import Running
from lambda_replay.use_cases.jobs.driving import JobDriver
from lambda_replay.use_cases.replays.replay_many import BulkReplayer
from tests.support.world.service import World

_ID = "e4b46cbf-b738-4c8e-8880-a18cdf61200e"


@dataclass(slots=True)
class Table:
    """Entries, records and jobs: of `count` executions, all like `template`, and one job."""

    template: Execution
    payload: bytes
    count: int
    job: Job | None = None

    def page(self, _wanted: ExecutionFilter, *, limit: int, after: Position | None = None) -> Page:
        first = 0 if after is None else int(after.id)
        numbers = range(first, min(first + limit, self.count))
        last = Position(self.template.failed_at, str(numbers.stop)) if numbers.stop < self.count else None
        return Page(tuple(self._execution(_name(number)) for number in numbers), last)

    def get_many(self, ids: Collection[str]) -> dict[str, Entry]:
        return {name: self._execution(name) for name in ids}

    def payloads(self, ids: Collection[str]) -> dict[str, Callable[[], bytes | None]]:
        return dict.fromkeys(ids, lambda: bytes(bytearray(self.payload)))

    def advance(self, _executions: Collection[Execution]) -> set[str]:
        return set()

    def link_many(self, _links: Collection[Link]) -> set[str]:
        return set()

    def mark_replaying(self, function: str, until: datetime) -> None: ...

    def counts(self, _scope: str) -> dict[str, int]:
        return {}

    def get(self, _job_id: str) -> Job | None:
        return self.job

    def save(self, job: Job, _running: Running | None = None) -> None:
        self.job = replace(job, version=job.version + 1)

    def running(self) -> Running:
        return Running(jobs={})

    def put_page(self, *_page: Any, **_about: Any) -> None: ...

    def selection(self, _job_id: str, number: int) -> Sequence[str]:
        return tuple(_name(place) for place in range(number * PAGE, min((number + 1) * PAGE, self.count)))

    def _execution(self, name: str) -> Execution:
        return replace(self.template, id=name)


class Lambda:
    def invoke(self, target: FunctionArn, payload: bytes, **_named: str | None) -> InvokeAnswer:  # noqa: ARG002  # the port's names
        return Accepted(str(uuid4()))


def _name(number: int) -> str:
    return f"e4b46cbf-b738-4c8e-8880-{number:012}"


def drive(count: int) -> None:
    text = record(2048)
    world = World()
    world.arrives(text)
    payload = world.records.payload(_ID)
    assert payload is not None
    table: Any = Table(world.execution(_ID), payload, count)
    world.store, world.records, world.job_store = table, table, table

    def now() -> datetime:
        return datetime.now(UTC)

    checks, sender = replace(world.checks(), now=now), replace(world.sender(), invoker=Lambda(), now=now)
    recorder = replace(world.recorder(), counter=lambda _: None, now=now)
    bulk = BulkReplayer(table, table, checks, sender, recorder, ThreadPoolExecutor(16))
    driving = JobDriver(world.jobs(), table, bulk, sender.functions, sender.now)
    job = world.start_job(pace=Pace(rate=1_000_000, guard=None))
    while not job.is_issued:
        driving.turn(job.id, job.generation, lambda: True)
        job = driving.jobs.load(job.id)
    assert (job.claimed, job.skipped) == (count, {}), job


if __name__ == "__main__":
    drive(1)  # what is made once
    tracemalloc.start()
    drive(int(sys.argv[1]))
    print(tracemalloc.get_traced_memory()[1])
