"""Following a job: what is seen, for how long, and how it ends."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError
from rich.console import Console

from lambda_replay_cli.errors import ApiError
from lambda_replay_cli.jobs.poll import PATIENCE, JobSnapshot, changes, looks
from lambda_replay_cli.jobs.wording import change
from lambda_replay_cli.screens import job_progress
from lambda_replay_cli.screens import jobs as screens
from tests.cli.support.api_server import Asked, connected, served
from tests.cli.support.job_objects import JOB, completed, halted, job
from tests.cli.support.run import run

Step = dict[str, Any] | Exception


class Time:
    """Passes only while somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def pause(self, seconds: float) -> None:
        self.now += seconds

    def clock(self) -> float:
        return self.now


def fetching(*steps: Step) -> Callable[[], dict[str, Any]]:
    waiting = iter(steps)

    def fetch() -> dict[str, Any]:
        step = next(waiting)
        if isinstance(step, Exception):
            raise step
        return step

    return fetch


def seen(*steps: Step, every: float = 2) -> Iterator[JobSnapshot]:
    time = Time()
    return looks(fetching(*steps), every, pause=time.pause, clock=time.clock)


def sent(issued: int, **changed: Any) -> dict[str, Any]:
    counts = {"issued": issued, "succeeded": issued, "remaining": 520 - issued}
    return job(counts=counts, **changed)


def test_it_ends_when_the_job_does() -> None:
    states = [job("planned"), sent(1), job("paused"), sent(2), completed()]
    assert [look.job for look in seen(*states)] == states


@pytest.mark.parametrize("status", ["completed", "halted", "cancelled"])
def test_a_job_that_has_ended_is_looked_at_once(status: str) -> None:
    assert len(list(seen(job(status)))) == 1


def test_a_network_that_comes_back_is_waited_for() -> None:
    lost = ConnectTimeoutError(endpoint_url="https://api")
    found = list(seen(sent(1), lost, ApiError(503, "HTTP 503", "later"), completed()))
    assert [look.silent for look in found] == [0, 2, 4, 0]
    assert [look.job for look in found] == [sent(1), sent(1), sent(1), completed()]


def test_a_network_that_never_comes_back_is_given_up() -> None:
    lost = ConnectTimeoutError(endpoint_url="https://api")
    found: list[JobSnapshot] = []
    with pytest.raises(ConnectTimeoutError):
        found.extend(seen(sent(1), *[lost] * 1000, every=10))
    assert found[-1].silent == PATIENCE


@pytest.mark.parametrize(
    "refusal", [ApiError(403, "AccessDenied", "no"), ApiError(404, "job_not_found", "no")]
)
def test_a_refusal_is_not_waited_for(refusal: ApiError) -> None:
    with pytest.raises(ApiError):
        list(seen(sent(1), refusal))


def test_the_first_look_must_succeed() -> None:
    with pytest.raises(ConnectTimeoutError):
        list(seen(ConnectTimeoutError(endpoint_url="https://api")))


def test_each_state_is_reported_once_however_the_rate_wavers() -> None:
    states = [sent(1), sent(1, rate_now=13.0, seconds_left=40), sent(2), sent(2), completed()]
    assert list(changes(seen(*states))) == [sent(1), sent(2), completed()]


def test_a_line_reports_everything_that_is_not_nothing() -> None:
    assert change(sent(26)) == "running  issued 26 of 520  recovered 26  12.1/s of 100/s, 41 s left"
    assert change(halted()) == "halted  issued 26 of 520  recovered 23  failed again 3: 3 failed again"
    assert change(job("running", starting=True)).startswith("running, starting  ")
    assert change(job("planned", selecting=True, rate_now=None, seconds_left=None)) == (
        "planned, selecting  issued 0 of 520"
    )


def follow(*states: dict[str, Any], words: tuple[str, ...] = ()) -> Any:
    """`job watch` on these, one after the other, the last for ever."""
    waiting = list(states)

    def answer(_asked: Asked) -> tuple[int, object]:
        return 200, waiting.pop(0) if len(waiting) > 1 else waiting[0]

    with served() as api, connected(api):
        api.answers["GET", f"/jobs/{JOB}"] = answer
        return run("job", "watch", JOB, "--every", "0.2", *words)


def test_in_a_pipe_there_is_a_line_for_each_change() -> None:
    outcome = follow(sent(1), sent(1), completed())
    assert outcome.code == 0
    first, last = outcome.out.splitlines()
    assert first.endswith("running  issued 1 of 520  recovered 1  12.1/s of 100/s, 41 s left")
    assert "completed  issued 515 of 520" in last
    assert "\x1b" not in outcome.out


def test_a_program_gets_an_object_for_each_change() -> None:
    outcome = follow(sent(1), sent(2), completed(), words=("-o", "jsonl"))
    assert outcome.objects == [sent(1), sent(2), completed()]
    assert json.loads(follow(completed(), words=("-o", "json")).out) == [completed()]


@pytest.mark.parametrize(("end", "code"), [(completed(), 0), (halted(), 1), (job("cancelled"), 1)])
def test_the_exit_code_reports_how_it_ended(end: dict[str, Any], code: int) -> None:
    assert follow(sent(1), end).code == code


def test_starting_and_watching_are_one_command() -> None:
    with served() as api, connected(api):
        api.says("POST", "/jobs", job("planned"), 202)
        api.says("GET", f"/jobs/{JOB}", halted())
        outcome = run("job", "start", "a", "--yes", "--watch")
    assert outcome.code == 1
    assert "halted" in outcome.out
    assert outcome.problems == [f"lambda-replay: started job {JOB}"]


def test_ctrl_c_leaves_the_job_running_and_says_how_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(look: Iterator[JobSnapshot], _output: object) -> None:
        next(look)
        raise KeyboardInterrupt

    monkeypatch.setattr(job_progress, "_show", interrupted)
    with served() as api, connected(api):
        api.says("GET", f"/jobs/{JOB}", sent(1))
        outcome = run("job", "watch", JOB)
        assert {one.method for one in api.asked} == {"GET"}
    assert outcome.code == 130
    assert f"lambda-replay job watch {JOB}" in outcome.err


def test_credentials_that_expire_in_between_end_the_watching_and_not_the_job() -> None:
    answers = iter([(200, sent(1)), (403, {"message": "The security token included has expired"})])
    with served() as api, connected(api):
        api.answers["GET", f"/jobs/{JOB}"] = lambda _asked: next(answers)
        outcome = run("job", "watch", JOB, "--every", "0.2")
    assert outcome.code == 3
    assert f"the job goes on. Come back with  lambda-replay job watch {JOB}" in outcome.err


def test_a_job_that_is_not_there_does_not_go_on() -> None:
    with served() as api, connected(api):
        outcome = run("job", "watch", JOB)
    assert outcome.code == 1
    assert "goes on" not in outcome.err


def test_the_display_reports_how_long_nothing_was_heard() -> None:
    for width in (80, 120):
        console = Console(width=width, file=io.StringIO(), record=True)
        console.print(screens.live(JobSnapshot(sent(26), silent=12)))
        lines = console.export_text().splitlines()
        assert max(map(len, lines)) <= width
        assert "running  issued 26 of 520  12.1/s of 100/s, 41 s left" in lines[0]
        assert "no answer for 12 s; trying again" in lines[-1]


def test_a_reason_in_a_pipe_can_not_talk_to_the_terminal() -> None:
    odd = "stopped: \x1b]0;title\x07 done\r\nstarted\x9b1m"
    outcome = follow(job("cancelled", message=odd), words=("-o", "table"))
    assert outcome.out.count("\n") == 1
    assert outcome.out.removesuffix("\n").isprintable()


def test_a_refusal_that_quotes_a_stranger_can_not_talk_to_the_terminal() -> None:
    with served() as api, connected(api):
        api.refuses("GET", f"/jobs/{JOB}", 409, "conflict", "it is called \x1b[2J\x9b1m")
        outcome = run("job", "watch", JOB)
    assert outcome.err.removesuffix("\n").isprintable()
