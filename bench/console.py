"""Pages of the console beside the API's own answers, over a table of 100 000 executions; and what an hour of
live updates leaves in memory."""

import gc
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from bench.report import Line
from lambda_replay.adapters.dynamodb.executions.mapping import to_item
from tests.cli.support.api_server import Api, Asked, served
from tests.cli.support.job_objects import job
from tests.cli.support.objects import execution, group, group_detail
from tests.console.browsing import Browser, browsing, service_of
from tests.console.live import Live, live
from tests.support.table import TABLE
from tests.support.world.service import World

_EXECUTIONS, _ROUNDS, _LOOKS = 100_000, 9, 3
_HOUR_OF_LOOKS = 1800  # one every two seconds, as a running job is looked at
_PAGE_BYTES, _BEYOND_SECONDS = 100_000, 0.3


def measure() -> Iterator[Line]:
    with live() as world:
        _fill(_EXECUTIONS)
        yield from _pages(world)
    yield from _small()


def _pages(world: Live) -> Iterator[Line]:
    """Moto takes seconds for a page of so many: what the API took is taken off."""
    with browsing(world.account.service) as browser:
        browser.get("/")
        clock = _Clock(world.api)
        for name, path in _LISTS.items():
            found = [clock.around(partial(browser.client.get, path)) for _ in range(_LOOKS)]
            page, api, calls = sorted(found, key=lambda one: one[0] - one[1])[_LOOKS // 2]
            note = f"of {_EXECUTIONS:,}; {page:.2f} s, the API's own {api:.2f} s in {calls} calls"
            yield Line(f"page of {name}, beyond the API's answer", _BEYOND_SECONDS, page - api, "s", note)


# The list, and what people search for; the last finds nothing in the whole table.
_LISTS = {
    "executions": "/executions",
    "executions, 3 000 further": "/executions?to=14h",
    "one status": "/executions?status=failed",
    "one function": "/executions?function=orders",
    "an error type of some days": "/executions?error_type=KeyError&from=9d&to=3d",
    "a search that finds none": "/executions?error_type=Nothing",
}


class _Clock:
    """How long the API answers."""

    def __init__(self, api: Api) -> None:
        self._seconds, self._calls, self._answer = 0.0, 0, api.answer
        api.answer = self._timed  # type: ignore[method-assign]

    def around(self, work: Callable[[], object]) -> tuple[float, float, int]:
        """Seconds of all of it, those of the API, and how often it was asked."""
        self._seconds, self._calls, begun = 0.0, 0, time.perf_counter()
        work()
        return time.perf_counter() - begun, self._seconds, self._calls

    def _timed(self, asked: Asked) -> tuple[int, object]:
        begun = time.perf_counter()
        try:
            return self._answer(asked)
        finally:
            self._seconds += time.perf_counter() - begun
            self._calls += 1


def _small() -> Iterator[Line]:
    """What is the console's own: before an API that answers at once, and for an hour of live updates."""
    with served() as api:
        groups = [group(f"{n:032x}") for n in range(50)]
        api.says("GET", "/groups", {"groups": groups, "cursor": None})
        rows = [execution(f"{n:036}") for n in range(50)]
        api.says("GET", "/executions", {"executions": rows, "cursor": None})
        api.says("GET", "/jobs/one", job())
        for n in range(50):
            api.says("GET", f"/groups/{n:032x}", group_detail())
        service = service_of(api)()
        with browsing(service_of(api)) as browser:
            for name, path, route in _SMALL:
                call = _median(partial(service.call, "GET", route))
                page = _median(partial(browser.client.get, path))
                size = len(browser.client.get(path).content) / 1000
                note = f"{page / call:.1f} × the API's call of {call * 1000:.1f} ms"
                yield Line(f"{name}, beyond the API's answer", _BEYOND_SECONDS, page - call, "s", note)
                yield Line(f"{name}, size", _PAGE_BYTES / 1000, size, "KB")
            yield _memory(browser, api)


_SMALL = (
    ("page of 50 executions", "/executions", "/executions"),
    ("page of 50 groups", "/?tab=open", "/groups"),
    ("page of a job", "/jobs/one", "/jobs/one"),
)


def _memory(browser: Browser, api: Api) -> Line:
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
    note = f"{_HOUR_OF_LOOKS} looks"
    return Line("memory grown by an hour of live updates", 2, grown / 1e6, "MB", note)


def _looked_at(browser: Browser, api: Api, rounds: int) -> None:
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
