"""How every command ends: with an exit code, and never with a traceback for what a user did."""

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from lambda_replay_cli.errors import INCOMPLETE, USAGE, ApiError, ExternalError, UsageError, report

_BROKEN_PIPE = 128 + 13  # the exit status that a shell gives a process ended by SIGPIPE
# Ctrl-C ends with 130, which Typer sees to.


@contextmanager
def orderly_exit(debug: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Ends the process as the outcome says, quietly when the output is no longer read."""
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
    except (UsageError, ExternalError, ApiError, OSError) as error:
        raise typer.Exit(_reported(error, debug())) from None
    except Exception as error:
        trouble = _of_aws(error)
        if trouble is None:
            raise
        raise typer.Exit(_reported(trouble, debug())) from None


def _reported(error: UsageError | ExternalError | ApiError | OSError, debug: bool) -> int:
    """Says what went wrong; the exit code for it."""
    if debug:
        traceback.print_exc()
    if isinstance(error, OSError):
        report(f"the output can't be written: {error.strerror or error}")
        _discard_output()
        return INCOMPLETE
    report(str(error))
    return USAGE if isinstance(error, UsageError) else error.exit_code


def _of_aws(error: Exception) -> ExternalError | None:
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
