"""Finding out whether all failures of a group have recovered."""

from dataclasses import dataclass
from datetime import datetime

from lambda_replay.domain.pagination import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCheck:
    """An execution recovered; `due_at` is when to look at the others, None when that has been done.

    A large group is looked through in parts: `since` is when that began, with the group at `group_version`;
    `after` is where to go on, and `recovered` how many had recovered up to there.
    """

    fingerprint: str
    due_at: datetime | None
    expires_at: datetime
    since: datetime | None = None
    group_version: int = 0
    after: Position | None = None
    recovered: int = 0
    version: int = 0
