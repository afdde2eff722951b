"""The base of the errors of the embedded AWS and its commands."""


class LocalError(Exception):
    """What the embedded AWS, its deployment or the demo can't do; the message says what to do."""
