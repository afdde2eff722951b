"""What may stand under a request id.

A request id belongs to one run: the original invocation of an execution, or one of its replays. Whoever
writes first (triage with the run's record, or the replay with Lambda's answer) takes the id's one place, and
the other finds it taken: that is how both orders end the same (design, invariant 5).
"""

from dataclasses import dataclass
from datetime import datetime

from lambda_replay.domain.execution import Execution
from lambda_replay.domain.replay import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The run with this request id is replay `number` of `execution_id`.

    `fact` is an outcome that was known before the link could be written; it is kept here until it has
    certainly been taken in by the execution.
    """

    id: str
    execution_id: str
    number: int
    expires_at: datetime
    fact: Fact | None = None
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlySuccess:
    """A success whose run nobody knows (yet): a replay's answer may still be on its way to the table."""

    id: str
    at: datetime
    expires_at: datetime
    version: int = 0


Entry = Execution | Link | EarlySuccess


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """There is an entry, and this version of the service can't read it: a newer one wrote it, or it is
    damaged. It is left as it is, and nothing is decided about it."""

    id: str


Stored = Entry | Unreadable
