"""How commands end: the exit codes that scripts can use, and never a traceback for what a user did."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

INCOMPLETE = 1
"""Something in the input was not understood; the rest was done."""
USAGE = 2
"""Nothing was done: the command can't be meant like this."""
_BROKEN_PIPE = 128 + 13  # as a shell tells of a process that SIGPIPE ended
# Ctrl-C ends with 130, which Typer sees to.


class UsageError(Exception):
    """The command can't be carried out as it was given. The text names the input and the remedy."""


def report(text: str) -> None:
    """One line for the person, beside the output."""
    typer.echo(f"lambda-replay: {text}", err=True)


@contextmanager
def ended_in_order() -> Iterator[None]:
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
    except UsageError as error:
        report(str(error))
        raise typer.Exit(USAGE) from None
    except BrokenPipeError:
        _discard_output()
        raise typer.Exit(_BROKEN_PIPE) from None
    except OSError as error:
        report(f"the output can't be written: {error.strerror or error}")
        _discard_output()
        raise typer.Exit(INCOMPLETE) from None


def _discard_output() -> None:
    """What is still buffered is written when the interpreter ends, and must not fail there."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
