"""One suite for every store of groups and rules: what the in-memory one promises, the table keeps."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from lambda_replay.domain.groups.filter import GroupFilter
from lambda_replay.domain.groups.group import AlertKind, Group, GroupExplanation, GroupStatus, GroupVerb
from lambda_replay.domain.groups.recovery_check import RecoveryCheck
from lambda_replay.domain.pagination import Position
from lambda_replay.domain.team_rules import RuleSet
from lambda_replay.ports.common import StaleVersionError
from lambda_replay.ports.groups import GroupEvent, GroupStore, RuleStore
from tests.support.memory.groups import MemoryGroupStore, MemoryRuleStore
from tests.support.table import create_storage
from tests.support.world.groups import OPS, OWNED, A, B, C, count_batch, decision, group
from tests.support.world.service import START

HOUR = timedelta(hours=1)


@pytest.fixture(params=["memory", "dynamodb"])
def stores(request: pytest.FixtureRequest) -> Iterator[tuple[GroupStore, RuleStore]]:
    if request.param == "memory":
        yield MemoryGroupStore(), MemoryRuleStore()
    else:
        request.getfixturevalue("aws")
        storage = create_storage()
        yield storage.groups, storage.rules


@pytest.fixture
def groups(stores: tuple[GroupStore, RuleStore]) -> GroupStore:
    return stores[0]


def full_group() -> Group:
    """Every field has a value."""
    effective = decision(GroupVerb.IGNORED, reason="later", until=START + HOUR, until_count=12)
    return group(count=3, decision=effective, ownership=OWNED, alert=AlertKind.WOKEN, head=B, members=(B, C))


@pytest.mark.parametrize("given", [group(), full_group()])
def test_what_is_stored_comes_back(groups: GroupStore, given: Group) -> None:
    assert groups.get([A]) == {}
    groups.save([given], [])
    assert groups.get([A, B]) == {A: replace(given, version=1)}
    assert groups.get([]) == {}


def test_a_group_is_changed_by_one_writer_at_a_time(groups: GroupStore) -> None:
    groups.save([group()], [])
    read = groups.get([A])[A]
    groups.save([replace(read, count=2)], [])
    with pytest.raises(StaleVersionError):
        groups.save([replace(read, count=3)], [])
    with pytest.raises(StaleVersionError):
        groups.save([group()], [])
    assert groups.get([A])[A].count == 2


def test_saving_several_is_all_or_nothing(groups: GroupStore) -> None:
    groups.save([group(A)], [])
    with pytest.raises(StaleVersionError):
        groups.save([group(B), group(A)], [GroupEvent(B, decision(GroupVerb.NOTED))])
    assert set(groups.get([A, B])) == {A}
    assert groups.history(B) == []


def test_the_history_is_newest_first(groups: GroupStore) -> None:
    events = [
        decision(GroupVerb.NOTED, START, reason="seen"),
        decision(GroupVerb.IGNORED, START + HOUR, reason="x", until=START + 2 * HOUR, until_count=7),
        decision(GroupVerb.REOPENED, START + 2 * HOUR),
    ]
    for event in events:
        groups.save([], [GroupEvent(A, event)])
    assert groups.history(A) == events[::-1]
    assert groups.history(B) == []


def test_the_first_explanation_stays(groups: GroupStore) -> None:
    why = GroupExplanation(
        fingerprint=A, parts='{"a":1}', algorithm=1, rule="r", reasons=("x", "y"), example="e",
        expires_at=datetime(2027, 1, 1, tzinfo=START.tzinfo),
    )  # fmt: skip
    assert groups.why(A) is None
    groups.explain(why)
    groups.explain(replace(why, rule="another"))
    assert groups.why(A) == why


def test_a_tally_is_left_until_it_is_settled(groups: GroupStore) -> None:
    given = count_batch(("r1", A), ("r2", B), former=(C,))
    groups.open(given)
    assert list(groups.left(START)) == []
    assert list(groups.left(given.due_at)) == [given]
    groups.commit(given, [group(A), group(B)], [GroupEvent(A, decision(GroupVerb.REGRESSED))])
    assert list(groups.left(given.due_at)) == []
    assert set(groups.get([A, B])) == {A, B}
    assert [event.verb for event in groups.history(A)] == [GroupVerb.REGRESSED]


def test_a_tally_counts_once(groups: GroupStore) -> None:
    given = count_batch(("r1", A), ("r2", A))
    groups.open(given)
    for _ in range(2):
        read = groups.get([A]).get(A, group(count=0))
        groups.commit(given, [replace(read, count=read.count + 2)], [])
    assert groups.get([A])[A].count == 2
    assert groups.hours(A, START) == {START: 2}


def test_a_settling_that_comes_too_late_changes_nothing(groups: GroupStore) -> None:
    groups.save([group(count=1)], [])
    stale = groups.get([A])[A]
    groups.save([replace(stale, count=2)], [])
    given = count_batch(("r1", A))
    groups.open(given)
    with pytest.raises(StaleVersionError):
        groups.commit(given, [replace(stale, count=9)], [])
    assert groups.get([A])[A].count == 2
    assert groups.hours(A, START) == {}
    assert list(groups.left(given.due_at)) == [given]


def test_hours(groups: GroupStore) -> None:
    for number, at in enumerate([START, START + timedelta(minutes=59), START + HOUR, START + 30 * HOUR]):
        given = count_batch((f"r{number}", A), (f"s{number}", B), at=at, id_=f"t{number}")
        groups.open(given)
        groups.commit(given, [], [])
    assert groups.hours(A, START) == {START: 2, START + HOUR: 1, START + 30 * HOUR: 1}
    assert groups.hours(A, START + timedelta(minutes=90)) == {START + HOUR: 1, START + 30 * HOUR: 1}
    assert groups.hours(C, START) == {}


def test_alerts_that_wait(groups: GroupStore) -> None:
    groups.save([group(A, alert=AlertKind.NEW), group(B), group(C, alert=AlertKind.REGRESSED)], [])
    assert set(groups.alerting(limit=10)) == {A, C}
    assert len(list(groups.alerting(limit=1))) == 1
    groups.save([groups.get([A])[A].reported()], [])
    assert list(groups.alerting(limit=10)) == [C]


@pytest.fixture
def listed(groups: GroupStore) -> GroupStore:
    """Newest first: e, d (with the member m, function billing), c (ignored), b (acknowledged by
    ops), a (assigned to ann)."""
    names = [letter * 32 for letter in "abcde"]
    for number, name in enumerate(names):
        groups.save(
            [group(name, at=START + number * HOUR, category="timeout" if number > 2 else "unknown")], []
        )
    found = groups.get(names)
    member = group("f" * 32, at=START, head=names[3], function="billing")
    groups.save([member, replace(found[names[3]], members=("f" * 32,))], [])
    groups.save([found[names[2]].decide(decision(GroupVerb.IGNORED))], [])
    groups.save([found[names[0]].owned(OWNED), found[names[1]].owned(replace(OWNED, assignee=None))], [])
    return groups


def everything(**wanted: Any) -> GroupFilter:
    return GroupFilter(**{"since": START - HOUR, "until": START + 100 * HOUR, **wanted})


def letters(groups: GroupStore, *, limit: int = 100, **wanted: Any) -> str:
    """What all pages together show."""
    shown, after = "", None
    while True:
        page = groups.page(everything(**wanted), limit=limit, after=after)
        assert len(page.groups) <= limit
        shown += "".join(group.fingerprint[0] for group, _ in page.groups)
        if page.after is None:
            return shown
        after = page.after


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6])
def test_pages_of_any_size_show_every_head_once(listed: GroupStore, limit: int) -> None:
    assert letters(listed, limit=limit) == "edcba"


def test_a_head_comes_with_its_members(listed: GroupStore) -> None:
    families = {head.fingerprint[0]: members for head, members in listed.page(everything(), limit=9).groups}
    assert [member.fingerprint for member in families.pop("d")] == ["f" * 32]
    assert set(families.values()) == {()}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"category": "timeout"}, "ed"),
        ({"function": "billing"}, "d"),
        ({"function": "orders"}, "edcba"),
        ({"function": "other"}, ""),
        ({"status": GroupStatus.IGNORED}, "c"),
        ({"status": GroupStatus.OPEN, "verdict": "never"}, "edba"),
        ({"owner": OPS}, "b"),
        ({"owner": "ops"}, "b"),
        ({"owner": "ann"}, "a"),
        ({"owner": "ann", "category": "timeout"}, ""),
        ({"since": START + 3 * HOUR}, "ed"),
        ({"until": START + 3 * HOUR}, "cba"),
        ({"since": START + HOUR, "until": START + 2 * HOUR}, "b"),
    ],
)
def test_filters(listed: GroupStore, wanted: dict[str, Any], expected: str) -> None:
    assert letters(listed, **wanted) == expected
    assert letters(listed, limit=1, **wanted) == expected


def test_a_position_outside_the_wanted_time_is_no_fault(listed: GroupStore) -> None:
    older, newer = Position(START - 9 * HOUR, A), Position(START + 99 * HOUR, A)
    assert listed.page(everything(), limit=9, after=older).groups == ()
    assert len(listed.page(everything(), limit=9, after=newer).groups) == 5


def test_versions_of_rules(stores: tuple[GroupStore, RuleStore]) -> None:
    rules = stores[1]
    assert rules.current() is None
    first = RuleSet(version=1, rows="[]", at=START, by="me", reason="first")
    second = RuleSet(version=2, rows='[{"id":"λ"}]', at=START + HOUR, by="you")
    rules.add(first)
    rules.add(second)
    assert rules.current() == second
    assert (rules.version(1), rules.version(2), rules.version(3)) == (first, second, None)
    with pytest.raises(StaleVersionError):
        rules.add(replace(first, version=2))
    assert rules.current() == second


# ------------------------------------------------------------------------------------------------ checks


def due(groups: GroupStore, at: datetime) -> list[RecoveryCheck]:
    return sorted(groups.checks(at), key=lambda check: check.fingerprint)


def test_a_check_is_due_until_it_is_made(groups: GroupStore) -> None:
    groups.ask("a" * 32, START)
    groups.ask("b" * 32, START + timedelta(minutes=1))
    assert due(groups, START - timedelta(seconds=1)) == []
    (check,) = due(groups, START)
    assert (check.fingerprint, check.due_at, check.since, check.after) == ("a" * 32, START, None, None)
    groups.save_check(replace(check, due_at=None))
    assert [check.fingerprint for check in due(groups, START + timedelta(minutes=1))] == ["b" * 32]


def test_a_check_goes_on_where_it_was(groups: GroupStore) -> None:
    groups.ask("a" * 32, START)
    (check,) = due(groups, START)
    part = replace(
        check,
        since=START,
        group_version=7,
        after=Position(START - timedelta(milliseconds=5), "event-7"),
        recovered=2_000,
    )
    groups.save_check(part)
    (found,) = due(groups, START)
    assert replace(found, version=0) == replace(part, version=0)


def test_asking_again_restarts_a_check(groups: GroupStore) -> None:
    groups.ask("a" * 32, START)
    (check,) = due(groups, START)
    groups.save_check(replace(check, since=START, group_version=7, recovered=5))
    (check,) = due(groups, START)
    groups.ask("a" * 32, START + timedelta(minutes=1))
    with pytest.raises(StaleVersionError):
        groups.save_check(replace(check, due_at=None))
    assert due(groups, START) == []
    (check,) = due(groups, START + timedelta(minutes=1))
    assert (check.since, check.group_version, check.recovered) == (None, 0, 0)
