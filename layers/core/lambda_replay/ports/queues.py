"""What the use cases need from queues, each named by its ARN."""

from collections.abc import Mapping
from typing import Protocol

from lambda_replay.domain.intake.refusal import Attribute


class Queues(Protocol):
    def send(self, queue: str, body: str, attributes: Mapping[str, Attribute]) -> str:
        """The id that the message has there; it is there twice when the answer to a first try was lost."""

    def hide(self, queue: str, seconds: Mapping[str, int]) -> None:
        """Let each message, named by its receipt, come again after so many seconds. One that can't be hidden
        comes again when the queue's visibility timeout is over."""
