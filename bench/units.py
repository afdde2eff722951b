"""Write units of a failure and of a replay, alone and in a job; read units of a page by the table's size."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import batched

import pytest
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from bench.cpu import record
from bench.meter import Meter, metering
from bench.report import Line
from lambda_replay.adapters.dynamodb.executions.mapping import to_item
from lambda_replay.adapters.storage import Storage
from lambda_replay.domain.executions.execution import Execution
from lambda_replay.domain.executions.filter import ExecutionFilter
from lambda_replay.domain.jobs.job import Pace
from lambda_replay.use_cases.replays.replay_one import ReplayCommand
from tests.support.partiql import complete_moto
from tests.support.table import TABLE, create_storage
from tests.support.world.service import START, World

_BATCH = 100
_QUEUE_BATCH = 10  # what the template has the queue hand over at once
_SIZES = (1_000, 100_000)


def measure() -> Iterator[Line]:
    with mock_aws(), pytest.MonkeyPatch.context() as patching:
        complete_moto(patching)
        storage = create_storage()
        with metering() as meter:
            yield from _writes(storage, meter)
    reads = [_page(size) for size in _SIZES]
    for name in reads[0]:
        small, large = (units[name] for units in reads)
        note = f"{small:g} read units at {_SIZES[0]:,}, {large:g} at {_SIZES[1]:,} executions"
        yield Line(f"page of 50, {name}", 1, large / small, "×", note)


def _writes(storage: Storage, meter: Meter) -> Iterator[Line]:
    world = World(
        storage.entries,
        storage.records,
        storage.groups,
        jobs=storage.jobs,
        policies=storage.policies,
        seen=storage.functions,
    )
    text = record(2048)
    original = json.loads(text)["requestContext"]
    _arrive(world, text, original["requestId"], range(_BATCH))
    failure = meter.writes / _BATCH
    note = f"{len(text)} bytes; {meter.calls / _BATCH:g} calls"
    yield Line("triage of a 2 KB failure", 8, failure, "write units", note)
    meter.reset()
    arn = original["functionArn"].removesuffix(":$LATEST")
    replayer = world.replayer(allowed=arn)
    for number in range(_BATCH):
        replayer.replay(_command(_id(number)))
    note = f"{meter.calls / _BATCH:g} calls"
    yield Line("one replay, claim to acceptance", 6, meter.writes / _BATCH, "write units", note)
    many = range(_BATCH, 2 * _BATCH)
    _arrive(world, text, original["requestId"], many)
    world.start_job("job", *map(_id, many), pace=Pace(rate=1000, guard=None))
    meter.reset()
    while not world.job("job").is_issued:
        world.driving().turn("job", 1, lambda: True)
    assert world.job("job").claimed == _BATCH
    note = f"{meter.calls / _BATCH:g} calls; what the job writes about itself included"
    yield Line("bulk replay, claim to acceptance", 6, meter.writes / _BATCH, "write units", note)


def _arrive(world: World, text: str, original: str, numbers: range) -> None:
    bodies = [text.replace(original, _id(number)) for number in numbers]
    for batch in batched(bodies, _QUEUE_BATCH, strict=True):
        world.arrives(*batch)


def _id(number: int) -> str:
    return f"e4b46cbf-b738-4c8e-8880-{number:012}"


def _command(execution_id: str) -> ReplayCommand:
    return ReplayCommand(
        execution_id=execution_id, by="arn:aws:sts::123456789012:assumed-role/on-call/somebody"
    )


def _page(size: int) -> dict[str, float]:
    """Read units of the second page of several lists, in a table of `size` executions over 30 days."""
    with mock_aws():
        storage = create_storage()
        _fill(size)
        lists = {
            "all": {},
            "one function": {"function": "orders"},
            "a filter that few match": {"category": "throttling"},
        }  # type: dict[str, dict[str, str]]
        units = {}
        with metering() as meter:
            for name, wanted in lists.items():
                listing = ExecutionFilter(since=START, until=START + timedelta(days=31), **wanted)  # type: ignore[arg-type]  # texts
                first = storage.entries.page(listing, limit=50)
                meter.reset()
                storage.entries.page(listing, limit=50, after=first.after)
                units[name] = meter.reads
        return units


def _fill(size: int) -> None:
    """Straight into moto's table: 100 000 signed calls would take minutes and change nothing."""
    world = World()
    world.fails("template")
    template = world.execution("template")
    table = dynamodb_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].tables[TABLE]
    step = timedelta(days=30) / size
    for number in range(size):
        item = to_item(at(template, f"{number:036}", START + number * step))
        table.put_item(item.to_dynamodb_dict() | {"version": {"N": "1"}})


def at(template: Execution, id_: str, moment: datetime) -> Execution:
    """The template under another id, failed at that moment."""
    return replace(template, id=id_, version=1, first_failure=replace(template.first_failure, at=moment))
