"""One suite for every store: many entries at once, and what is counted with them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lambda_replay.adapters.dynamodb.executions import bulk_writes
from lambda_replay.adapters.dynamodb.executions.items import TableItem
from lambda_replay.domain.executions.execution import Decision, Execution, Verb
from lambda_replay.domain.executions.id_slot import EarlySuccess, Link
from lambda_replay.domain.executions.outcome_counts import Increment
from lambda_replay.domain.executions.replay import Replay, ReplayMode, Trigger
from lambda_replay.domain.executions.retry_rule import RetryRule
from lambda_replay.domain.intake.origin import Origin
from lambda_replay.ports.common import StaleVersionError
from lambda_replay.ports.executions import EntryStore, RecordStore
from tests.integration.stores.test_executions import (
    EXPIRES,
    START,
    claimed,
    execution,
    failure,
    full_execution,
    stored,
)

RULE = RetryRule(
    attempts=3,
    base=timedelta(seconds=60),
    cap=timedelta(hours=1),
    oldest=timedelta(days=1),
    qualifier="replay",
    tenant="jmespath:detail.customer",
)


def at(entry: Execution, version: int) -> Execution:
    return replace(entry, version=version)


def attempt(number: int) -> Replay:
    return replace(
        full_execution().replays[0],
        number=number,
        trigger=Trigger.BULK,
        job="job-1",
        code="c" * 12,
        patched=True,
        asked="a" * 32,
    )


def test_a_claim_that_is_withdrawn_leaves_nothing(store: EntryStore) -> None:
    store.add(execution("e"))
    before = store.get("e")
    assert store.advance([replace(claimed("e", START), version=1)]) == set()
    found = store.get("e")
    assert isinstance(found, Execution)
    store.save(found.withdraw(found.replays[-1].claim_id))
    assert isinstance(before, Execution)
    assert store.get("e") == replace(before, version=3)


def test_many_are_saved_each_under_its_own_version(store: EntryStore) -> None:
    for number in range(60):
        store.add(execution(f"e{number:02}"))
    stale = {"e07", "e31", "e59", "nobody"}
    changed = [
        replace(claimed(name, START), version=9 if name in stale else 1, postponed_to=START)
        for name in (*(f"e{number:02}" for number in range(60)), "nobody")
    ]
    assert store.advance(changed) == stale
    found = store.get_many([*(f"e{number:02}" for number in range(60)), "nobody"])
    assert len(found) == 60
    for number in range(60):
        name = f"e{number:02}"
        wanted = (
            at(execution(name), 1)
            if name in stale
            else replace(claimed(name, START), version=2, postponed_to=START)
        )
        assert found[name] == wanted
    assert len(list(store.leases(START))) == 57


def test_what_replaying_may_change_comes_back(store: EntryStore) -> None:
    store.add(execution())
    decided = Decision(verb=Verb.IGNORED, at=START, by="someone", until=START + timedelta(days=1))
    full = replace(
        execution(),
        first_failure=failure(retry=RULE),
        replays=(attempt(1), replace(attempt(2), mode=ReplayMode.FORCE)),
        decisions=(decided,),
        expires_at=EXPIRES + timedelta(days=1),
        postponed_to=START + timedelta(minutes=7),
        version=1,
    )
    assert store.replan([full]) == set()
    assert store.get("event-1") == at(full, 2)
    later = replace(full, expires_at=EXPIRES + timedelta(days=2), replays=full.replays[:1], version=2)
    assert store.advance([later]) == set()
    assert store.get("event-1") == at(later, 3)
    assert store.replan([replace(later, first_failure=failure(), version=3)]) == set()
    assert store.get("event-1") == replace(later, first_failure=failure(), version=4)
    assert list(store.retries(START + timedelta(days=9))) == []


def test_sending_leaves_the_failure_as_it_was(store: EntryStore) -> None:
    """Anyone who changes the rule of automatic replays says so by `replan`."""
    store.add(replace(execution(), first_failure=failure(retry=RULE)))
    planned = replace(execution(), first_failure=failure(), version=1)
    assert store.advance([planned]) == set()
    found = store.get("event-1")
    assert isinstance(found, Execution)
    assert found.first_failure.retry == RULE
    assert store.replan([replace(planned, version=2)]) == set()
    assert store.get("event-1") == replace(planned, version=3)


def test_nothing_at_once_is_nothing(store: EntryStore, records: RecordStore) -> None:
    assert store.get_many([]) == {}
    assert store.advance([]) == set()
    assert store.link_many([]) == set()
    assert records.payloads([]) == {}


def test_many_links_take_their_places(store: EntryStore) -> None:
    early = EarlySuccess(id="run-03", at=START, expires_at=EXPIRES)
    store.add(early)
    links = [Link(id=f"run-{n:02}", execution_id=f"e{n}", number=1, expires_at=EXPIRES) for n in range(30)]
    assert store.link_many(links) == {"run-03"}
    assert store.link_many(links) == {link.id for link in links}
    assert store.get("run-03") == replace(early, version=1)
    assert store.get("run-29") == replace(links[29], version=1)


def test_saving_and_counting_go_together(store: EntryStore) -> None:
    store.add(execution())
    counted = [Increment("job:a", "succeeded", 1), Increment("job:b", "rejected:throttled", 2)]
    store.save(at(execution(), 1), counted)
    assert store.counts("job:a") == {"succeeded": 1}
    with pytest.raises(StaleVersionError):
        store.save(at(execution(), 1), counted)
    store.save(
        at(execution(), 2), [Increment("job:a", "succeeded", -1), Increment("job:a", "failed_same", 1)]
    )
    assert store.counts("job:a") == {"succeeded": 0, "failed_same": 1}
    assert store.counts("job:b") == {"rejected:throttled": 2}
    assert store.counts("job:c") == {}
    assert store.get("event-1") == at(execution(), 3)


def test_numbers_of_many_executions_add_up(store: EntryStore) -> None:
    for number in range(20):
        store.add(execution(f"e{number}"))
        store.save(at(execution(f"e{number}"), 1), [Increment("job:a", "succeeded", 1)])
    assert store.counts("job:a") == {"succeeded": 20}


def test_automatic_replays_are_due_apart(store: EntryStore) -> None:
    retry = replace(execution("retry"), first_failure=failure(retry=RULE), origin=Origin.VERIFIED)
    store.add(retry)
    store.add(claimed("claimed", START))
    later = START + timedelta(minutes=3)
    assert retry.retry_at is not None
    assert retry.retry_at <= later
    assert list(store.leases(later)) == ["claimed"]
    assert list(store.due(later)) == []
    assert list(store.retries(later)) == ["retry"]
    assert list(store.retries(retry.retry_at - timedelta(milliseconds=1))) == []
    assert store.advance([replace(retry, postponed_to=later + timedelta(hours=1), version=1)]) == set()
    assert list(store.retries(later)) == []
    assert store.get("retry") == replace(retry, postponed_to=later + timedelta(hours=1), version=2)


@pytest.mark.parametrize("size", [10, 40_000])
def test_many_payloads_are_those_of_their_records(records: RecordStore, size: int) -> None:
    contents = {f"r{n}": f'"{n}{"x" * size}"'.encode() for n in range(5)}
    for name, content in contents.items():
        records.put(replace(stored(content), request_id=name))
    records.put(replace(stored(None), request_id="without"))
    found = records.payloads([*contents, "without", "nobody"])
    assert {name: load() for name, load in found.items()} == {**contents, "without": None}


class Answering:
    """A client that fails some statements, some of them after it carried them out."""

    def __init__(self, real: Any, errors: list[dict[int, str]]) -> None:
        self.real, self.errors, self.calls = real, errors, 0

    def batch_execute_statement(self, **call: Any) -> Any:
        self.calls += 1
        errors = self.errors.pop(0) if self.errors else {}
        done = self.real.batch_execute_statement(**call)
        for place, code in errors.items():
            done["Responses"][place] = {"Error": {"Code": code, "Message": ""}}
        return done


@pytest.fixture
def answering(aws: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[list[dict[int, str]]], Answering]:
    def wrap(errors: list[dict[int, str]]) -> Answering:
        answering = Answering(bulk_writes._client(), errors)
        monkeypatch.setattr(bulk_writes, "_client", lambda: answering)
        return answering

    return wrap


def statements(count: int) -> list[bulk_writes.Statement]:
    from lambda_replay.adapters.dynamodb.executions.mapping import to_item

    links = [Link(id=f"run-{n}", execution_id="e", number=1, expires_at=EXPIRES) for n in range(count)]
    return [bulk_writes.insert(to_item(link)) for link in links]


def test_statements_that_were_throttled_are_tried_again(answering: Any) -> None:
    from tests.support.table import create_storage

    create_storage()
    client = answering([{1: "ThrottlingError", 2: "InternalServerError"}])
    pauses: list[float] = []
    # They had been carried out all the same, so the second try finds their places taken.
    assert bulk_writes.execute(statements(3), sleep=pauses.append) == {"run-1", "run-2"}
    assert client.calls == 2
    assert len(pauses) == 1


def test_what_cannot_be_carried_out_is_said(answering: Any) -> None:
    from tests.support.table import create_storage

    create_storage()
    answering([{0: "ThrottlingError"}] * 20)
    with pytest.raises(bulk_writes.BatchFailedError, match="1 of 3 statements: ThrottlingError"):
        bulk_writes.execute(statements(3), sleep=lambda _: None)
    assert TableItem.get("run-2", "entry").id == "run-2"
