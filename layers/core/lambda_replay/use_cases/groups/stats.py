"""Failed runs over time: how many, of which category, of which function.

Computed from the groups and from the hours that are counted together with them; nothing is written for it.
Every group counts with its own category and function, also one that is merged into another.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Self

from lambda_replay.domain.groups.count_batch import HOURS_KEPT
from lambda_replay.domain.groups.filter import GroupFilter
from lambda_replay.domain.groups.group import Group
from lambda_replay.ports.groups import GroupStore


class Interval(StrEnum):
    """How long a bucket is."""

    HOUR = "hour"
    DAY = "day"


LENGTH: dict[Interval, timedelta] = {
    Interval.HOUR: timedelta(hours=1),
    Interval.DAY: timedelta(days=1),
}
# A range may be so long, which bounds the answer.
LONGEST: dict[Interval, timedelta] = {
    Interval.HOUR: timedelta(days=31),
    Interval.DAY: timedelta(days=90),
}
# Each costs a query at most, the last active first; merged ones count too.
MOST_GROUPS = 400
# When so many hours have been read, no further group's are: the gateway waits for 29 seconds.
MOST_HOURS = 100_000
# So many functions are reported bucket by bucket: all of them could make an answer too large for Lambda.
MOST_FUNCTIONS = 20
_PAGE = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TimeRange:
    """Full buckets of UTC; `since` is included, `until` is not."""

    since: datetime
    until: datetime
    interval: Interval

    @classmethod
    def around(cls, since: datetime, until: datetime, interval: Interval) -> Self:
        """Every bucket that has a part between the two. Raises `OverflowError` at the calendar's end."""
        length = LENGTH[interval]
        before = -((_EPOCH - until) // length)
        return cls(_start(since, length), _EPOCH + before * length, interval)

    def bucket(self, at: datetime) -> datetime:
        """The start of the bucket that `at` falls into."""
        return _start(at, LENGTH[self.interval])

    @property
    def buckets(self) -> list[datetime]:
        """The starts of all buckets, the oldest first."""
        length = LENGTH[self.interval]
        return [self.since + n * length for n in range((self.until - self.since) // length)]


@dataclass(slots=True)
class Runs:
    """Failed runs, and what they are made of; the most frequent first once `ordered`."""

    failures: int = 0
    by_category: Counter[str] = field(default_factory=Counter)
    by_function: Counter[str] = field(default_factory=Counter)

    def add(self, group: Group, count: int) -> None:
        """Count so many failed runs of the group."""
        self.failures += count
        self.by_category[group.category] += count
        self.by_function[group.function] += count

    def ordered(self) -> "Runs":
        """The most frequent categories and functions first."""
        return Runs(self.failures, _ordered(self.by_category), _ordered(self.by_function))

    def of(self, functions: set[str]) -> "Runs":
        """With these functions named, and the others in `failures` and their category alone."""
        named = {name: count for name, count in self.by_function.items() if name in functions}
        return Runs(self.failures, self.by_category, Counter(named))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """`buckets` has every bucket of the span, also the empty ones, the oldest first. `groups` is how many
    failed in it; those merged into one are one. Not `complete` when there was more than is read, or when
    hours of the span are no longer stored."""

    span: TimeRange
    total: Runs
    buckets: dict[datetime, Runs]
    groups: int
    complete: bool


def stats(groups: GroupStore, span: TimeRange, now: datetime) -> Stats:
    """Looks at the groups that were active since the span began, the last active first, and bounded."""
    found = list(islice(_active(groups, span.since), MOST_GROUPS + 1))
    complete = len(found) <= MOST_GROUPS and span.since > now - HOURS_KEPT
    total, heads, read = Runs(), set[str](), 0
    buckets = {at: Runs() for at in span.buckets}
    # By name: one that is taken out of another in between may be found twice.
    for group in {group.fingerprint: group for group in found[:MOST_GROUPS]}.values():
        if group.last_seen < span.since or span.until <= group.first_seen:
            continue
        if read >= MOST_HOURS:
            complete = False
            break
        hours = groups.hours(group.fingerprint, span.since)
        read += len(hours)
        for hour, count in hours.items():
            if hour < span.until:
                buckets[span.bucket(hour)].add(group, count)
                total.add(group, count)
                heads.add(group.head or group.fingerprint)
    total = total.ordered()
    shown = set(islice(total.by_function, MOST_FUNCTIONS))
    return Stats(
        span=span,
        total=total,
        buckets={at: runs.of(shown).ordered() for at, runs in buckets.items()},
        groups=len(heads),
        complete=complete,
    )


def _active(groups: GroupStore, since: datetime) -> Iterator[Group]:
    """Groups and their members, read page by page as they are asked for."""
    wanted, after = GroupFilter(since=since, until=_FOREVER), None
    while True:
        page = groups.page(wanted, limit=_PAGE, after=after)
        for head, members in page.groups:
            yield head
            yield from members
        if (after := page.after) is None:
            return


def _start(at: datetime, length: timedelta) -> datetime:
    return at - (at - _EPOCH) % length


def _ordered(counts: Counter[str]) -> Counter[str]:
    """The most frequent first, equals by name."""
    return Counter(dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))))
