"""`JobStore` on the records table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pynamodb.exceptions import DoesNotExist, PutError, UpdateError
from pynamodb.transactions import TransactWrite

from lambda_replay.adapters.dynamodb.executions.items import KeyItem
from lambda_replay.adapters.dynamodb.groups.items import GroupKeyItem
from lambda_replay.adapters.dynamodb.jobs.items import (
    JOB,
    JOBS,
    RUNNING,
    JobItem,
    JobPageItem,
    RunningItem,
    job_key,
    page_part,
)
from lambda_replay.adapters.dynamodb.jobs.mapping import job_item, running_item, to_job, to_running
from lambda_replay.adapters.dynamodb.shared.base_store import DynamoStore
from lambda_replay.adapters.dynamodb.shared.errors import lost
from lambda_replay.adapters.dynamodb.shared.transactions import commit, write
from lambda_replay.adapters.dynamodb.shared.values import epoch, position, seen, text
from lambda_replay.domain.jobs.job import Job
from lambda_replay.domain.pagination import Position
from lambda_replay.ports.common import Pause, StaleVersionError
from lambda_replay.ports.jobs import JobPage, Running


@dataclass(frozen=True, slots=True)
class DynamoJobStore(DynamoStore):
    def get(self, job_id: str) -> Job | None:
        try:
            # Consistent: a decision is made on it.
            return self.alone(JobItem.get(job_key(job_id), JOB, consistent_read=True), to_job)
        except DoesNotExist:
            return None

    def save(self, job: Job, running: Running | None = None) -> None:
        if running is None:
            _put(job)
        else:
            _put_both(job, running, self.pause)

    def running(self) -> Running:
        try:
            return self.alone(RunningItem.get(JOBS, RUNNING, consistent_read=True), to_running)
        except DoesNotExist:
            return Running(jobs={})

    def put_page(
        self, job_id: str, number: int, ids: Sequence[str], *, version: int, expires_at: datetime
    ) -> None:
        item = JobPageItem(
            job_key(job_id),
            page_part(number),
            expires_at=epoch(expires_at),
            ids=" ".join(ids),
            written_for=version,
        )
        try:
            item.save(JobPageItem.id.does_not_exist() | (JobPageItem.written_for <= version))
        except PutError as error:
            if not lost(error):
                raise
            raise StaleVersionError(job_id) from None

    def selection(self, job_id: str, number: int) -> tuple[str, ...]:
        try:
            # Consistent: the job may have been made a moment ago, and no page must look empty.
            item = JobPageItem.get(job_key(job_id), page_part(number), consistent_read=True)
        except DoesNotExist:
            return ()
        return tuple(item.ids.split())

    def page(self, *, limit: int, after: Position | None = None) -> JobPage:
        behind = None if after is None else GroupKeyItem.active < seen(after.at, after.id)
        # One more than is shown tells whether there is a next page.
        items = GroupKeyItem.by_activity.query(JOBS, behind, scan_index_forward=False, limit=limit + 1)
        positions = list(self.readable(items, lambda item: position(item.active or "")))
        shown = positions[:limit]
        jobs, unreadable = self._jobs(shown)
        return JobPage(jobs, shown[-1] if len(positions) > limit else None, unreadable)

    def due(self, now: datetime) -> Iterator[str]:
        for item in KeyItem.due.query(JOBS, KeyItem.due_at <= text(now)):
            yield item.id.removeprefix(job_key(""))

    def _jobs(self, positions: list[Position]) -> tuple[tuple[Job, ...], tuple[str, ...]]:
        """The jobs at these positions as they are now, in the same order, and the ids of those that can't be
        read; the index may name one that is gone."""
        keys = [(job_key(at.id), JOB) for at in positions]
        # Consistent, so that who pauses a job and lists again sees it paused.
        items = {item.id: item for item in JobItem.batch_get(keys, consistent_read=True)} if keys else {}
        found = {job.id: job for job in self.readable(items.values(), to_job)}
        unreadable = (at.id for at in positions if job_key(at.id) in items and at.id not in found)
        return tuple(found[at.id] for at in positions if at.id in found), tuple(unreadable)


def _put(job: Job) -> None:
    try:
        job_item(job).write()
    except (PutError, UpdateError) as error:
        if not lost(error):
            raise
        raise StaleVersionError(job.id) from None


def _put_both(job: Job, running: Running, pause: Pause) -> None:
    def fill(transaction: TransactWrite) -> None:
        write(transaction, job_item(job))
        write(transaction, running_item(running))

    commit(fill, job.id, pause)
