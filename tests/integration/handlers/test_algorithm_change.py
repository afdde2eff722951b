"""A table filled by version 1 of the fingerprint, and the version in effect on the same failures after it."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bench.diagnosis.score import CORPORA, rows
from bench.diagnosis.score_cases import case_rows
from lambda_replay.domain.diagnosis.fingerprint import ALGORITHMS
from lambda_replay.domain.executions.execution import Execution
from lambda_replay.domain.groups.group import AlertKind, Group, GroupStatus, GroupVerb
from tests.support.table import create_storage
from tests.support.world.groups import decision
from tests.support.world.service import World

# Each failure is triaged twice; the table in memory takes all of them, moto's some.
SHARE = {"memory": 1, "dynamodb": 12}


@pytest.fixture(params=SHARE)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def world(kind: str, request: pytest.FixtureRequest) -> World:
    if kind == "memory":
        return World()
    request.getfixturevalue("aws")
    storage = create_storage()
    return World(storage.entries, storage.records, storage.groups)


def responses() -> Iterator[str]:
    for failures, pairs in CORPORA.values():
        yield from (json.dumps(row["responsePayload"]) for row in rows(failures))
        for row in rows(pairs):
            yield from (json.dumps(row[side]) for side in "ab")
    for case in case_rows("cases"):
        both = case["pair"] if "pair" in case else [case.get("responsePayload")]
        yield from (json.dumps(response) for response in both if isinstance(response, dict))


def triage(world: World, failures: list[str], name: str) -> dict[str, str]:
    """The fingerprint that each failure got, by its response."""
    for number, response in enumerate(failures):
        world.fails(f"{name}-{number}", response=response, at=world.clock())
    found: dict[str, str] = {}
    for number, response in enumerate(failures):
        entry = world.store.get(f"{name}-{number}")
        assert isinstance(entry, Execution)
        assert entry.failure is not None
        found[response] = entry.failure.group
    return found


def family(world: World, fingerprint: str) -> Group:
    """The group that is shown for this fingerprint."""
    group = world.groups.get([fingerprint])[fingerprint]
    return group if group.head is None else world.groups.get([group.head])[group.head]


def test_nothing_splits_and_no_known_failure_is_reported_as_new(
    kind: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = list(dict.fromkeys(responses()))[:: SHARE[kind]]
    with monkeypatch.context() as before:
        for version in [version for version in ALGORITHMS if version > 1]:
            before.delitem(ALGORITHMS, version)
        old = triage(world, failures, "old")
    groups = world.groups.get(set(old.values()))
    assert {group.algorithm for group in groups.values()} == {1}
    decided = {}
    for number, (fingerprint, group) in enumerate(sorted(groups.items())):
        verb = (None, GroupVerb.RESOLVED, GroupVerb.IGNORED)[number % 3]
        seen = group.reported()
        decided[fingerprint] = seen if verb is None else seen.decide(decision(verb, world.clock()))
    world.groups.save(list(decided.values()), [])

    world.clock.pass_(timedelta(hours=1))
    new = triage(world, failures, "new")

    assert set(new.values()).isdisjoint(old.values())
    for fingerprint in new.values():
        shown = family(world, fingerprint)
        # Old groups that the new version takes for one cause: any of them may be the one that goes on.
        same = {old[other] for other in failures if new[other] == fingerprint}
        assert shown.algorithm == 1
        assert shown.fingerprint in same
        was = decided[shown.fingerprint].status
        assert shown.status is (GroupStatus.REGRESSED if was is GroupStatus.RESOLVED else was)
        assert shown.alert is (AlertKind.REGRESSED if was is GroupStatus.RESOLVED else None)
        assert world.groups.get([fingerprint])[fingerprint].alert is None
    alone = {name for name, group in world.groups.get(new.values()).items() if group.head is None}
    assert alone == set()
    everything = world.groups.get({*old.values(), *new.values()}).values()
    assert sum(group.count for group in everything) == 2 * len(failures)
    assert len({family(world, fingerprint).fingerprint for fingerprint in new.values()}) <= len(decided)


def test_failures_of_one_old_group_stay_together(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Version 2 parts what version 1 had as one (a status in a tuple): both go on in the old group."""
    line = (
        '  File "/var/task/client.py", line 12, in place\n    raise ApiError(resp.status_code, resp.text)\n'
    )
    errors = [
        json.dumps({"errorType": "ApiError", "errorMessage": message, "stackTrace": [line]})
        for message in ("(404, 'Not Found')", "(503, 'Service Unavailable')")
    ]
    with monkeypatch.context() as before:
        for version in [version for version in ALGORITHMS if version > 1]:
            before.delitem(ALGORITHMS, version)
        (one,) = set(triage(world, errors, "old").values())
    new = triage(world, errors, "new")
    assert len(set(new.values())) == 2
    assert {family(world, fingerprint).fingerprint for fingerprint in new.values()} == {one}
    assert set(world.groups.get([one])[one].members) == set(new.values())
