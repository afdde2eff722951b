"""What several ports have in common: time, ids, waiting, and the errors that stores raise."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from lambda_replay.domain.errors import LambdaReplayError

Clock = Callable[[], datetime]
"""The present, with its time zone."""


NewId = Callable[[], str]
"""A text that is made once and never again."""


Pause = Callable[[int], None]
"""Waits before the next try, a little longer each time; called with how many have failed so far."""


Unread = Callable[[str, Exception], None]
"""Called with the id of something that is stored and can't be read, and why."""


class UnreadableItemError(LambdaReplayError):
    """It is stored, and this version of the service can't read it: a newer one wrote it, or it is damaged.
    Nothing is decided about it."""


class StaleVersionError(LambdaReplayError):
    """Another caller changed the entry since it was read: read it again and decide again."""


class Contended(Protocol):
    """A store whose writers may get into each other's way."""

    @property
    def pause(self) -> Pause:
        """For anyone who lost a race here and is about to run it again."""
