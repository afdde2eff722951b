"""`JobStore` on the records table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pynamodb.exceptions import DoesNotExist, PutError
from pynamodb.transactions import TransactWrite

from lambda_replay.adapters.dynamodb.errors import lost
from lambda_replay.adapters.dynamodb.group_items import GroupKeyItem
from lambda_replay.adapters.dynamodb.items import KeyItem
from lambda_replay.adapters.dynamodb.job_items import (
    JOB,
    JOBS,
    RUNNING,
    JobItem,
    JobPageItem,
    RunningItem,
    job_key,
    page_part,
)
from lambda_replay.adapters.dynamodb.job_mapping import job_item, running_item, to_job, to_running
from lambda_replay.adapters.dynamodb.mapping import epoch, position, seen, text
from lambda_replay.adapters.dynamodb.transactions import commit
from lambda_replay.adapters.pauses import jittered
from lambda_replay.domain.filter import Position
from lambda_replay.domain.job import Job
from lambda_replay.ports import Pause, StaleVersion
from lambda_replay.ports.jobs import JobPage, Running


@dataclass(frozen=True, slots=True)
class DynamoJobStore:
    """Call `binding.bind` first."""

    pause: Pause = field(default_factory=jittered)

    def get(self, job_id: str) -> Job | None:
        try:
            # Consistent: a decision is made on it.
            return to_job(JobItem.get(job_key(job_id), JOB, consistent_read=True))
        except DoesNotExist:
            return None

    def save(self, job: Job, running: Running | None = None) -> None:
        if running is None:
            _put(job)
        else:
            _put_both(job, running, self.pause)

    def running(self) -> Running:
        try:
            return to_running(RunningItem.get(JOBS, RUNNING, consistent_read=True))
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
            raise StaleVersion(job_id) from None

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
        positions = [position(item.active or "") for item in items]
        shown = positions[:limit]
        return JobPage(_jobs(shown), shown[-1] if len(positions) > limit else None)

    def due(self, now: datetime) -> Iterator[str]:
        for item in KeyItem.due.query(JOBS, KeyItem.due_at <= text(now)):
            yield item.id.removeprefix(job_key(""))


def _put(job: Job) -> None:
    try:
        job_item(job).save()
    except PutError as error:
        if not lost(error):
            raise
        raise StaleVersion(job.id) from None


def _put_both(job: Job, running: Running, pause: Pause) -> None:
    def fill(transaction: TransactWrite) -> None:
        transaction.save(job_item(job))
        transaction.save(running_item(running))

    commit(fill, job.id, pause)


def _jobs(positions: list[Position]) -> tuple[Job, ...]:
    """The jobs at these positions as they are now, in the same order; the index may name one that is gone."""
    keys = [(job_key(at.id), JOB) for at in positions]
    # Consistent, so that who pauses a job and lists again sees it paused.
    items = JobItem.batch_get(keys, consistent_read=True) if keys else ()
    found = {job.id: job for job in map(to_job, items)}
    return tuple(found[at.id] for at in positions if at.id in found)
