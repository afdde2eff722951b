"""Groups: what they count, how they regress and wake, how they are merged and taken apart."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_replay.domain.groups.count_batch import apply_counts
from lambda_replay.domain.groups.group import (
    KEPT,
    MOST_MEMBERS,
    AlertKind,
    Group,
    GroupStatus,
    GroupVerb,
    merge,
    unmerge,
)
from lambda_replay.domain.refusals import Reason, RefusedError
from tests.support.world.groups import A, B, C, count_batch, decision, group
from tests.support.world.service import START

MINUTE = timedelta(minutes=1)
LATER = START + timedelta(hours=2)


def seen_again(given: Group, at: datetime = LATER, *, now: datetime | None = None) -> Group:
    """After one more failure at `at`."""
    changed = apply_counts(
        count_batch(("run", given.fingerprint), at=at), {given.fingerprint: given}, now or at
    )
    return changed[given.fingerprint]


def test_a_new_group_is_open_counted_and_reported() -> None:
    [found] = apply_counts(count_batch(("r1", A), ("r2", A)), {}, START).values()
    assert (found.count, found.status, found.alert) == (2, GroupStatus.OPEN, AlertKind.NEW)
    assert (found.first_seen, found.last_seen, found.function) == (START, START, "orders")


def test_a_known_group_counts_on_without_an_alert() -> None:
    found = seen_again(group(count=5))
    assert (found.count, found.alert) == (6, None)
    assert (found.first_seen, found.last_seen, found.active_at) == (START, LATER, LATER)


def test_a_late_arrival_moves_the_beginning_not_the_end() -> None:
    found = seen_again(group(at=LATER), START, now=LATER)
    assert (found.first_seen, found.last_seen, found.active_at) == (START, LATER, LATER)


def test_the_newest_diagnosis_gives_the_category() -> None:
    changed = apply_counts(count_batch(("r", A), category="timeout", verdict="as_is"), {A: group()}, START)
    assert (changed[A].category, changed[A].verdict) == ("timeout", "as_is")


def test_a_failure_after_resolving_is_a_regression_once() -> None:
    resolved = group().decide(decision(GroupVerb.RESOLVED))
    regressed = seen_again(resolved)
    assert (regressed.status, regressed.alert) == (GroupStatus.REGRESSED, AlertKind.REGRESSED)
    again = seen_again(regressed.reported(), LATER + MINUTE)
    assert (again.status, again.alert) == (GroupStatus.REGRESSED, None)


def test_a_failure_from_before_resolving_that_arrives_late_is_none() -> None:
    resolved = group().decide(decision(GroupVerb.RESOLVED, at=LATER))
    found = seen_again(resolved, LATER - MINUTE, now=LATER + MINUTE)
    assert (found.status, found.alert, found.count) == (GroupStatus.RESOLVED, None, 2)


def test_ignored_until_a_time_wakes_with_the_next_failure() -> None:
    ignored = group().decide(decision(GroupVerb.IGNORED, until=LATER))
    early = seen_again(ignored, LATER - MINUTE)
    assert (early.status, early.alert) == (GroupStatus.IGNORED, None)
    woken = seen_again(early, LATER)
    assert (woken.status, woken.alert) == (GroupStatus.OPEN, AlertKind.WOKEN)


def test_ignored_for_a_number_of_failures_wakes_with_the_next_one() -> None:
    ignored = group(count=3).decide(decision(GroupVerb.IGNORED, until_count=5))
    for expected in (GroupStatus.IGNORED, GroupStatus.IGNORED, GroupStatus.OPEN):
        ignored = seen_again(ignored)
        assert ignored.status is expected
    assert ignored.alert is AlertKind.WOKEN


def test_ignored_for_good_stays_so() -> None:
    ignored = group().decide(decision(GroupVerb.IGNORED))
    for _ in range(3):
        ignored = seen_again(ignored, LATER + timedelta(days=300))
    assert (ignored.status, ignored.alert, ignored.count) == (GroupStatus.IGNORED, None, 4)


def test_deciding_settles_an_alert_that_waits() -> None:
    assert group(alert=AlertKind.NEW).decide(decision(GroupVerb.IGNORED)).alert is None


@pytest.mark.parametrize("verb", [GroupVerb.RESOLVED, GroupVerb.IGNORED])
def test_reopening(verb: GroupVerb) -> None:
    reopened = group().decide(decision(verb)).decide(decision(GroupVerb.REOPENED))
    assert reopened.status is GroupStatus.OPEN
    with pytest.raises(RefusedError) as refusal:
        group().decide(decision(GroupVerb.REOPENED))
    assert refusal.value.reason is Reason.GROUP_OPEN


def test_a_member_counts_for_itself_and_wakes_its_head() -> None:
    member, head = merge(group(A, count=2), group(B).decide(decision(GroupVerb.RESOLVED)))
    changed = apply_counts(count_batch(("r", A), at=LATER), {A: member, B: head}, LATER)
    assert (changed[A].count, changed[A].alert) == (3, None)
    assert (changed[B].count, changed[B].status) == (1, GroupStatus.REGRESSED)
    assert (changed[B].alert, changed[B].active_at) == (AlertKind.REGRESSED, LATER)


def test_a_head_that_is_ignored_for_a_number_counts_its_members() -> None:
    member, head = merge(group(A, count=4), group(B))
    ignored = head.decide(decision(GroupVerb.IGNORED, until_count=5))
    changed = apply_counts(count_batch(("r", A)), {A: member, B: ignored}, START)
    assert changed[B].status is GroupStatus.OPEN


def test_unmerging_gives_back_what_each_counted() -> None:
    merged = merge(group(A, count=2), group(B, count=3))
    changed = apply_counts(count_batch(("r1", A), ("r2", A), ("r3", B)), {A: merged[0], B: merged[1]}, START)
    member, head = unmerge(changed[A], changed[B])
    assert (member.count, head.count, member.head, head.members) == (4, 4, None, ())


def test_what_cannot_be_merged() -> None:
    member, head = merge(group(A), group(B))
    full = group(B, members=tuple(str(n) for n in range(MOST_MEMBERS)))
    for first, second, reason in [
        (group(A), group(A), Reason.GROUP_MERGED),
        (group(C), member, Reason.GROUP_MERGED),
        (member, group(C), Reason.GROUP_MERGED),
        (head, group(C), Reason.GROUP_MERGED),
        (group(C), full, Reason.GROUP_FULL),
    ]:
        with pytest.raises(RefusedError) as refusal:
            merge(first, second)
        assert refusal.value.reason is reason
    with pytest.raises(RefusedError):
        member.decide(decision(GroupVerb.RESOLVED))
    with pytest.raises(RefusedError):
        unmerge(group(A), head)


def test_a_later_algorithm_continues_the_old_group() -> None:
    """The new fingerprint is unknown, one of the old ones is not: nothing splits, no alert is sent again."""
    old = group(A, count=7).decide(decision(GroupVerb.RESOLVED))
    changed = apply_counts(count_batch(("r", B), at=LATER, algorithm=2, former=(C, A)), {A: old}, LATER)
    assert (changed[B].head, changed[B].count, changed[B].alert, changed[B].algorithm) == (A, 1, None, 2)
    assert (changed[A].members, changed[A].count) == ((B,), 7)
    assert changed[A].status is GroupStatus.REGRESSED
    again = apply_counts(count_batch(("r2", B), at=LATER, algorithm=2, former=(C, A)), changed, LATER)
    assert (again[B].count, again[B].head) == (2, A)


def test_a_later_algorithm_follows_a_merged_group_to_its_head() -> None:
    member, head = merge(group(A), group(C))
    changed = apply_counts(count_batch(("r", B), former=(A,)), {A: member, C: head}, START)
    assert changed[B].head == C
    assert changed[C].members == (A, B)


def test_a_tally_of_nothing_changes_nothing() -> None:
    assert apply_counts(count_batch(("r1", A)).of(()), {A: group()}, START) == {}


runs = st.lists(st.tuples(st.integers(0, 30).map(str), st.sampled_from([A, B, C])), unique_by=lambda p: p[0])


@given(st.lists(runs, max_size=5), st.sampled_from([None, (A, B), (B, C), (C, A)]))
def test_counts_are_those_of_the_runs(
    batches: list[list[tuple[str, str]]], merged: tuple[str, str] | None
) -> None:
    groups: dict[str, Group] = {A: group(A, count=0), B: group(B, count=0), C: group(C, count=0)}
    if merged is not None:
        member, head = merge(groups[merged[0]], groups[merged[1]])
        groups |= {member.fingerprint: member, head.fingerprint: head}
    for number, batch in enumerate(batches):
        groups |= apply_counts(count_batch(*batch, id_=str(number)), groups, START)
    for fingerprint, found in groups.items():
        assert found.count == sum(f == fingerprint for batch in batches for _, f in batch)


def test_merging_and_unmerging_leave_what_may_still_come() -> None:
    """Ignored until ten more: merging a group of fifty into it is not fifty more."""
    head = group(B, count=3).decide(decision(GroupVerb.IGNORED, until_count=13))
    member, joined = merge(group(A, count=50), head)
    assert joined.decision is not None
    assert joined.decision.until_count == 63
    _, alone = unmerge(member, joined)
    assert alone.decision == head.decision


@pytest.mark.parametrize("gone", [A, B])
def test_a_head_or_a_member_that_has_expired_stops_no_counting(gone: str) -> None:
    member, head = merge(group(A), group(B))
    known = {name: found for name, found in {A: member, B: head}.items() if name != gone}
    seen = A if gone == B else B
    changed = apply_counts(count_batch(("r", seen)), known, START)
    assert changed[seen].count == 2


def test_whatever_is_seen_is_kept_from_then_on() -> None:
    member, head = merge(group(A), group(B))
    changed = apply_counts(count_batch(("r", A), at=LATER), {A: member, B: head}, LATER)
    assert changed[A].expires_at == changed[B].expires_at == LATER + KEPT


def test_merging_settles_the_members_alert_and_keeps_the_head_as_long() -> None:
    kept = START + timedelta(days=999)
    member, head = merge(group(A, alert=AlertKind.NEW, expires_at=kept), group(B))
    assert (member.alert, head.expires_at) == (None, kept)
