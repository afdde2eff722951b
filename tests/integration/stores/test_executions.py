"""One suite for every store: what the in-memory one promises, the table keeps (run on moto)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambda_replay.domain.executions.execution import (
    Decision,
    Execution,
    ExecutionStatus,
    Payload,
    RunOf,
    Verb,
)
from lambda_replay.domain.executions.failure import Failure
from lambda_replay.domain.executions.filter import ExecutionFilter
from lambda_replay.domain.executions.id_slot import EarlySuccess, Link, UncertainReplay, UncertainReplays
from lambda_replay.domain.executions.identity import Contest, Difference
from lambda_replay.domain.executions.replay import Fact, Replay, ReplayMode, ReplayStatus
from lambda_replay.domain.executions.stored_record import StoredRecord
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.intake.origin import Origin
from lambda_replay.domain.pagination import Position
from lambda_replay.domain.refusals import Reason
from lambda_replay.ports.common import StaleVersionError
from lambda_replay.ports.executions import EntryStore, RecordStore
from tests.support.world.service import FUNCTION

START = datetime(2026, 1, 31, 9, tzinfo=UTC)
EXPIRES = datetime(2026, 3, 2, tzinfo=UTC)


def failure(at: datetime = START, **other: Any) -> Failure:
    values: dict[str, Any] = {
        "condition": "RetriesExhausted",
        "invoke_count": 3,
        "executed_version": "7",
        "error_type": "KeyError",
        "title": "KeyError: <str>",
        "category": "invalid_input",
        "verdict": "never",
        "rule": "missing-key",
        "confidence": 0.875,
        "group": "f" * 32,
    }
    return Failure(at=at, **{**values, **other})


def execution(
    id_: str = "event-1", *, at: datetime = START, function: str = FUNCTION, **of: Any
) -> Execution:
    return Execution(
        id=id_,
        function=FunctionArn.parse(function + ":live"),
        first_failure=failure(at, **of),
        stored_at=at + timedelta(seconds=1),
        expires_at=EXPIRES,
        payload=Payload(size=4, sha256="ab" * 32),
    )


def full_execution() -> Execution:
    """Every field of every part has a value."""
    attempt = Replay(
        number=1,
        claim_id="claim-1",
        mode=ReplayMode.FORCE,
        target=FunctionArn.parse(FUNCTION + ":$LATEST"),
        by="arn:aws:iam::123456789012:user/ops",
        reason="fixed in v8",
        idempotency_key="key-1",
        claimed_at=START,
        lease_expires_at=START + timedelta(seconds=120),
        status=ReplayStatus.FAILED,
        request_id="run-1",
        accepted_at=START + timedelta(milliseconds=250),
        window_closes_at=START + timedelta(hours=6),
        linked=True,
        ended_at=START + timedelta(minutes=3),
        patched=True,
        sent_sha256="cd" * 32,
        tenant="blue",
        durable_name="event-1-1-claim-1",
        durable_arn=f"{FUNCTION}:$LATEST/durable-execution/event-1-1-claim-1/1",
        look_at=START + timedelta(minutes=2),
        failure=failure(
            START + timedelta(minutes=3), error_type=None, invoke_count=None, executed_version=None
        ),
    )
    rejected = replace(
        attempt,
        number=2,
        status=ReplayStatus.REJECTED,
        rejection=Reason.THROTTLED,
        failure=None,
        request_id=None,
        linked=False,
    )
    ignored = Decision(
        verb=Verb.IGNORED, at=START, by="someone", reason="duplicate order", until=START + timedelta(days=1)
    )
    return replace(
        execution(),
        replays=(attempt, rejected),
        decisions=(ignored, Decision(verb=Verb.REOPENED, at=START, by="someone")),
        unreplayable=Reason.STREAM_BATCH,
        payload=None,
        origin=Origin.VERIFIED,
        contests=(
            Contest(other="event-1.0123456789abcdef", differs=tuple(Difference)),
            Contest(other="event-2", differs=(Difference.PAYLOAD,)),
        ),
        alert_due=True,
        probable_run_of=RunOf(execution_id="event-3", number=2),
    )


ENTRIES = [
    execution(),
    full_execution(),
    Link(id="run-1", execution_id="event-1", number=2, expires_at=EXPIRES),
    Link(
        id="run-1",
        execution_id="event-1",
        number=2,
        expires_at=EXPIRES,
        fact=Fact(status=ReplayStatus.FAILED, at=START, failure=failure()),
    ),
    EarlySuccess(id="run-1", at=START, expires_at=EXPIRES),
    UncertainReplays(
        id="uncertain:ab",
        replays=(
            UncertainReplay(execution_id="event-1", number=2, since=START, until=EXPIRES),
            UncertainReplay(execution_id="event-2", number=1, since=START, until=EXPIRES),
        ),
        expires_at=EXPIRES,
    ),
]


@pytest.mark.parametrize("size", [4, 50_000])
def test_a_missing_payload_can_be_added_once(records: RecordStore, size: int) -> None:
    bare = StoredRecord(
        request_id="event-1", function=FunctionArn.parse(FUNCTION), condition="RetriesExhausted",
        status_code=200, function_error=None, payload=None, response=b"{}", expires_at=EXPIRES,
        count_batch="t",
    )  # fmt: skip
    assert records.put(bare).count_batch == "t"
    whole = replace(bare, payload=b"1" * size, response=b"other", count_batch="u")
    records.add_payload(whole)
    records.add_payload(replace(whole, payload=b"2" * size))
    assert records.get("event-1") == replace(bare, payload=b"1" * size)
    assert records.payload("event-1") == b"1" * size


@pytest.mark.parametrize("entry", ENTRIES)
def test_what_is_stored_comes_back(store: EntryStore, entry: Any) -> None:
    assert store.get(entry.id) is None
    assert store.add(entry) is None
    assert store.get(entry.id) == replace(entry, version=1)


def test_an_id_has_one_place(store: EntryStore) -> None:
    first, second = EarlySuccess(id="x", at=START, expires_at=EXPIRES), execution("x")
    assert store.add(first) is None
    assert store.add(second) == replace(first, version=1)
    assert store.get("x") == replace(first, version=1)


def test_saving_replaces_and_may_change_the_kind(store: EntryStore) -> None:
    store.add(execution("x"))
    link = Link(id="x", execution_id="event-1", number=1, expires_at=EXPIRES, version=1)
    store.save(link)
    assert store.get("x") == replace(link, version=2)
    assert ids(store) == []


def test_a_stale_writer_is_refused_and_changes_nothing(store: EntryStore) -> None:
    store.add(execution())
    fresh = store.get("event-1")
    assert isinstance(fresh, Execution)
    store.save(replace(fresh, unreplayable=Reason.STREAM_BATCH))
    with pytest.raises(StaleVersionError):
        store.save(replace(fresh, unreplayable=Reason.PAYLOAD_MISSING))
    stored = store.get("event-1")
    assert isinstance(stored, Execution)
    assert (stored.version, stored.unreplayable) == (2, Reason.STREAM_BATCH)


@pytest.mark.parametrize("version", [0, 1])
def test_what_is_not_there_cannot_be_saved(store: EntryStore, version: int) -> None:
    with pytest.raises(StaleVersionError):
        store.save(replace(execution(), version=version))
    assert store.get("event-1") is None


# ------------------------------------------------------------------------------------------------ lists


def everything(**wanted: Any) -> ExecutionFilter:
    defaults = {"since": START - timedelta(days=100), "until": START + timedelta(days=100)}
    return ExecutionFilter(**{**defaults, **wanted})


def ids(store: EntryStore, *, limit: int = 100, **wanted: Any) -> list[str]:
    """All pages."""
    found, after = [], None
    while True:
        page = store.page(everything(**wanted), limit=limit, after=after)
        assert len(page.executions) <= limit
        found += [execution.id for execution in page.executions]
        after = page.after
        if after is None:
            return found


@pytest.fixture
def listed(store: EntryStore) -> EntryStore:
    other = FUNCTION.replace("orders", "billing")
    for entry in [
        execution("a", at=START - timedelta(days=70)),
        execution("b", at=START - timedelta(days=1), function=other, category="timeout", verdict="as_is"),
        execution("c", at=START, group="0" * 32, error_type="ValueError"),
        execution("d", at=START, group="0" * 32),
        execution("e", at=START + timedelta(milliseconds=1), function=other),
    ]:
        store.add(entry)
    store.add(Link(id="run-1", execution_id="a", number=1, expires_at=EXPIRES))
    store.add(EarlySuccess(id="run-2", at=START, expires_at=EXPIRES))
    return store


def test_lists_are_newest_first_and_hold_executions_only(listed: EntryStore) -> None:
    assert ids(listed) == ["e", "d", "c", "b", "a"]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6])
def test_pages_of_any_size_show_everything_once(listed: EntryStore, limit: int) -> None:
    assert ids(listed, limit=limit) == ["e", "d", "c", "b", "a"]
    assert ids(listed, limit=limit, function="orders") == ["d", "c", "a"]
    assert ids(listed, limit=limit, groups=("0" * 32,)) == ["d", "c"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"function": "billing"}, ["e", "b"]),
        ({"function": "nobody"}, []),
        ({"groups": ("0" * 32,)}, ["d", "c"]),
        ({"groups": ("0" * 32, "f" * 32)}, ["e", "d", "c", "b", "a"]),
        ({"groups": ("1" * 32, "2" * 32)}, []),
        ({"groups": ("0" * 32,), "function": "billing"}, []),
        ({"category": "timeout"}, ["b"]),
        ({"verdict": "as_is"}, ["b"]),
        ({"error_type": "ValueError"}, ["c"]),
        ({"status": ExecutionStatus.FAILED}, ["e", "d", "c", "b", "a"]),
        ({"status": ExecutionStatus.RECOVERED}, []),
        ({"since": START}, ["e", "d", "c"]),
        ({"until": START}, ["b", "a"]),
        ({"since": START, "until": START + timedelta(milliseconds=1)}, ["d", "c"]),
        ({"since": START, "function": "billing"}, ["e"]),
        ({"since": START + timedelta(days=1)}, []),
        ({"since": START, "until": START - timedelta(days=1)}, []),
    ],
)
def test_filters(listed: EntryStore, wanted: dict[str, Any], expected: list[str]) -> None:
    assert ids(listed, **wanted) == expected
    assert ids(listed, limit=1, **wanted) == expected


def test_a_position_between_two_executions_goes_on_behind_it(listed: EntryStore) -> None:
    page = listed.page(everything(), limit=100, after=Position(START, "cc"))
    assert [execution.id for execution in page.executions] == ["c", "b", "a"]


@pytest.mark.parametrize("groups", [None, ("0" * 32,)])
def test_a_position_outside_the_wanted_time_is_no_fault(
    listed: EntryStore, groups: tuple[str, ...] | None
) -> None:
    wanted = everything(since=START, until=START + timedelta(milliseconds=1), groups=groups)
    older, newer = Position(START - timedelta(days=9), "x"), Position(START + timedelta(days=9), "x")
    assert listed.page(wanted, limit=10, after=older).executions == ()
    assert [e.id for e in listed.page(wanted, limit=10, after=newer).executions] == ["d", "c"]


def test_the_status_in_a_list_is_the_current_one(listed: EntryStore) -> None:
    fresh = listed.get("c")
    assert isinstance(fresh, Execution)
    listed.save(replace(fresh, decisions=(Decision(verb=Verb.IGNORED, at=START, by="me", reason="x"),)))
    assert ids(listed, status=ExecutionStatus.IGNORED) == ["c"]
    assert "c" not in ids(listed, status=ExecutionStatus.FAILED)


def test_an_execution_that_failed_again_moves_to_the_group_of_its_new_error(listed: EntryStore) -> None:
    fresh = listed.get("c")
    assert isinstance(fresh, Execution)
    again = replace(full_execution().replays[0], failure=failure(START, group="1" * 32))
    listed.save(replace(fresh, replays=(again,)))
    assert ids(listed, groups=("1" * 32,)) == ["c"]
    assert ids(listed, groups=("0" * 32,)) == ["d"]


# ------------------------------------------------------------------------------------------------ due


def claimed(id_: str, lease: datetime) -> Execution:
    attempt = replace(
        full_execution().replays[1],
        number=1,
        status=ReplayStatus.CLAIMED,
        rejection=None,
        lease_expires_at=lease,
    )
    return replace(execution(id_), replays=(attempt,))


def test_what_is_due_comes_and_nothing_else(store: EntryStore) -> None:
    for number in range(20):
        store.add(claimed(f"c{number:02}", START + timedelta(seconds=number)))
    store.add(execution("idle"))
    now = START + timedelta(seconds=9)
    assert list(store.leases(now)) == [f"c{number:02}" for number in range(10)]
    assert list(store.leases(START - timedelta(seconds=1))) == []


def test_what_is_due_is_distinguished_by_what_has_to_be_done(store: EntryStore) -> None:
    contested = (Contest(other="event-2", differs=(Difference.PAYLOAD,)),)
    accepted = claimed("unlinked", START).learn(
        1, Fact(status=ReplayStatus.ACCEPTED, at=START, request_id="run-9", window_closes_at=START)
    )
    accepted = replace(
        accepted, replays=(replace(accepted.replays[0], window_closes_at=START, look_at=None),)
    )
    linked = replace(accepted, id="linked").link(1)
    store.add(accepted)
    store.add(linked)
    store.add(replace(execution("contested"), contests=contested, alert_due=True, stored_at=START))
    store.add(replace(claimed("both", START), contests=contested, alert_due=True))
    assert sorted(store.leases(START)) == ["both", "unlinked"]
    assert list(store.due(START)) == ["linked"]
    assert list(store.alerts_due(START)) == ["contested"]
    assert list(store.retries(START)) == []


def test_what_has_been_settled_is_not_due_any_more(store: EntryStore) -> None:
    store.add(claimed("c", START))
    fresh = store.get("c")
    assert isinstance(fresh, Execution)
    store.save(fresh.learn(1, Fact(status=ReplayStatus.UNCERTAIN, at=START)))
    assert list(store.leases(START + timedelta(days=1))) == []


def test_a_replay_that_is_linked_is_due_among_the_others(store: EntryStore) -> None:
    """What awaits its link comes first in a sweep, whatever else is due."""
    store.add(claimed("c", START))
    fresh = store.get("c")
    assert isinstance(fresh, Execution)
    closes = START + timedelta(hours=6)
    accepted = Fact(status=ReplayStatus.ACCEPTED, at=START, request_id="run", window_closes_at=closes)
    store.save(fresh.learn(1, accepted))
    assert (list(store.leases(closes)), list(store.due(closes))) == (["c"], [])
    fresh = store.get("c")
    assert isinstance(fresh, Execution)
    store.save(fresh.link(1))
    assert (list(store.leases(closes)), list(store.due(closes))) == ([], ["c"])


# ------------------------------------------------------------------------------------------------ records

BYTES = [
    b"null", b'""', b"[]", b"1.10", b"1e400", b"-0.0", b' {"a":1,"a":2}\n', '"λ😀"'.encode(), rb'"\ud800"',
    b'"' + b"x" * 32 * 1024 + b'"', b'"' + b"y" * 1_048_000 + b'"',
]  # fmt: skip


def stored(payload: bytes | None, response: bytes | None = b'{"errorMessage":"boom"}') -> StoredRecord:
    return StoredRecord(
        request_id="event-1",
        function=FunctionArn.parse(FUNCTION),
        condition="RetriesExhausted",
        status_code=200,
        function_error="Unhandled",
        payload=payload,
        response=response,
        expires_at=EXPIRES,
    )


@pytest.mark.parametrize("payload", BYTES, ids=lambda p: repr(p[:20]))
@pytest.mark.parametrize("big_response", [False, True])
def test_a_record_comes_back_byte_for_byte(records: RecordStore, payload: bytes, big_response: bool) -> None:
    record = stored(payload, b'"' + b"r" * 300_000 + b'"' if big_response else b"null")
    records.put(record)
    assert records.get("event-1") == record
    assert records.payload("event-1") == payload


def test_missing_payloads_stay_missing(records: RecordStore) -> None:
    record = replace(stored(None, None), status_code=None, function_error=None)
    records.put(record)
    assert records.get("event-1") == record
    assert records.payload("event-1") is None
    assert records.get("other") is None
    assert records.payload("other") is None


@pytest.mark.parametrize("size", [10, 40_000])
def test_the_first_record_under_an_id_stays(records: RecordStore, size: int) -> None:
    """Nobody who can send to the queue exchanges a payload afterwards."""
    first, forged = stored(b'"' + b"a" * size + b'"'), stored(b'"' + b"b" * size + b'"')
    records.put(first)
    records.put(first)
    records.put(forged)
    assert records.get("event-1") == first
