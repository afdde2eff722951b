"""A job's rate: in every window of time no more is sent than it lets out, whatever happens in between."""

from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_replay.domain.jobs.job import Guard, JobStatus, JobVerb, Pace
from lambda_replay.domain.refusals import RefusedError
from lambda_replay.use_cases.jobs.driving import Turn
from tests.support.world.jobs import failed, outcomes, say
from tests.support.world.service import START, World

MANY = 120
# As long as Lambda lets the function run, and what a turn keeps of it to write down what it did.
KILLED_AFTER, SPARE = timedelta(seconds=60), timedelta(seconds=20)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def most_in_any_window(times: list[datetime], rate: float) -> float:
    """By how many more than `rate` times its length the fullest window of time holds."""
    lowest, most = 0.0, 0.0
    for number, at in enumerate(times):
        ahead = number - rate * (at - START).total_seconds()
        lowest = min(lowest, ahead) if number else ahead
        most = max(most, ahead - lowest + 1)
    return most


class Killed(BaseException):
    """The process ends here."""


def prepared() -> World:
    found = World()
    failed(found, MANY)
    return found


FULL = prepared()


@dataclass
class Driven:
    """A job, its drivers, and what happens to them. `times` are when something was sent."""

    world: World
    rate: float
    times: list[datetime] = field(default_factory=list)
    pause: timedelta = timedelta()
    """Before each Invoke."""
    at_next: list[Callable[[], object]] = field(default_factory=list)
    """What happens before the next Invoke."""
    ends_at: list[datetime] = field(default_factory=list)
    """When Lambda kills those that are under way, the last one first to be asked."""

    def __post_init__(self) -> None:
        self.world.aws.meanwhile = self._sends

    def _sends(self) -> None:
        self.world.clock.pass_(self.pause)
        while self.at_next:
            self.at_next.pop()()
        if self.world.clock() >= self.ends_at[-1]:
            raise Killed
        self.times.append(self.world.clock())

    def dies(self) -> None:
        raise Killed

    def turn(self, *, patient: bool = True) -> None:
        ends_at = self.world.clock() + KILLED_AFTER
        self.ends_at.append(ends_at)
        turn = Turn()
        with suppress(Killed):
            generation = self.world.job().generation
            turn = self.world.driving().turn(
                "job-1", generation, lambda: ends_at - self.world.clock() > SPARE
            )
        self.ends_at.pop()
        if patient:
            self.world.clock.pass_(turn.wait)

    def turns(self, count: int) -> None:
        for _ in range(count):
            self.turn()

    def decide(self, *verbs: JobVerb) -> None:
        for verb in verbs:
            with suppress(RefusedError):
                self.world.jobs().decide("job-1", say(verb, self.world))
            self.world.clock.pass_(timedelta(milliseconds=1))

    def is_taken_over(self) -> None:
        """While it sends, it is paused and resumed, and another driver begins."""
        self.decide(JobVerb.PAUSE, JobVerb.RESUME)
        self.turn(patient=False)
        self.turn(patient=False)


def driven(rate: float, **pace: object) -> Driven:
    found = deepcopy(FULL)
    found.start_job(pace=Pace(rate=rate, **{"guard": None, **pace}))  # type: ignore[arg-type]  # passed through
    return Driven(found, rate)


HAPPENINGS: dict[str, Callable[[Driven], object]] = {
    "a turn": Driven.turn,
    "a turn that comes too soon": partial(Driven.turn, patient=False),
    "turns": lambda on: on.turns(5),
    "a pause": lambda on: on.decide(JobVerb.PAUSE),
    "resumed": lambda on: on.decide(JobVerb.RESUME),
    "a minute": lambda on: on.world.clock.pass_(seconds(60)),
    "three hours": lambda on: on.world.clock.pass_(timedelta(hours=3)),
    "it dies at the next Invoke": lambda on: on.at_next.append(on.dies),
    "it is taken over at the next Invoke": lambda on: on.at_next.append(on.is_taken_over),
    "it stalls at the next Invoke": lambda on: on.at_next.append(partial(on.world.clock.pass_, seconds(25))),
    "Invokes take long": lambda on: setattr(on, "pause", seconds(3)),
    "Invokes take no time": lambda on: setattr(on, "pause", timedelta()),
    "a sweep": lambda on: on.world.sweep(),
    "the replays succeed": lambda on: outcomes(on.world, lambda _: None)(),
}


@given(
    rate=st.sampled_from([0.05, 0.5, 1, 2.5, 7, 20]),
    ramp=st.sampled_from([(), (1, 20), (1, 5, 20)]),
    happens=st.lists(st.sampled_from(sorted(HAPPENINGS)), max_size=25),
)
def test_no_window_of_time_holds_more_than_the_rate_lets_out(
    rate: float, ramp: tuple[int, ...], happens: list[str]
) -> None:
    job = driven(rate, ramp=ramp, patience=seconds(30))
    for what in happens:
        HAPPENINGS[what](job)
    assert most_in_any_window(job.times, rate) <= 2 * rate + 1 + 1e-6


@pytest.mark.parametrize("rate", [0.05, 0.5, 1, 10])
@pytest.mark.parametrize("idle", [seconds(3), timedelta(minutes=10), timedelta(hours=3)])
def test_a_pause_earns_nothing(rate: float, idle: timedelta) -> None:
    job = driven(rate)
    job.turn()
    job.decide(JobVerb.PAUSE)
    job.world.clock.pass_(idle)
    job.decide(JobVerb.RESUME)
    before = len(job.times)
    job.turn(patient=False)
    job.turn(patient=False)
    job.turn(patient=False)
    assert len(job.times) - before <= max(1, 2 * rate)


def test_a_batch_of_the_ramp_goes_out_at_the_rate() -> None:
    job = driven(0.5, ramp=(1, 20), guard=Guard())
    commit = outcomes(job.world, lambda _: None)
    for _ in range(100):
        job.turn()
        commit()
        if len(job.times) >= 21:
            break
    assert len(job.times) == 21
    assert job.times[-1] - job.times[1] >= seconds(19 / 0.5)


@pytest.mark.parametrize("rate", [0.5, 3, 40, 200, 1000])
def test_it_is_as_fast_as_it_may_be(rate: float) -> None:
    """Where a slice of 100 takes a fifth of a second, and each turn as much as a tenth."""
    job = driven(rate)
    job.pause = seconds(0.002)
    for _ in range(2000):
        job.turn()
        job.world.clock.pass_(seconds(0.1))
        if job.world.job().is_issued:
            break
    took = (job.times[-1] - job.times[0]).total_seconds()
    # A slice holds a second's worth, and each costs its turn.
    slices = MANY / min(100, max(1, rate))
    alone = MANY * 0.002 + slices * 0.1
    assert took <= max(MANY / rate * 1.1, alone) + 1


def test_a_slice_that_took_long_is_followed_by_no_burst() -> None:
    job = driven(20)
    job.at_next.append(partial(job.world.clock.pass_, seconds(10)))
    for _ in range(4):
        job.turn(patient=False)
    assert most_in_any_window(job.times, 20) <= 41
    assert len(job.times) == 40, "a second's worth that was there, and one that came while it took long"


def test_a_driver_that_was_replaced_is_waited_for() -> None:
    """The one before it hangs in an Invoke of its slice; what is left of that goes out at any time."""
    job = driven(20)

    def hangs() -> None:
        job.decide(JobVerb.PAUSE, JobVerb.RESUME)
        for _ in range(4):
            job.turn()
        job.world.clock.pass_(seconds(10))
        for _ in range(4):
            job.turn(patient=False)

    job.at_next.append(hangs)
    job.turn()
    assert len(job.times) == 20
    for _ in range(20):
        job.turn()
    assert len(job.times) == MANY
    assert most_in_any_window(job.times, 20) <= 41


def test_a_driver_that_was_replaced_opens_no_slice() -> None:
    job = driven(100)
    job.pause = seconds(0.1)
    job.at_next.append(job.dies)  # with a quarter of its slice claimed
    job.turn()
    job.at_next.append(partial(job.decide, JobVerb.PAUSE, JobVerb.RESUME))
    job.turn()
    found = job.world.job()
    assert (found.generation, found.slice, found.claimed) == (2, None, 100)
    assert len(job.times) == 75


def test_it_ends() -> None:
    job = driven(20)
    job.at_next.append(job.is_taken_over)
    for _ in range(100):
        job.turn()
    outcomes(job.world, lambda _: None)()
    job.turn()
    assert (job.world.job().status, len(job.times)) == (JobStatus.COMPLETED, MANY)
