"""The state machine that drives jobs: what it does when a task fails."""

from pathlib import Path
from typing import Any

import pytest
import yaml

MACHINE = yaml.safe_load(Path("statemachines/replay_job.asl.yaml").read_text())


def meets(name: str, entries: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The first that is meant for the error (Amazon States Language, "Errors")."""
    return next((one for one in entries if {name, "States.ALL"} & set(one["ErrorEquals"])), None)


def tries(state: str, error: str) -> int:
    """How often the state is tried again."""
    retrier = meets(error, MACHINE["States"][state].get("Retry", []))
    attempts: int = 0 if retrier is None else retrier.get("MaxAttempts", 3)
    return attempts


def after(state: str, error: str) -> str | None:
    """Where it goes on then; None: the execution fails, which is an alarm."""
    catcher = meets(error, MACHINE["States"][state].get("Catch", []))
    return None if catcher is None else catcher["Next"]


def test_a_successor_that_has_ended_already_is_no_failure() -> None:
    """Its name was used: by the try before, whose answer was lost (API reference, StartExecution)."""
    error = "StepFunctions.ExecutionAlreadyExistsException"
    assert (tries("ContinueAsNew", error), after("ContinueAsNew", error)) == (0, "Done")
    assert MACHINE["States"]["Done"]["Type"] == "Succeed"


@pytest.mark.parametrize("state", ["Turn", "ContinueAsNew"])
def test_anything_else_is_tried_again_and_then_an_alarm(state: str) -> None:
    error = "StepFunctions.StepFunctionsException"
    assert (tries(state, error), after(state, error)) == (5, None)
