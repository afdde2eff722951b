"""A refused message goes to the dead-letter queue at once, whole and with its reason.

It is acknowledged when it is there: a process that dies in between leaves it twice, never nowhere.
"""

from dataclasses import dataclass

from lambda_replay.domain.intake.refusal import Refusal
from lambda_replay.ports.alerts import Count, Counter
from lambda_replay.ports.common import Clock
from lambda_replay.ports.queues import Queues
from lambda_replay.use_cases.intake.read_message import Message


@dataclass(frozen=True, slots=True)
class Refusing:
    """`target` is the ARN of the dead-letter queue."""

    queues: Queues
    target: str
    now: Clock
    count: Counter

    def refuse(self, message: Message, reason: str, why: str) -> str:
        """The message's id in the dead-letter queue. Raises what the queue raises: then it has to stay."""
        refusal = Refusal(reason=reason, why=why, queue=message.queue, at=self.now(), sender=message.sender)
        moved = self.queues.send(self.target, message.body, refusal.beside(message.given, message.body))
        self.count(Count.MESSAGE_REFUSED)
        return moved
