"""Shows what a job would do, and asks."""

import sys
from collections.abc import Mapping
from typing import Any

import typer

from lambda_replay_cli.ending import UsageError


def nobody_to_ask() -> bool:
    return sys.stdin is None or not sys.stdin.isatty()


def require_somebody() -> None:
    """Raises `UsageError` where no terminal could answer a question."""
    if nobody_to_ask():
        raise UsageError("it asks before it starts, and nobody is there to answer: add --yes")


def agreed(question: str) -> bool:
    """Asks beside the output. Raises `UsageError` where nobody can answer."""
    require_somebody()
    return typer.confirm(question, err=True)


def confirmed(plan: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    """Beside the output, which is the job's. Where nothing can be sent, the plan says why, and nobody is
    asked."""
    from lambda_replay_cli.printing.console import console
    from lambda_replay_cli.printing.jobs import plan_screen

    console(error=True).print(plan_screen(plan, request))
    return bool(plan["eligible"]) and typer.confirm(f"Replay {plan['eligible']}?", err=True)
