"""How commands end: the exit codes that scripts can use, and never a traceback for what a user did."""

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from lambda_replay_cli.output.plain import printable

INCOMPLETE = 1
"""Something in the input was not understood; the rest was done."""
NO = 1
"""The answer is no: nothing found, a replay that failed again, a job that was halted."""
USAGE = 2
"""Nothing was done: the command can't be meant like this."""
REFUSED = 3
"""AWS or the API refused, or could not be asked."""
_BROKEN_PIPE = 128 + 13  # as a shell tells of a process that SIGPIPE ended
# Ctrl-C ends with 130, which Typer sees to.


class UsageError(Exception):
    """The command can't be carried out as it was given. The text names the input and the remedy."""


class Trouble(Exception):
    """Something outside is not as it must be. One or two lines: what, and the remedy."""

    def __init__(self, text: str, exit_code: int = REFUSED) -> None:
        super().__init__(text)
        self.exit_code = exit_code


class ApiRefused(Exception):
    """The API answered, and not with what was asked for. `by_service` is false where something before the
    service has spoken: no permission, no such API."""

    def __init__(self, status: int, code: str, message: str, *, by_service: bool = True) -> None:
        super().__init__(f"{message} ({code})")
        self.status = status
        self.code = code
        self.message = message
        self.by_service = by_service

    @property
    def exit_code(self) -> int:
        if not self.by_service:
            return REFUSED
        return _CODES.get(self.code) or _STATUSES.get(self.status, REFUSED)


_STATUSES = {400: USAGE, 404: NO, 410: NO}
_CODES = {"nothing_selected": NO}


def report(text: str) -> None:
    """One line for the person, beside the output. What the API answers may quote what strangers wrote."""
    typer.echo(f"lambda-replay: {printable(text, keep='\n')}", err=True)


@contextmanager
def ended_in_order(debug: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Ends the process as the outcome says, quietly when nobody reads the output any more."""
    if sys.stdout is None:
        report("standard output is closed: there is nowhere to print to")
        raise typer.Exit(USAGE)
    try:
        try:
            yield
        finally:
            # Here, and not when the interpreter ends: there nothing catches a broken pipe.
            sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()
        raise typer.Exit(_BROKEN_PIPE) from None
    except (UsageError, Trouble, ApiRefused, OSError) as error:
        raise typer.Exit(_told(error, debug())) from None
    except Exception as error:
        trouble = _of_aws(error)
        if trouble is None:
            raise
        raise typer.Exit(_told(trouble, debug())) from None


def _told(error: UsageError | Trouble | ApiRefused | OSError, debug: bool) -> int:
    """Says what went wrong; the exit code for it."""
    if debug:
        traceback.print_exc()
    if isinstance(error, OSError):
        report(f"the output can't be written: {error.strerror or error}")
        _discard_output()
        return INCOMPLETE
    report(str(error))
    return USAGE if isinstance(error, UsageError) else error.exit_code


def _of_aws(error: Exception) -> Trouble | None:
    """What botocore raised, in words. It is not loaded for commands that need no AWS."""
    if "botocore.exceptions" not in sys.modules:
        return None
    from lambda_replay_cli.client.aws_errors import trouble

    return trouble(error)


def _discard_output() -> None:
    """What is still buffered is written when the interpreter ends, and must not fail there."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
