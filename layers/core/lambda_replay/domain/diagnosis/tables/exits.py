"""What the exit status of the runtime says: Lambda reports no more than this number.

Shells use 126 and 127 for programs that they can't start, and 128 and a signal's number for one that a signal
ended (bash(1), "EXIT STATUS").
"""

from __future__ import annotations

from ..rules import Rule
from ._row import AFTER_FIX, AS_IS, CONFIGURATION, PLATFORM, error, row


def _exited(status: int) -> str:
    return f"RequestId: 1 Error: Runtime exited with error: exit status {status}"


# A row reads better with its id, conclusion and confidence in one line.
# fmt: off
RULES: tuple[Rule, ...] = (
    row(
        "exit.not-executable", CONFIGURATION, AFTER_FIX, 0.8,
        "exit status 126: a program was found and can't be run (mode bits, wrong architecture)",
        {'exit': ('126',), 'ours': ('yes',)},
        error('Runtime.ExitError', _exited(126)),
        scope="own",
    ),
    row(
        "exit.not-found", CONFIGURATION, AFTER_FIX, 0.8,
        "exit status 127: a program was not found (bootstrap, AWS_LAMBDA_EXEC_WRAPPER, interpreter)",
        {'exit': ('127',), 'ours': ('yes',)},
        error('Runtime.ExitError', _exited(127)),
        scope="own",
    ),
    row(
        "exit.aborted", PLATFORM, AFTER_FIX, 0.7,
        "exit status 134: the process aborted itself (signal 6: a failed assertion, or no memory)",
        {'exit': ('134',), 'ours': ('yes',)},
        error('Runtime.ExitError', _exited(134)),
        scope="own",
    ),
    row(
        "exit.segmentation-fault", PLATFORM, AFTER_FIX, 0.75,
        "exit status 139: native code crashed (signal 11: a segmentation fault)",
        {'exit': ('139',), 'ours': ('yes',)},
        error('Runtime.ExitError', _exited(139)),
        scope="own",
    ),
    row(
        "exit.terminated", PLATFORM, AS_IS, 0.55,
        "exit status 143: the process was asked to end (signal 15)",
        {'exit': ('143',), 'ours': ('yes',)},
        error('Runtime.ExitError', _exited(143)),
        scope="own",
    ),
    row(
        "exit.fatal", PLATFORM, AFTER_FIX, 0.75,
        "exit status 255: the program gave up on a fatal error; its log says which (PHP ends so)",
        {'exit': ('255',), 'ours': ('yes',)},
        error('Runtime.ExitError', _exited(255)),
        scope="own",
    ),
)
