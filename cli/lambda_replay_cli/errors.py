"""What ends a command before its work is done, and the exit codes that scripts can use.

`UsageError`: the command can't be meant like this. `ExternalError`: something outside is not as it must be.
`ApiError`: the API answered with an error. `exits` turns each into a message and an exit code.
"""

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


class CommandError(Exception):
    """What keeps a command from its work."""


class UsageError(CommandError):
    """The command can't be carried out as it was given. The text names the input and the fix."""


class ExternalError(CommandError):
    """Something outside is not as it must be. One or two lines: what, and the fix."""

    def __init__(self, text: str, exit_code: int = REFUSED) -> None:
        super().__init__(text)
        self.exit_code = exit_code


class ApiError(CommandError):
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
