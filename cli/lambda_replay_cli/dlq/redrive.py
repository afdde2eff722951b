"""Sending messages to the queue again that they came by.

Each is sent first and deleted then: what dies between the two leaves it twice, and triage stores a record
once. SQS's own redrive is not used: it goes on until the DLQ is empty, and what triage refuses again is there
again at once.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from lambda_replay_cli.dlq.messages import DeadLetterQueue, RefusedMessage


@dataclass(frozen=True, slots=True)
class Redriver:
    """`target` is the failure queue's URL; `origins` are the URLs of the other queues that triage reads, by
    their ARNs."""

    queue: DeadLetterQueue
    target: str
    origins: Mapping[str, str]
    tell: Callable[[int], None] = lambda _moved: None

    def move(self, most: int, wanted: Callable[[RefusedMessage], bool] = lambda _message: True) -> int:
        """Of so many messages those that are wanted; returns how many they were. What comes in by then may
        stay."""
        with self.queue.passing(most) as messages:
            return self.some(filter(wanted, messages))

    def some(self, messages: Iterable[RefusedMessage]) -> int:
        """They must be hidden from others for that time."""
        moved = 0
        for moved, message in enumerate(messages, start=1):
            self._send(message)
            self.tell(moved)
        return moved

    def _send(self, message: RefusedMessage) -> None:
        given = message.own_attributes
        attributes = {"MessageAttributes": given} if given else {}
        origin = message.refusal.queue if message.refusal is not None else None
        url = self.origins.get(origin or "", self.target)
        self.queue.sqs.send_message(QueueUrl=url, MessageBody=message.body, **attributes)
        self.queue.delete(message)
