"""The one loop that reads, decides and writes: it waits between lost races, and only those are run again."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_replay.adapters.backoff import jittered
from lambda_replay.domain.executions.execution import Decision, Verb
from lambda_replay.domain.groups.group import GroupVerb
from lambda_replay.domain.jobs.job import JobDecision, JobVerb
from lambda_replay.ports.common import StaleVersionError
from lambda_replay.use_cases.executions.update import ROUNDS, change, until_written
from lambda_replay.use_cases.groups import decisions
from tests.support.world.groups import decision
from tests.support.world.service import OPERATOR, START, World


class Races:
    """A store where the first `lost` writes lose."""

    def __init__(self, lost: int) -> None:
        self.lost = lost
        self.tries = 0
        self.pauses: list[int] = []

    def pause(self, lost: int) -> None:
        self.pauses.append(lost)

    def write(self) -> int:
        self.tries += 1
        if self.tries <= self.lost:
            raise StaleVersionError
        return self.tries


@pytest.mark.parametrize("lost", range(ROUNDS))
def test_each_lost_race_is_run_again_after_a_pause(lost: int) -> None:
    races = Races(lost)
    assert until_written(races, races.write, "it") == lost + 1
    assert races.pauses == list(range(1, lost + 1))


def test_the_error_after_all_tries_names_what_kept_changing() -> None:
    races = Races(ROUNDS)
    with pytest.raises(StaleVersionError, match="execution x kept changing"):
        until_written(races, races.write, "execution x")
    assert (races.tries, len(races.pauses)) == (ROUNDS, ROUNDS - 1)


def test_what_is_no_lost_race_is_raised_at_once() -> None:
    races = Races(0)

    def breaks() -> None:
        races.tries += 1
        raise OSError("no table")

    with pytest.raises(OSError, match="no table"):
        until_written(races, breaks, "it")
    assert (races.tries, races.pauses) == (1, [])


@given(st.lists(st.floats(0, 1), min_size=ROUNDS - 1, max_size=ROUNDS - 1))
def test_pauses_are_drawn_from_ranges_that_grow_and_end(drawn: list[float]) -> None:
    ranges: list[float] = []
    slept: list[float] = []

    def uniform(least: float, most: float) -> float:
        assert least == 0
        ranges.append(most)
        return most * drawn[len(ranges) - 1]

    pause = jittered(sleep=slept.append, uniform=uniform)
    for lost in range(1, ROUNDS):
        pause(lost)
    assert all(earlier <= later for earlier, later in pairwise(ranges))
    assert (ranges[0], ranges[-1]) == (0.04, 0.32)
    assert slept == [most * part for most, part in zip(ranges, drawn, strict=True)]
    assert sum(ranges) < 3  # seconds: a command answers within the gateway's 29


class Unlucky:
    """A store whose next `lost` saves of this kind lose the race."""

    def __init__(self, store: object, *names: str, lost: int = 3) -> None:
        self._store, self._names, self.lost = store, names, lost
        self.pauses: list[int] = []

    def pause(self, lost: int) -> None:
        self.pauses.append(lost)

    def __getattr__(self, name: str) -> object:
        if name in self._names and self.lost:
            self.lost -= 1
            raise StaleVersionError
        return getattr(self._store, name)


def test_every_loop_waits() -> None:
    """Executions, groups, jobs, counting and alerts alike."""
    world = World()
    world.fails("event-1")
    group = world.execution("event-1").failure.group
    world.start_job("job-1", "event-1")
    unlucky: dict[str, Any] = {
        "executions": Unlucky(world.store, "save"),
        "groups": Unlucky(world.groups, "save"),
        "jobs": Unlucky(world.job_store, "save"),
        "counting": Unlucky(world.groups, "commit"),
        "alerts": Unlucky(world.groups, "save"),
    }
    world.groups = unlucky["alerts"]
    world.sweep()
    world.groups = unlucky["counting"]
    world.fails("event-2")
    world.job_store = unlucky["jobs"]
    world.jobs().decide("job-1", JobDecision(verb=JobVerb.PAUSE, at=START, by=OPERATOR))
    ignored = Decision(verb=Verb.IGNORED, at=START, by=OPERATOR)
    change(unlucky["executions"], "event-1", lambda found: found.decide(ignored))
    decisions.decide(unlucky["groups"], group, decision(GroupVerb.RESOLVED))
    assert {name: store.pauses for name, store in unlucky.items()} == {name: [1, 2, 3] for name in unlucky}
