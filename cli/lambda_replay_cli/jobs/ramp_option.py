"""`--ramp` with or without sizes behind it."""

import re
from typing import Any

from typer.core import TyperCommand

from lambda_replay_cli.errors import UsageError

USUAL = "usual"
_SIZES = re.compile(r"[0-9]+(,[0-9]+)*")
# What can't be the beginning of an execution's id: a list, or a word with a letter that is no hex digit.
_NO_ID = re.compile(r"[^-].*,.*|(?=[a-z]*[g-z])[a-z]+", re.IGNORECASE)


class RampCommand(TyperCommand):
    """Typer knows no option whose value may be missing: where it is, the usual one is put in."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, with_usual_ramp(args))


def with_usual_ramp(arguments: list[str]) -> list[str]:
    """Behind `--ramp` stands the word for the usual sizes, unless sizes stand there. Raises `UsageError` for
    what is neither sizes nor an option nor an execution."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    completed: list[str] = []
    for place, argument in enumerate(arguments[:end]):
        completed.append(argument)
        following = arguments[place + 1] if place + 1 < end else ""
        if argument != "--ramp" or following == USUAL or _SIZES.fullmatch(following):
            continue
        if _NO_ID.fullmatch(following):
            raise _no_sizes(following)
        completed.append(USUAL)
    return [*completed, *arguments[end:]]


def ramp(text: str) -> bool | list[int]:
    """As the API takes it. Raises `UsageError`."""
    if text == USUAL:
        return True
    if not _SIZES.fullmatch(text):
        raise _no_sizes(text)
    return [int(size) for size in text.split(",")]


def _no_sizes(text: str) -> UsageError:
    return UsageError(f"--ramp {text}: expected nothing (1, 5, 20, 100, 500), or sizes like 1,10,100")
