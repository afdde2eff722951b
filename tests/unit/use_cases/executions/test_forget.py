"""Forgetting an execution's bytes: on both kinds of stores, in any order with what else happens."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from lambda_replay.adapters.dynamodb.executions.record_store import LARGEST_INLINE
from lambda_replay.domain.executions.execution import Execution, Forgotten
from lambda_replay.domain.executions.replay import ReplayMode, ReplayStatus
from lambda_replay.domain.executions.stored_record import StoredRecord
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.intake.channel import SourceObject
from lambda_replay.domain.refusals import Reason, RefusedError
from lambda_replay.ports.executions import EntryStore, RecordStore
from lambda_replay.use_cases.executions.forget import forget
from tests.integration.stores.test_executions import EXPIRES, START, full_execution
from tests.support.memory.executions import MemoryEntryStore, MemoryRecordStore
from tests.support.table import create_storage
from tests.support.world.service import FUNCTION

STONE = Forgotten(at=START, by="arn:aws:iam::123456789012:user/ann", reason="erasure request")
SOURCE = SourceObject("aws/lambda/async/orders/2026/01/31/key", "v1")
LARGE = b'"' + b"x" * LARGEST_INLINE + b'"'


@pytest.fixture(params=["memory", "dynamodb"])
def stores(request: pytest.FixtureRequest) -> Iterator[tuple[EntryStore, RecordStore]]:
    if request.param == "memory":
        yield MemoryEntryStore(), MemoryRecordStore()
    else:
        request.getfixturevalue("aws")
        storage = create_storage()
        yield storage.entries, storage.records


def ended() -> Execution:
    """With replays that have all come to an end."""
    whole = full_execution()
    replays = tuple(
        replace(one, status=ReplayStatus.FAILED if one.in_flight else one.status) for one in whole.replays
    )
    return replace(whole, replays=replays, unreplayable=None)


def record(request_id: str, payload: bytes = LARGE, source: SourceObject | None = None) -> StoredRecord:
    return StoredRecord(
        request_id=request_id,
        function=FunctionArn.parse(FUNCTION),
        condition="RetriesExhausted",
        status_code=200,
        function_error="Unhandled",
        payload=payload,
        response=payload,
        expires_at=EXPIRES,
        count_batch="count_batch-1",
        source=source,
    )


def test_nothing_is_left_of_any_run(stores: tuple[EntryStore, RecordStore]) -> None:
    entries, records = stores
    execution = ended()
    entries.add(execution)
    assert len(execution.runs) > 1
    for number, run in enumerate(execution.runs):
        records.put(record(run, b"{}" if number else LARGE, SOURCE if number == 0 else None))
    deleted: list[SourceObject] = []
    found = forget(entries, records, deleted.append, execution.id, STONE)
    assert (found.forgotten, found.unreplayable) == (STONE, Reason.PAYLOAD_FORGOTTEN)
    assert entries.get(execution.id) == replace(found, version=found.version + 1)
    assert found.refusal(ReplayMode.FORCE, maximum=100) is Reason.PAYLOAD_FORGOTTEN
    assert found.retry_at is None
    assert deleted == [SOURCE]
    for run in execution.runs:
        left = records.get(run)
        assert left is not None
        assert (left.payload, left.response, left.count_batch) == (None, None, "count_batch-1")
        assert records.payload(run) is None


def test_a_second_delivery_brings_nothing_back(stores: tuple[EntryStore, RecordStore]) -> None:
    entries, records = stores
    entries.add(ended())
    records.put(record("event-1"))
    forget(entries, records, lambda _: None, "event-1", STONE)
    records.put(record("event-1"))
    assert not records.add_payload(record("event-1"))
    assert records.payload("event-1") is None


def test_the_first_tombstone_stays(stores: tuple[EntryStore, RecordStore]) -> None:
    entries, records = stores
    entries.add(ended())
    later = replace(STONE, at=START + timedelta(hours=1), by="someone else")
    forget(entries, records, lambda _: None, "event-1", STONE)
    records.put(record("event-1"))  # what broke off before, or came in since
    assert forget(entries, records, lambda _: None, "event-1", later).forgotten == STONE
    assert records.payload("event-1") is None


def test_a_replay_under_way_comes_first(stores: tuple[EntryStore, RecordStore]) -> None:
    entries, records = stores
    execution = ended()
    on_its_way = replace(execution.replays[0], status=ReplayStatus.ACCEPTED)
    entries.add(replace(execution, replays=(on_its_way, *execution.replays[1:])))
    records.put(record("event-1"))
    with pytest.raises(RefusedError) as refused:
        forget(entries, records, lambda _: None, "event-1", STONE)
    assert refused.value.reason is Reason.REPLAY_IN_FLIGHT
    assert records.payload("event-1") == LARGE


def test_an_id_that_is_not_there(stores: tuple[EntryStore, RecordStore]) -> None:
    with pytest.raises(RefusedError) as refused:
        forget(*stores, lambda _: None, "event-1", STONE)
    assert refused.value.reason is Reason.EXECUTION_NOT_FOUND
