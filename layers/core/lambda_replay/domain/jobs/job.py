"""A bulk replay: a frozen selection of executions, replayed at a rate, with a guard.

A job walks its selection page by page. Before a slice of a page is touched, the slice is written down; when
all of it has been dealt with, the job moves on, in one write. So the driver after a crash finds the slice,
and which of its executions carry a replay of this job tells what has been done.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from lambda_replay.domain.executions.filter import ExecutionFilter
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.pagination import Position
from lambda_replay.domain.refusals import Reason, RefusedError
from lambda_replay.domain.unknown_fields import Unknown

# One page of the selection is one item of the table: 500 ids are 20 KB.
PAGE = 500
# How long a job's driver may be silent, beyond the wait that it announced.
_SILENCE = timedelta(minutes=5)
# How long a driver that was replaced may go on with its slice: as long as its function may run (template:
# Timeout of ReplayFunction).
TURN = timedelta(seconds=60)
# So many seconds' worth of the rate are saved up while nothing is sent.
_SAVED = 2


class JobStatus(StrEnum):
    PLANNED = "planned"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    HALTED = "halted"


class JobVerb(StrEnum):
    """What is done to a job, by a person or by the service itself."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    COMPLETE = "complete"
    HALT = "halt"


ACTIVE = frozenset({JobStatus.PLANNED, JobStatus.RUNNING})
ENDED = frozenset({JobStatus.COMPLETED, JobStatus.CANCELLED, JobStatus.HALTED})

STATUS_AFTER: dict[JobVerb, JobStatus] = {
    JobVerb.PAUSE: JobStatus.PAUSED,
    JobVerb.RESUME: JobStatus.RUNNING,
    JobVerb.CANCEL: JobStatus.CANCELLED,
    JobVerb.COMPLETE: JobStatus.COMPLETED,
    JobVerb.HALT: JobStatus.HALTED,
}

# What stands in the way, by verb and status; nothing for a status that is not there.
_REFUSED: dict[JobVerb, dict[JobStatus, Reason]] = {
    JobVerb.PAUSE: {JobStatus.PAUSED: Reason.JOB_PAUSED, **dict.fromkeys(ENDED, Reason.JOB_ENDED)},
    JobVerb.RESUME: {
        **dict.fromkeys(ACTIVE, Reason.JOB_NOT_PAUSED),
        **dict.fromkeys(ENDED, Reason.JOB_ENDED),
    },
    JobVerb.CANCEL: dict.fromkeys(ENDED, Reason.JOB_ENDED),
    JobVerb.COMPLETE: {JobStatus.PAUSED: Reason.JOB_PAUSED, **dict.fromkeys(ENDED, Reason.JOB_ENDED)},
    JobVerb.HALT: dict.fromkeys(ENDED, Reason.JOB_ENDED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDecision:
    """Who did what to a job, when and why."""

    verb: JobVerb
    at: datetime
    by: str
    reason: str | None = None
    unknown: Unknown = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Stops the job when at least `minimum` of its replays, and more than `share` of them, did not go
    through; with `new_group` also at the first that failed with another error than before."""

    share: float = 0.2
    minimum: int = 3
    new_group: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """`rate` is in replays per second. `ramp` are the sizes of the first batches, each of which waits for the
    outcomes of its replays, or for `patience` where no success is confirmed; None: as long as a failure of
    the function takes."""

    rate: float
    ramp: tuple[int, ...] = ()
    patience: timedelta | None = None
    guard: Guard | None = field(default_factory=Guard)

    @property
    def at_once(self) -> int:
        """A slice's replays: a second's worth of the rate, or one."""
        return max(1, math.floor(self.rate))

    def refilled(self, tokens: float, span: timedelta) -> float:
        """What `tokens` have become after `span`: they come at the rate, one for each replay, up to two
        seconds' worth of it, or one."""
        return min(max(1.0, _SAVED * self.rate), tokens + max(span.total_seconds(), 0) * self.rate)


@dataclass(frozen=True, slots=True)
class Slice:
    """Part of page `page`, from `offset` on: `size` executions, of which `most` may be replayed. The driver
    `generation` opened it at `opened_at`; 0 and None: a version that did not note it."""

    page: int
    offset: int
    size: int
    most: int
    opened_at: datetime | None = None
    generation: int = 0
    unknown: Unknown = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceResult:
    """What became of a slice: its first `consumed` executions are dealt with, and `claimed` of them carry a
    replay of the job. `sent` are all that do, behind those too."""

    consumed: int
    claimed: int
    sent: int
    skipped: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`selected` executions stand in pages 0 to `pages - 1`, the newest first, once it is `frozen`; until
    then `after` is where the selecting goes on. The job goes from the last page to the first; `page` and
    `offset` are where it is.

    `claimed` and `skipped` are about everything before that place. What became of the replays is counted by
    `domain.executions.outcome_counts`. `generation` tells the driver in charge from those before it. `digest`
    is of the request that made the job. `functions` are those that it may touch, for the limit of running
    jobs.
    """

    id: str
    name: str | None
    reason: str | None
    by: str
    created_at: datetime
    expires_at: datetime
    digest: str
    runner: str
    wanted: ExecutionFilter | None
    options: ReplayOptions
    pace: Pace
    functions: tuple[str, ...]

    status: JobStatus = JobStatus.PLANNED
    decisions: tuple[JobDecision, ...] = ()
    generation: int = 1
    frozen: bool = False
    after: Position | None = None
    pages: int = 0
    selected: int = 0

    page: int = 0
    offset: int = 0
    slice: Slice | None = None
    claimed: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    cleared: int = 0
    """How many batches of the ramp are over."""
    time_to_outcome: timedelta = timedelta(minutes=15)
    """How long the functions met so far take to fail for good."""
    started_at: datetime | None = None
    claimed_at: datetime | None = None
    """When the last slice with a replay was closed."""
    tokens: float | None = None
    """What the rate had left over then; None where a version without it closed the slice."""
    ended_at: datetime | None = None
    heard_by: datetime | None = None
    """When the driver in charge should have been heard of again."""
    starting: bool = False
    """No driver could be started, and none has been heard of since."""
    stalled: int = 0
    """How often it was not since the job last made progress."""
    unreported: bool = False
    """Its end is still to be reported."""
    version: int = 0

    @property
    def is_active(self) -> bool:
        """Whether it may still send."""
        return self.status in ACTIVE

    @property
    def remaining(self) -> int:
        """How many of the selected executions were not dealt with yet."""
        return self.selected - self.claimed - sum(self.skipped.values())

    @property
    def is_issued(self) -> bool:
        """Whether everything selected has been dealt with."""
        return self.frozen and self.slice is None and self.page < 0

    @property
    def due_at(self) -> datetime | None:
        """When the sweep has to look at this job: its driver may have died, or its end is to be reported."""
        if self.is_active or self.slice is not None:
            return self.heard_by
        return self.ended_at if self.unreported else None

    def heard(self, now: datetime, *, wait: timedelta = timedelta()) -> "Job":
        """With its driver known to be alive, and to be silent for `wait`."""
        return replace(self, heard_by=now + wait + _SILENCE, starting=False)

    def unstarted(self, now: datetime) -> "Job":
        """With the next sweep to start a driver, where none could be started now."""
        return replace(self, heard_by=now, starting=True)

    def moves(self, now: datetime, *, wait: timedelta = timedelta()) -> "Job":
        """As `heard`, after progress of any kind."""
        return replace(self.heard(now, wait=wait), stalled=0)

    def allowance(self, now: datetime) -> float:
        """How many replays the rate lets out now."""
        if self.claimed_at is not None:
            return self.pace.refilled(self.tokens or 0, now - self.claimed_at)
        return self.pace.refilled(self.pace.at_once, now - (self.started_at or now))

    def taken_for(self, now: datetime) -> timedelta:
        """How much longer a driver that was replaced may be sending what is in the open slice."""
        part = self.slice
        if part is None or part.opened_at is None or part.generation == self.generation:
            return timedelta()
        return max(part.opened_at + TURN - now, timedelta())

    def decide(self, decision: JobDecision) -> "Job":
        """With the decision in effect. Raises `RefusedError`."""
        reason = _REFUSED[decision.verb].get(self.status)
        if reason is not None:
            raise RefusedError(reason)
        status, at = STATUS_AFTER[decision.verb], decision.at
        changed = replace(self, status=status, decisions=(*self.decisions, decision)[-20:])
        if status is JobStatus.RUNNING:
            return replace(changed.heard(at), generation=self.generation + 1, stalled=0)
        return replace(changed, ended_at=at, unreported=True) if status in ENDED else changed

    def selects(self, ids: int, pages: int, after: Position | None) -> "Job":
        """With so many more executions on so many more pages; `after` None: that was all."""
        more = replace(
            self, pages=self.pages + pages, selected=self.selected + ids, after=after, frozen=after is None
        )
        if not more.frozen:
            return more
        status = JobStatus.RUNNING if self.status is JobStatus.PLANNED else self.status
        return replace(more, status=status, page=more.pages - 1, offset=0)

    def opens(self, part: Slice, now: datetime) -> "Job":
        """With this slice under way since `now`."""
        opened = replace(part, opened_at=_stored(now), generation=self.generation)
        return replace(self.heard(now), slice=opened, started_at=self.started_at or now)

    def closes(
        self, done: SliceResult, page_size: int, now: datetime, time_to_outcome: timedelta | None
    ) -> "Job":
        """Past the open slice, of whose page `page_size` is the size.

        Its replays count as sent now, the last moment at which one of them was: what comes next is then
        never too early, however long the slice took, and whichever driver began it.
        """
        if self.slice is None:
            return self
        at = _stored(now)
        offset = self.slice.offset + done.consumed
        finished = offset >= page_size
        return replace(
            self,
            slice=None,
            page=self.slice.page - 1 if finished else self.slice.page,
            offset=0 if finished else offset,
            claimed=self.claimed + done.claimed,
            skipped=dict(Counter(self.skipped) + Counter(done.skipped)),
            claimed_at=at if done.sent else self.claimed_at,
            tokens=self.allowance(at) - done.sent if done.sent else self.tokens,
            time_to_outcome=self.time_to_outcome if time_to_outcome is None else time_to_outcome,
            stalled=0 if done.consumed else self.stalled,
        )


def _stored(at: datetime) -> datetime:
    """The next whole millisecond: the table keeps no parts of them, and rounds down."""
    return at + timedelta(microseconds=-at.microsecond % 1000)
