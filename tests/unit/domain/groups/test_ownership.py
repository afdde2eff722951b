"""Who has a group: acknowledged, assigned, linked, and what a regression takes back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lambda_replay.domain.groups.count_batch import apply_counts
from lambda_replay.domain.groups.filter import GroupFilter
from lambda_replay.domain.groups.group import Group, GroupStatus, GroupVerb
from lambda_replay.domain.groups.ownership import Ownership, is_same_person
from lambda_replay.domain.refusals import Reason, RefusedError
from tests.support.world.groups import OPS, OWNED, A, B, count_batch, decision, group
from tests.support.world.service import START

HOUR = timedelta(hours=1)
ANN = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Ops_1/ann@example.com"


def fails_again(given: Group) -> Group:
    at = START + HOUR
    return apply_counts(count_batch(("run", A), at=at), {A: given}, at)[A]


def test_the_assignee_has_it_and_else_the_person_who_acknowledged_it() -> None:
    assert Ownership().owner is None
    acknowledged = Ownership().acknowledged(OPS, START)
    assert acknowledged.owner == OPS
    assert acknowledged.assigned("ann").owner == "ann"
    assert acknowledged.assigned("ann").assigned(None) == acknowledged
    assert acknowledged.linked("https://tracker/1").owner == OPS


def test_the_first_acknowledgement_of_a_person_counts_until_another_takes_over() -> None:
    first = Ownership().acknowledged(OPS, START)
    assert first.acknowledged(OPS, START + HOUR) == first
    taken = first.acknowledged(ANN, START + HOUR)
    assert (taken.acknowledged_by, taken.acknowledged_at) == (ANN, START + HOUR)
    assert taken.unacknowledged() == Ownership()


def test_a_regression_takes_the_acknowledgement_back_and_nothing_else() -> None:
    resolved = group(ownership=OWNED).decide(decision(GroupVerb.RESOLVED))
    regressed = fails_again(resolved)
    assert regressed.status is GroupStatus.REGRESSED
    assert regressed.ownership == replace(OWNED, acknowledged_by=None, acknowledged_at=None)
    # Acknowledged again, it stays so while the group goes on failing.
    again = replace(regressed, ownership=OWNED)
    assert fails_again(again).ownership == OWNED


def test_a_group_that_wakes_or_fails_on_keeps_its_owner() -> None:
    assert fails_again(group(ownership=OWNED)).ownership == OWNED
    ignored = group(ownership=OWNED).decide(decision(GroupVerb.IGNORED, until=START))
    woken = fails_again(ignored)
    assert (woken.status, woken.ownership) == (GroupStatus.OPEN, OWNED)


def test_a_member_has_the_owner_of_its_head() -> None:
    with pytest.raises(RefusedError) as refused:
        group(head=B).owned(OWNED)
    assert refused.value.reason is Reason.GROUP_MERGED


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (OPS, OPS, True),
        (OPS, "ops", True),
        (OPS, "Ops", True),
        ("ann@example.com", ANN, True),
        ("arn:aws:iam::123456789012:user/team/ops", "ops", True),
        (OPS, "arn:aws:iam::999999999999:user/ops", False),
        (OPS, "op", False),
        ("ann", ANN, False),
        ("user/ops", OPS, False),
    ],
)
def test_a_name_and_an_arn_may_be_one_person(one: str, other: str, same: bool) -> None:
    assert is_same_person(one, other) is same
    assert is_same_person(other, one) is same


def test_a_filter_for_an_owner_wants_one() -> None:
    wanted = GroupFilter(since=START, until=START + HOUR, owner="ann")
    assert wanted.accepts(group(ownership=OWNED))
    assert not wanted.accepts(group())
    assert not wanted.accepts(group(ownership=replace(OWNED, assignee=None)))
