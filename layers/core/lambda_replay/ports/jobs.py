"""What jobs need from the world."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lambda_replay.domain.errors import LambdaReplayError
from lambda_replay.domain.jobs.job import Job
from lambda_replay.domain.pagination import Position
from lambda_replay.ports.common import Contended


@dataclass(frozen=True, slots=True)
class JobPage:
    """The newest first; `after` and `unreadable` as in `Page`."""

    jobs: tuple[Job, ...]
    after: Position | None
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Which jobs are running, each with the functions that it may touch."""

    jobs: Mapping[str, tuple[str, ...]]
    version: int = 0


class JobStore(Contended, Protocol):
    """Jobs, the pages of their selections, and which of them are running."""

    def get(self, job_id: str) -> Job | None:
        """With every write that was answered before. Raises `UnreadableItem`."""

    def save(self, job: Job, running: Running | None = None) -> None:
        """Both or neither; raises `StaleVersion` unless each is of the stored version (0: is new)."""

    def running(self) -> Running:
        """Which jobs are running now."""

    def put_page(
        self, job_id: str, number: int, ids: Sequence[str], *, version: int, expires_at: datetime
    ) -> None:
        """`version` is the job's that it is written for. Raises `StaleVersion` when the page is there for a
        later one: anyone who comes late changes nothing."""

    def selection(self, job_id: str, number: int) -> tuple[str, ...]:
        """The ids of one page; none when it has expired."""

    def page(self, *, limit: int, after: Position | None = None) -> JobPage:
        """Jobs, the newest first."""

    def due(self, now: datetime) -> Iterator[str]:
        """Ids of jobs whose `due_at` has come, by an index that may lag."""


class NotStartedError(LambdaReplayError):
    """It is unknown whether the job is driven now: it can be started again."""


class Runner(Protocol):
    """Has a job driven: the replay function called for it again and again, until it says that it is done."""

    def start(self, job: Job) -> None:
        """Nothing happens when this generation of the job was started before. Raises `NotStartedError`."""
