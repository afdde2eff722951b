"""Shows what a job would do, and asks."""

import sys
from collections.abc import Mapping
from typing import Any

import typer

from lambda_replay.domain.category import Verdict
from lambda_replay_cli.errors import UsageError


def not_interactive() -> bool:
    return sys.stdin is None or not sys.stdin.isatty()


def require_terminal() -> None:
    """Raises `UsageError` where no terminal could answer a question."""
    if not_interactive():
        raise UsageError("it asks before it starts, and there is no terminal to answer: add --yes")


def agreed(question: str) -> bool:
    """Asks beside the output. Raises `UsageError` where no terminal is there to answer."""
    require_terminal()
    return typer.confirm(question, err=True)


def confirmed(plan: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    """Beside the output, which is the job's. Where nothing can be sent, the plan says why, and no question is
    asked; where all have the verdict `never`, it is asked once more."""
    from lambda_replay_cli.output.console import console
    from lambda_replay_cli.screens.jobs import plan_screen

    console(error=True).print(plan_screen(plan, request))
    count = plan["eligible"]
    if not count or not typer.confirm(f"Replay {count}?", err=True):
        return False
    if plan.get("verdicts", {}).get(Verdict.never, 0) < count:
        return True
    return typer.confirm("All of them have the verdict never. Replay them all the same?", err=True)
