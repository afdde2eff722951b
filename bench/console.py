"""Pages of the console beside the API's own answers, over a table of 100 000 executions; and what an hour of
live updates leaves in memory."""

import gc
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from bench.report import Line
from lambda_replay.adapters.dynamodb.mapping import to_item
from tests.cli.job_things import job
from tests.cli.things import execution, group, group_detail
from tests.console.browsing import Browser, browsing, service_of
from tests.console.live import Live, live
from tests.support.table import TABLE
from tests.support.world import World

_EXECUTIONS, _ROUNDS = 100_000, 9
_HOUR_OF_LOOKS = 1800  # one every two seconds, as a running job is looked at
_PAGE_BYTES, _BEYOND_SECONDS = 100_000, 0.3


def measure() -> Iterator[Line]:
    with live() as world:
        _fill(_EXECUTIONS)
        yield from _pages(world)
    yield from _live_updates()


def _pages(world: Live) -> Iterator[Line]:
    """The API runs in this process, one call after the other: what is beyond its answer is the console's."""
    lists = {"executions": "/executions", "executions of one status": "/executions?status=failed"}
    service = world.account.service()
    with browsing(world.account.service) as browser:
        browser.get("/")
        for name, path in lists.items():
            query = dict(pair.split("=") for pair in path.partition("?")[2].split("&") if pair)
            api = _median(partial(service.call, "GET", "/executions", query={**query, "limit": "50"}))
            page = _median(partial(browser.get, path))
            size = len(browser.get(path).html.encode()) / 1000
            note = (
                f"of {_EXECUTIONS:,}; {page * 1000:.0f} ms, {page / api:.1f} × the API's {api * 1000:.0f} ms"
            )
            yield Line(f"page of {name}, beyond the API", _BEYOND_SECONDS, page - api, "s", note)
            yield Line(f"page of {name}", _PAGE_BYTES / 1000, size, "KB", "50 rows")


def _live_updates() -> Iterator[Line]:
    from tests.cli.served import served

    with served() as api:
        api.says("GET", "/groups", {"groups": [group(f"{n:032x}") for n in range(50)], "cursor": None})
        api.says(
            "GET", "/executions", {"executions": [execution(f"{n:036}") for n in range(50)], "cursor": None}
        )
        api.says("GET", "/jobs/one", job())
        for n in range(50):
            api.says("GET", f"/groups/{n:032x}", group_detail())
        with browsing(service_of(api)) as browser:
            _looked_at(browser, api, 100)
            gc.collect()
            tracemalloc.start()
            _looked_at(browser, api, 20)
            gc.collect()
            before = tracemalloc.get_traced_memory()[0]
            _looked_at(browser, api, _HOUR_OF_LOOKS)
            gc.collect()
            grown = tracemalloc.get_traced_memory()[0] - before
            tracemalloc.stop()
    yield Line(
        "memory after an hour of live updates", 2, grown / 1e6, "MB", f"{_HOUR_OF_LOOKS} looks, grown by"
    )


def _looked_at(browser: Browser, api: Any, rounds: int) -> None:
    for number in range(rounds):
        browser.client.get(("/jobs/one", "/", "/executions")[number % 3])
        api.asked.clear()


def _median(work: Callable[[], object]) -> float:
    """Seconds. The first is for what is made once."""
    work()
    taken = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def _fill(size: int) -> None:
    """Straight into moto's table, over the last days: 100 000 signed calls would take minutes."""
    from bench.units import at

    world = World()
    world.fails("template")
    template = world.execution("template")
    table = dynamodb_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].tables[TABLE]
    begun, step = datetime.now(UTC) - timedelta(days=20), timedelta(days=20) / size
    for number in range(size):
        item = to_item(at(template, f"{number:036}", begun + number * step))
        table.put_item(item.to_dynamodb_dict() | {"version": {"N": "1"}})
