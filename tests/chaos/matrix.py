"""Every scenario, at every call, with every fault."""

import io
import logging
import traceback
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass

from tests.chaos import setting
from tests.chaos.examine import violations
from tests.chaos.scenarios import SCENARIOS, Scenario
from tests.chaos.service import Service
from tests.support.chaos import FAULTS, Call, Kind


@dataclass(frozen=True, slots=True)
class Point:
    scenario: str
    call: Call
    kind: Kind


@dataclass(frozen=True, slots=True)
class Result:
    point: Point
    violations: tuple[str, ...]


def points(service: Service, name: str) -> list[Point]:
    """From an undisturbed run, which must itself be in order."""
    scenario = SCENARIOS[name]
    service.reset()
    scenario.prepare(service)
    service.keep()
    wrong = _play(service, scenario, 0, None)
    assert not wrong, (name, wrong)
    return [
        Point(name, call, kind)
        for call in service.chaos.calls
        if call.component in scenario.components
        for kind, fault in FAULTS.items()
        if fault.suits(call)
    ]


def inject(service: Service, point: Point) -> Result:
    chaos = service.chaos
    wrong = _play(service, SCENARIOS[point.scenario], point.call.number, point.kind)
    met = chaos.struck
    if met is None or (met.component, met.operation) != (point.call.component, point.call.operation):
        wrong.append(f"the fault met another call: {met}")
    return Result(point, tuple(wrong))


def _play(service: Service, scenario: Scenario, at: int, kind: Kind | None) -> list[str]:
    service.restore()
    with service.chaos.striking(lambda call: call.number == at, kind):
        try:
            scenario.act(service)
        except Exception:  # what no caller would have met
            return [traceback.format_exc()]
    try:
        scenario.afterwards(service)
        service.commit()
        return [*violations(service, scenario.allowed), *scenario.check(service)]
    except Exception:  # a world that can't even be looked at
        return [traceback.format_exc()]


def run(service: Service, name: str, *, every: int = 1) -> Iterator[Result]:
    """`every` n-th point of a scenario, beginning at one that differs by scenario."""
    first = list(SCENARIOS).index(name) % every
    for point in points(service, name)[first::every]:
        yield inject(service, point)


def alone(name: str, every: int) -> list[Result]:
    """In a process of its own; the functions' own logs and metrics go nowhere."""
    logging.disable(logging.CRITICAL)
    with redirect_stdout(io.StringIO()), setting.service() as made:
        return list(run(made, name, every=every))
