"""Which failures of a call may be gone the next time: those that a long wait outlives."""

from botocore.exceptions import ConnectionError, HTTPClientError

from lambda_replay_cli.errors import ApiRefused


def is_passing(error: Exception) -> bool:
    """No answer, or one that says that the service could not answer now."""
    if isinstance(error, ApiRefused):
        return error.status >= 500 or error.status == 429
    return isinstance(error, HTTPClientError | ConnectionError)
