"""What may stand under a request id.

A request id belongs to one run: the original invocation of an execution, or one of its replays. Anyone who
writes first (triage with the run's record, or the replay with Lambda's answer) takes the id's one place, and
the other finds it taken: that is how both orders end the same (docs/reference/service.md#any-order).
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from lambda_replay.domain.executions.execution import Execution, RunOf
from lambda_replay.domain.executions.identity import EventIdentity
from lambda_replay.domain.executions.replay import Fact
from lambda_replay.domain.unknown_fields import Unknown


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
    """A success whose run is not known (yet): a replay's answer may still be on its way to the table."""

    id: str
    at: datetime
    expires_at: datetime
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UncertainReplay:
    """If replay `number` of `execution_id` ran, its run fails between `since` and `until`."""

    execution_id: str
    number: int
    since: datetime
    until: datetime
    unknown: Unknown = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UncertainReplays:
    """Replays of one event to which Lambda's answer is unknown, the oldest first: their runs, if there are
    any, report under request ids that are written down nowhere.

    `id` is made of the event's function and payload (`uncertain_id`).
    """

    id: str
    replays: tuple[UncertainReplay, ...]
    expires_at: datetime
    version: int = 0

    def including(self, one: UncertainReplay) -> "UncertainReplays":
        """With this one too; the two oldest become one when there are too many."""
        others = [each for each in self.replays if (each.execution_id, each.number) != _key(one)]
        replays = sorted([*others, one], key=lambda each: each.since)
        while len(replays) > _REPLAYS_KEPT:
            oldest, second = replays[:2]
            until = max(oldest.until, second.until)
            replays[:2] = [replace(second, since=oldest.since, until=until)]
        expires_at = max(self.expires_at, one.until + _KEPT_AFTER)
        return replace(self, replays=tuple(replays), expires_at=expires_at)

    def run_failing(self, at: datetime, stored_at: datetime) -> RunOf | None:
        """Whose run one may be that failed then, by Lambda's clock, and was stored then, by the service's:
        that of the newest such replay."""
        for one in reversed(self.replays):
            if one.since - _CLOCK_SKEW <= at <= one.until and stored_at >= one.since:
                return RunOf(execution_id=one.execution_id, number=one.number)
        return None


_REPLAYS_KEPT = 20
_KEPT_AFTER = timedelta(days=1)
_CLOCK_SKEW = timedelta(minutes=1)


def _key(one: UncertainReplay) -> tuple[str, int]:
    return one.execution_id, one.number


def uncertain_id(identity: EventIdentity) -> str:
    """No request id looks like it: they hold no colon (`domain.intake.fields`)."""
    return f"uncertain:{identity.digest}"


Entry = Execution | Link | EarlySuccess | UncertainReplays


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """There is an entry, and this version of the service can't read it: a newer one wrote it, or it is
    damaged. It is left as it is, and nothing is decided about it."""

    id: str


Stored = Entry | Unreadable
