"""One suite for every store of jobs: what the in-memory one promises, the table keeps."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pynamodb.exceptions import PutError, TransactWriteError

from lambda_replay.adapters.dynamodb.jobs.items import JobItem, JobPageItem, RunningItem
from lambda_replay.adapters.dynamodb.shared import transactions
from lambda_replay.domain.executions.execution import ExecutionStatus
from lambda_replay.domain.executions.filter import ExecutionFilter
from lambda_replay.domain.executions.replay import ReplayMode
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.jobs.job import PAGE, Guard, Job, JobDecision, JobStatus, JobVerb, Pace, Slice
from lambda_replay.domain.pagination import Position
from lambda_replay.domain.refusals import Reason
from lambda_replay.ports.common import StaleVersionError
from lambda_replay.ports.jobs import JobStore, Running
from tests.support.memory.jobs import MemoryJobStore
from tests.support.table import create_storage
from tests.support.world.service import START

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
EXPIRES = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(params=["memory", "dynamodb"])
def jobs(request: pytest.FixtureRequest) -> JobStore:
    if request.param == "memory":
        return MemoryJobStore()
    request.getfixturevalue("aws")
    return create_storage().jobs


@pytest.fixture
def table(aws: None) -> JobStore:
    return create_storage().jobs


def job(id_: str = "job-1", **other: Any) -> Job:
    """Nothing has a value that needs none."""
    values: dict[str, Any] = {
        "name": None,
        "reason": None,
        "by": "arn:aws:iam::123456789012:user/ops",
        "created_at": START,
        "expires_at": EXPIRES,
        "digest": "d" * 64,
        "runner": "arn:aws:states:eu-west-1:123456789012:stateMachine:jobs",
        "wanted": None,
        "options": ReplayOptions(),
        "pace": Pace(rate=5, guard=None),
        "functions": ("orders",),
    }
    return Job(id=id_, **{**values, **other})


def full_job() -> Job:
    """Every field of every part has a value that is not the default."""
    decisions = tuple(
        JobDecision(
            verb=verb,
            at=START + number * SECOND,
            by="someone",
            reason="deploying" if number % 2 else None,
        )
        for number, verb in enumerate(JobVerb)
    )
    return job(
        name="Orders after the outage – näher besehen",
        reason="fixed in v8",
        wanted=ExecutionFilter(
            since=START,
            until=START + HOUR,
            function="orders",
            groups=("f" * 32, "e" * 32),
            category="timeout",
            verdict="as_is",
            status=ExecutionStatus.FAILED,
            error_type="KeyError",
        ),
        options=ReplayOptions(
            mode=ReplayMode.FORCE,
            qualifier="live",
            tenant="blue",
            function="orders-fixed",
            patch='[{"op": "remove", "path": "/x"}]',
            not_before=START - HOUR,
            named=True,
        ),
        pace=Pace(
            rate=0.1,
            ramp=(1, 5, 20),
            patience=timedelta(minutes=3, microseconds=1),
            guard=Guard(share=0.35, minimum=7, new_group=True),
        ),
        functions=("orders", "bills"),
        status=JobStatus.HALTED,
        decisions=decisions,
        generation=3,
        frozen=True,
        after=Position(START - HOUR, "event-17"),
        pages=4,
        selected=1_712,
        page=-1,
        offset=200,
        slice=Slice(2, 200, 100, 20, opened_at=START + HOUR, generation=3),
        claimed=1_200,
        skipped={Reason.ALREADY_RECOVERED: 12, "not_sent": 3},
        cleared=2,
        time_to_outcome=timedelta(hours=2, microseconds=333_333),
        started_at=START + timedelta(milliseconds=1),
        claimed_at=START + timedelta(milliseconds=999),
        tokens=12.75,
        ended_at=START + 2 * HOUR,
        heard_by=START + HOUR,
        stalled=1,
        unreported=True,
        starting=True,
    )


@pytest.mark.parametrize("one", [job(), full_job()], ids=["minimal", "full"])
def test_what_is_stored_comes_back(jobs: JobStore, one: Job) -> None:
    assert jobs.get(one.id) is None
    jobs.save(one)
    assert jobs.get(one.id) == replace(one, version=1)


def test_the_full_job_leaves_no_field_out() -> None:
    least, full = job(), full_job()
    same = {field.name for field in fields(Job) if getattr(least, field.name) == getattr(full, field.name)}
    assert same == {"id", "by", "created_at", "expires_at", "digest", "runner", "version"}


def test_no_groups_is_another_wish_than_any_group(jobs: JobStore) -> None:
    for number, groups in enumerate([None, ()]):
        wanted = ExecutionFilter(since=START, until=START + HOUR, groups=groups)
        jobs.save(job(f"job-{number}", wanted=wanted))
        found = jobs.get(f"job-{number}")
        assert found is not None
        assert found.wanted == wanted


def test_a_job_is_changed_by_one_writer_at_a_time(jobs: JobStore) -> None:
    jobs.save(job())
    read = jobs.get("job-1")
    assert read is not None
    jobs.save(replace(read, offset=1))
    stale = [replace(read, offset=2), job(), replace(read, version=3), job("nobody", version=1)]
    for one in stale:
        with pytest.raises(StaleVersionError):
            jobs.save(one)
    assert jobs.get("job-1") == job(offset=1, version=2)
    assert jobs.get("nobody") is None


def test_nothing_is_running_at_first(jobs: JobStore) -> None:
    assert jobs.running() == Running(jobs={}, version=0)


def test_the_list_of_running_jobs_is_saved_with_the_job(jobs: JobStore) -> None:
    jobs.save(job(), Running(jobs={"job-1": ("orders", "bills")}))
    assert jobs.running() == Running(jobs={"job-1": ("orders", "bills")}, version=1)
    jobs.save(job(version=1), replace(jobs.running(), jobs={}))
    assert jobs.running() == Running(jobs={}, version=2)
    assert jobs.get("job-1") == job(version=2)


def test_a_save_without_the_list_leaves_it_alone(jobs: JobStore) -> None:
    jobs.save(job(), Running(jobs={"job-1": ("orders",)}))
    jobs.save(job(version=1))
    assert jobs.running() == Running(jobs={"job-1": ("orders",)}, version=1)


@pytest.mark.parametrize(
    ("job_version", "running_version"),
    [(0, 1), (2, 1), (1, 0), (1, 2), (0, 0)],
    ids=["new job", "other job", "new list", "other list", "both"],
)
def test_when_either_is_stale_neither_is_written(
    jobs: JobStore, job_version: int, running_version: int
) -> None:
    jobs.save(job(), Running(jobs={"job-1": ("orders",)}))
    with pytest.raises(StaleVersionError):
        jobs.save(
            job(version=job_version, offset=7), Running(jobs={"job-1": ("bills",)}, version=running_version)
        )
    assert jobs.get("job-1") == job(version=1)
    assert jobs.running() == Running(jobs={"job-1": ("orders",)}, version=1)


def test_a_job_that_finds_the_list_changed_does_not_exist(jobs: JobStore) -> None:
    jobs.save(job(), Running(jobs={"job-1": ("orders",)}))
    with pytest.raises(StaleVersionError):
        jobs.save(job("job-2"), Running(jobs={"job-2": ("orders",)}))
    assert jobs.get("job-2") is None


def test_a_page_holds_its_ids_in_order(jobs: JobStore) -> None:
    ids = [f"{number:08}-0000-4000-8000-000000000000" for number in range(PAGE, 0, -1)]
    jobs.put_page("job-1", 0, ids, version=1, expires_at=EXPIRES)
    jobs.put_page("job-1", 1, ids[:1], version=1, expires_at=EXPIRES)
    assert jobs.selection("job-1", 0) == tuple(ids)
    assert jobs.selection("job-1", 1) == tuple(ids[:1])
    assert jobs.selection("job-1", 2) == ()
    assert jobs.selection("job-2", 0) == ()


def test_a_page_that_is_put_again_is_replaced(jobs: JobStore) -> None:
    jobs.put_page("job-1", 0, ["a", "b"], version=1, expires_at=EXPIRES)
    jobs.put_page("job-1", 0, ["c"], version=1, expires_at=EXPIRES)
    assert jobs.selection("job-1", 0) == ("c",)
    jobs.put_page("job-1", 0, ["d"], version=4, expires_at=EXPIRES)
    assert jobs.selection("job-1", 0) == ("d",)


def test_who_comes_late_with_a_page_changes_nothing(jobs: JobStore) -> None:
    jobs.put_page("job-1", 0, ["a"], version=4, expires_at=EXPIRES)
    with pytest.raises(StaleVersionError):
        jobs.put_page("job-1", 0, ["b"], version=3, expires_at=EXPIRES)
    assert jobs.selection("job-1", 0) == ("a",)


def test_pages_are_no_jobs(jobs: JobStore) -> None:
    jobs.put_page("job-1", 0, ["a"], version=1, expires_at=EXPIRES)
    assert jobs.get("job-1") is None
    assert jobs.page(limit=10).jobs == ()


def _listed(jobs: JobStore, limit: int) -> Iterator[tuple[str, ...]]:
    after = None
    while True:
        page = jobs.page(limit=limit, after=after)
        yield tuple(one.id for one in page.jobs)
        if (after := page.after) is None:
            return


def test_the_list_is_newest_first_and_goes_on_where_it_ended(jobs: JobStore) -> None:
    # Three jobs of each time: no two are at the same place all the same.
    for number in range(120):
        jobs.save(job(f"job-{number:03}", created_at=START + number // 3 * timedelta(milliseconds=1)))
    newest_first = tuple(f"job-{number:03}" for number in range(119, -1, -1))
    pages = list(_listed(jobs, 50))
    assert [len(page) for page in pages] == [50, 50, 20]
    assert sum(pages, ()) == newest_first
    assert list(_listed(jobs, 40)) == [newest_first[:40], newest_first[40:80], newest_first[80:]]
    assert list(_listed(jobs, 120)) == [newest_first]


def test_the_list_shows_each_job_as_it_is_now(jobs: JobStore) -> None:
    assert jobs.page(limit=1).jobs == ()
    jobs.save(job())
    jobs.save(job(version=1, status=JobStatus.PAUSED))
    assert jobs.page(limit=1).jobs == (job(version=2, status=JobStatus.PAUSED),)
    assert jobs.page(limit=1).after is None


def test_a_job_is_due_when_its_driver_should_have_been_heard_of(jobs: JobStore) -> None:
    jobs.save(job("later", heard_by=START + 2 * SECOND))
    jobs.save(job("sooner", heard_by=START + SECOND))
    jobs.save(job("unreported", status=JobStatus.COMPLETED, ended_at=START, unreported=True))
    jobs.save(job("told", status=JobStatus.COMPLETED, ended_at=START))
    jobs.save(job("paused", status=JobStatus.PAUSED, heard_by=START))
    assert list(jobs.due(START - SECOND)) == []
    assert list(jobs.due(START + SECOND)) == ["unreported", "sooner"]
    jobs.save(job("unreported", version=1, status=JobStatus.COMPLETED, ended_at=START))
    assert list(jobs.due(START + HOUR)) == ["sooner", "later"]


def test_a_job_that_only_the_index_still_names_is_left_out(
    table: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        table.save(job(f"job-{number}", created_at=START + number * SECOND))
    read = JobItem.batch_get

    def without_the_expired(keys: list[tuple[str, str]], **how: Any) -> Iterator[JobItem]:
        return (item for item in read(keys, **how) if item.id not in ("job:job-3", "job:job-2"))

    monkeypatch.setattr(JobItem, "batch_get", without_the_expired)
    assert list(_listed(table, 2)) == [(), ("job-1", "job-0")]


def test_everything_about_a_job_expires_and_the_list_of_running_ones_stays(table: JobStore) -> None:
    table.save(job(), Running(jobs={"job-1": ("orders",)}))
    table.put_page("job-1", 0, ["a"], version=1, expires_at=EXPIRES)
    epoch = int(EXPIRES.timestamp())
    assert JobItem.get("job:job-1", "job").expires_at == epoch
    assert JobPageItem.get("job:job-1", "page#000000").expires_at == epoch
    assert "expires_at" not in RunningItem.get("jobs", "running").serialize()


def _answers(operation: str, code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)


def test_meeting_another_callers_transaction_is_a_stale_version(
    table: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def conflict(*_: Any, **__: Any) -> None:
        raise PutError("conflict", _answers("PutItem", "TransactionConflictException"))

    monkeypatch.setattr(JobItem, "save", conflict)
    with pytest.raises(StaleVersionError):
        table.save(job())


def test_what_is_no_conflict_is_no_stale_version(table: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise PutError("refused", _answers("PutItem", "AccessDeniedException"))

    def both_refused(*_: Any, **__: Any) -> None:
        raise TransactWriteError("refused", _answers("TransactWriteItems", "AccessDeniedException"))

    monkeypatch.setattr(JobItem, "save", refused)
    with pytest.raises(PutError):
        table.save(job())
    monkeypatch.setattr(transactions, "TransactWrite", both_refused)
    with pytest.raises(TransactWriteError):
        table.save(job(), Running(jobs={}))
