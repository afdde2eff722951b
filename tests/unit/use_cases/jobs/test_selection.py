"""Two who select for one job at the same time: one of them does, and the pages are what the job says."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lambda_replay.domain.jobs.job import PAGE, Job
from lambda_replay.ports.common import StaleVersionError
from lambda_replay.use_cases.jobs.control import select
from tests.integration.stores.test_jobs import job
from tests.support.memory.jobs import MemoryJobStore

NAMES = [f"event-{number}" for number in range(2 * PAGE + 10)]


class Died(BaseException):
    """The process ended here."""


class Watched:
    """A job store that calls `before` with the number of each of its calls."""

    def __init__(self, store: MemoryJobStore, before: Callable[[int], None]) -> None:
        self._store, self._before, self._calls = store, before, 0

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            self._calls += 1
            self._before(self._calls)
            return getattr(self._store, name)(*arguments, **options)

        return call


def selects(store: Any, read: Job, seen: int) -> None:
    """Who has read the job, and of the index so much as was there."""
    with suppress(StaleVersionError, Died):
        select(store, read, NAMES[:seen], None)


def selected(store: MemoryJobStore) -> tuple[Job, list[str]]:
    found = store.get("job-1")
    assert found is not None
    return found, [name for number in range(found.pages) for name in store.selection("job-1", number)]


def dies_at(call: int) -> Callable[[int], None]:
    def before(number: int) -> None:
        if number == call:
            raise Died

    return before


@given(
    st.integers(1, 2 * PAGE + 10), st.integers(1, 2 * PAGE + 10), st.integers(1, 8), st.integers(1, 8),
    st.booleans(),
)  # fmt: skip
def test_two_at_once(mine: int, theirs: int, at: int, death: int, has_read_before: bool) -> None:
    """The other comes before my call `at`, having read the job before or after me, and may die at its call
    `death`."""
    store = MemoryJobStore()
    store.save(job())
    before_me = store.get("job-1")
    assert before_me is not None

    def other(number: int) -> None:
        if number == at:
            read = before_me if has_read_before else store.get("job-1")
            assert read is not None
            if not read.frozen:
                selects(Watched(store, dies_at(death)), read, theirs)

    selects(Watched(store, other), before_me, mine)
    found, ids = selected(store)
    if not found.frozen:  # the one who won died: the next one selects
        select(store, found, NAMES[:mine], None)
        found, ids = selected(store)
    assert found.frozen
    assert found.selected in (mine, theirs)
    assert sorted(ids) == sorted(NAMES[: found.selected])


def test_who_lost_overwrites_no_page() -> None:
    store = MemoryJobStore()
    store.save(job())
    read = store.get("job-1")
    assert read is not None
    selects(store, read, 30)
    selects(store, read, 28)
    found, ids = selected(store)
    assert (found.selected, len(ids)) == (30, 30)
