"""Failures over time: every failed run in its bucket, once, and every bucket there."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_replay.domain.groups.count_batch import HOURS_KEPT
from lambda_replay.domain.groups.filter import GroupFilter
from lambda_replay.domain.groups.group import Group, GroupVerb
from lambda_replay.domain.pagination import Position
from lambda_replay.ports.groups import GroupPage, GroupStore
from lambda_replay.use_cases.groups import decisions
from lambda_replay.use_cases.groups import stats as use_case
from lambda_replay.use_cases.groups.stats import (
    MOST_FUNCTIONS,
    MOST_GROUPS,
    Interval,
    Stats,
    TimeRange,
    stats,
)
from tests.support.memory.groups import MemoryGroupStore
from tests.support.world.groups import count_batch, decision, group
from tests.support.world.service import FUNCTION, START, World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# From `START`: the first and the last year of the calendar.
EARLIEST = datetime.min.replace(tzinfo=UTC) - START
LATEST = datetime(9999, 11, 1, tzinfo=UTC) - START
TIMEOUT = '{"errorType":"Sandbox.Timedout","errorMessage":"Task timed out after 3.00 seconds"}'


class WatchedGroups(MemoryGroupStore):
    """Remembers whose hours were read."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []

    def hours(self, fingerprint: str, since: datetime) -> dict[datetime, int]:
        self.read.append(fingerprint)
        return super().hours(fingerprint, since)


def look(
    groups: GroupStore,
    since: datetime = START - 2 * HOUR,
    until: datetime = START + HOUR,
    interval: Interval = Interval.HOUR,
    now: datetime = START,
) -> Stats:
    return stats(groups, TimeRange.around(since, until, interval), now)


def failures(found: Stats) -> list[int]:
    return [runs.failures for runs in found.buckets.values()]


def count_in(store: GroupStore, group: Group, runs: int = 1) -> None:
    """The group, with so many failed runs when it was first seen."""
    one = count_batch(
        *[(f"run-{n}-{group.fingerprint}", group.fingerprint) for n in range(runs)],
        at=group.first_seen,
        id_=group.fingerprint,
    )
    store.open(one)
    store.commit(one, [group], [])


def crowd(
    number: int, store: WatchedGroups | None = None, *, function: str | None = None, at: datetime = START
) -> WatchedGroups:
    """So many groups of a failed run each, each of a function of its own; later ones were active later."""
    store = store or WatchedGroups()
    for n in range(number):
        name = function or f"function-{n:03}"
        count_in(store, group(f"{n:032x}", at=at + timedelta(milliseconds=n), function=name))
    return store


def test_failures_stand_in_the_hour_they_happened_in() -> None:
    world = World()
    world.fails("a", at=START - HOUR)
    world.fails("b", at=START - timedelta(milliseconds=1))
    world.fails("c", at=START, response=TIMEOUT)
    found = look(world.groups)
    assert list(found.buckets) == [START - 2 * HOUR, START - HOUR, START]
    assert failures(found) == [0, 2, 1]
    assert found.buckets[START - HOUR].by_category == {"invalid_input": 2}
    assert found.buckets[START].by_category == {"timeout": 1}
    assert found.buckets[START].by_function == {"orders": 1}
    assert found.buckets[START - 2 * HOUR].by_category == {}
    assert (found.total.failures, found.total.by_function) == (3, {"orders": 3})
    assert found.total.by_category == {"invalid_input": 2, "timeout": 1}
    assert (found.groups, found.complete) == (2, True)


def test_the_range_begins_with_from_and_ends_before_to() -> None:
    world = World()
    for n, hours in enumerate((-3, -2, -1, 0)):
        world.fails(f"run-{n}", at=START + hours * HOUR)
    assert failures(look(world.groups, START - 2 * HOUR, START)) == [1, 1]


def test_a_range_within_hours_or_days_is_widened_to_full_ones() -> None:
    minutes = timedelta(minutes=10)
    hours = TimeRange.around(START - minutes, START + minutes, Interval.HOUR)
    assert (hours.since, hours.until) == (START - HOUR, START + HOUR)
    days = TimeRange.around(START - minutes, START + minutes, Interval.DAY)
    assert (days.since, days.until) == (datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
    full = TimeRange.around(START, START + HOUR, Interval.HOUR)
    assert (full.since, full.until, full.buckets) == (START, START + HOUR, [START])


@given(
    since=st.timedeltas(min_value=EARLIEST, max_value=LATEST).map(lambda span: START + span),
    length=st.timedeltas(min_value=timedelta(microseconds=1), max_value=31 * DAY),
    interval=st.sampled_from(Interval),
)
def test_every_range_is_full_buckets_around_what_was_asked(
    since: datetime, length: timedelta, interval: Interval
) -> None:
    span = TimeRange.around(since, since + length, interval)
    one = span.buckets[1] - span.buckets[0] if len(span.buckets) > 1 else span.until - span.since
    assert span.since <= since < span.since + one
    assert span.until - one < since + length <= span.until
    assert span.buckets == [span.since + n * one for n in range(len(span.buckets))]
    assert span.bucket(since) == span.since
    assert (span.since.minute, span.since.second, span.since.microsecond) == (0, 0, 0)
    assert interval is Interval.HOUR or span.since.hour == 0


@given(
    ages=st.lists(st.timedeltas(min_value=timedelta(0), max_value=3 * DAY), max_size=12),
    interval=st.sampled_from(Interval),
)
def test_the_buckets_are_a_recount(ages: list[timedelta], interval: Interval) -> None:
    """Runs of two causes, wherever they fall in the range or outside of it."""
    world = World()
    world.clock.pass_(HOUR)
    for n, age in enumerate(ages):
        how = {"response": TIMEOUT} if n % 2 else {}
        world.fails(f"run-{n}", at=START - age, **how)
    found = look(world.groups, START - 2 * DAY, START + HOUR, interval)
    # Records tell milliseconds.
    times = [START - age for age in ages]
    times = [at.replace(microsecond=at.microsecond // 1000 * 1000) for at in times]
    expected = Counter(found.span.bucket(at) for at in times if found.span.since <= at)
    assert {at: runs.failures for at, runs in found.buckets.items() if runs.failures} == expected
    assert found.total.failures == expected.total()
    for counts in (found.total.by_category, found.total.by_function):
        assert counts.total() == expected.total()


def test_days_hold_their_hours() -> None:
    world = World()
    for n in range(24):
        world.fails(f"run-{n}", at=START - n * HOUR)
    found = look(world.groups, START - DAY, START + HOUR, Interval.DAY)
    assert failures(found) == [14, 10]
    assert list(found.buckets)[1] == datetime(2026, 1, 31, tzinfo=UTC)


def test_nothing_and_the_future_are_zeros() -> None:
    world = World()
    assert failures(look(world.groups)) == [0, 0, 0]
    world.fails("a")
    found = look(world.groups, START + DAY, START + 2 * DAY, Interval.DAY)
    assert (failures(found), found.total.failures, found.groups) == ([0, 0], 0, 0)
    assert found.complete


def test_a_replay_that_failed_again_is_a_failed_run_of_its_own() -> None:
    world = World()
    world.fails("a", at=START - HOUR)
    world.replay("a")
    world.fails("run-1")
    world.fails("run-1")
    assert failures(look(world.groups)) == [0, 1, 1]


def test_a_merged_group_counts_with_its_own_category_and_function() -> None:
    world = World()
    world.fails("a", response=TIMEOUT)
    world.fails("b", arn=FUNCTION + "-nightly:$LATEST")
    member, head = (world.execution(name).failure.group for name in "ab")
    found = look(world.groups)
    assert found.groups == 2
    decisions.merge(world.groups, member, head, decision(GroupVerb.MERGED))
    merged = look(world.groups)
    assert merged.total.by_category == found.total.by_category == {"timeout": 1, "invalid_input": 1}
    assert merged.total.by_function == {"orders": 1, "orders-nightly": 1}
    assert merged.groups == 1


def test_only_groups_that_failed_in_the_range_are_read() -> None:
    store = WatchedGroups()
    for name, at in {"early": START - DAY, "within": START, "late": START + DAY}.items():
        count_in(store, group(name, at=at))
    found = look(store)
    assert store.read == ["within"]
    assert (found.groups, found.total.failures) == (1, 1)


@pytest.mark.parametrize(("number", "complete"), [(MOST_GROUPS, True), (MOST_GROUPS + 1, False)])
def test_reading_is_bounded_and_says_so(number: int, complete: bool) -> None:
    store = crowd(number, function="orders")
    found = look(store)
    assert found.complete is complete
    assert found.total.failures == found.groups == len(store.read) == MOST_GROUPS
    # What was left out was active first.
    assert (f"{0:032x}" in store.read) is complete


def test_hours_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    store = crowd(5)
    for most, read in ((5, 5), (4, 4)):
        store.read.clear()
        monkeypatch.setattr(use_case, "MOST_HOURS", most)
        found = look(store)
        assert (found.total.failures, len(store.read), found.complete) == (read, read, read == 5)


def test_members_of_merged_groups_are_within_the_bound() -> None:
    store = crowd(MOST_GROUPS)
    members = tuple(f"member-{n}" for n in range(5))
    store.save([group(name, head="head") for name in members], [])
    store.save([group("head", at=START + HOUR / 2, members=members)], [])
    assert not look(store).complete
    assert len(store.read) == MOST_GROUPS


def test_buckets_name_the_functions_that_failed_most() -> None:
    store = crowd(MOST_FUNCTIONS + 4)
    count_in(store, group(function="worst"), runs=2)
    found = look(store)
    bucket = found.buckets[START]
    assert len(found.total.by_function) == MOST_FUNCTIONS + 5
    assert list(bucket.by_function.items())[:2] == [("worst", 2), ("function-000", 1)]
    assert len(bucket.by_function) == MOST_FUNCTIONS
    assert bucket.failures == sum(bucket.by_category.values()) == MOST_FUNCTIONS + 6


def test_a_range_from_before_what_is_kept_is_not_complete() -> None:
    store = MemoryGroupStore()
    now = START + HOURS_KEPT
    assert not look(store, START - HOUR, START + HOUR, now=now).complete
    assert not look(store, START, START + HOUR, now=now).complete
    assert look(store, START + HOUR, START + 2 * HOUR, now=now).complete


class UnmergingGroups(WatchedGroups):
    """Somebody takes the group `member` out of its head when the first page has been read."""

    def page(self, wanted: GroupFilter, *, limit: int, after: Position | None = None) -> GroupPage:
        page = super().page(wanted, limit=limit, after=after)
        if self.get(["member"])["member"].head is not None:
            decisions.unmerge(self, "member", decision(GroupVerb.UNMERGED))
        return page


def test_a_group_that_is_unmerged_while_it_is_read_counts_once() -> None:
    """It is found as a member on one page, and on the next as itself."""
    store = crowd(100, UnmergingGroups(), at=START + HOUR / 2)
    member, head = group("member", head="head"), group("head", at=START + HOUR * 0.9, members=("member",))
    count_in(store, member)
    count_in(store, head)
    found = look(store)
    assert found.total.failures == 102
    assert Counter(store.read)["member"] == 1
