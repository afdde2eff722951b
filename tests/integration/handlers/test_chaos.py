"""The proof by fault injection, at every n-th point; `make chaos` takes all of them (docs/reliability.md)."""

import logging
import re
from collections.abc import Iterator

import pytest

import replay.composition_root
from lambda_replay.adapters.aws.clients import lazy
from lambda_replay.adapters.aws.lambda_invoke import LambdaInvoker
from tests.chaos.matrix import inject, points, run
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.service import REGION, Service
from tests.chaos.setting import service
from tests.support.chaos import Kind
from tests.support.template import ROOT

# A prime, so that it meets every kind of fault, and calls all over.
EVERY = 401


@pytest.fixture
def chaotic(_no_account: None) -> Iterator[Service]:
    logging.disable(logging.CRITICAL)
    with service() as made:
        yield made
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_is_lost_and_nothing_runs_twice_unseen(chaotic: Service, name: str) -> None:
    results = list(run(chaotic, name, every=EVERY))
    assert {result.point.call.component for result in results} <= SCENARIOS[name].components
    assert results
    violated = [
        (result.point.call.number, result.point.call.label, result.point.kind.value, result.violations)
        for result in results
        if result.violations
    ]
    assert violated == []


def test_the_proof_sees_an_event_that_was_sent_twice(
    chaotic: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a client that tries again by itself, as any other does."""
    tries_again = lazy("lambda", region_name=REGION, retries={"total_max_attempts": 2})
    monkeypatch.setattr(
        replay.composition_root, "LambdaInvoker", lambda sleep: LambdaInvoker(sleep, lambda _: tries_again())
    )
    [point] = [
        one for one in points(chaotic, "replays")
        if one.kind is Kind.LOST_ONCE and one.call.is_event and b"event-3" in one.call.arguments["Payload"]
    ]  # fmt: skip
    reported = inject(chaotic, point).violations
    assert "event-3: 2 arrivals, 1 attempts" in reported


def test_a_refusal_is_known_also_when_its_reason_is_not(chaotic: Service) -> None:
    """Lambda refused one event of a batch, and does not say whether the function or the qualifier is gone:
    that makes no other replay uncertain."""
    asked = [one for one in points(chaotic, "job") if one.call.label == "Invoke (DryRun)"]
    for point in asked:
        if point.kind in (Kind.ERROR, Kind.THROTTLED):
            assert inject(chaotic, point).violations == ()
            [job] = chaotic.call("GET", "/jobs")[1]["jobs"]
            assert job["counts"]["uncertain"] == 0, point.kind
    assert asked


def test_the_page_names_one_number_of_points_and_it_is_the_sum_of_its_matrix() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text()
    cells = re.findall(r"(?<=\| )(\d+) / (\d+)(?= \|)", page)
    [said] = re.findall(r"([\d ]*\d) points, (\d+) violated", page)
    assert said[0].replace(" ", "") == str(sum(int(points) for points, _ in cells))
    assert said[1] == str(sum(int(violated) for _, violated in cells))
