"""A message that could not be stored stays in its queue for as long as the trouble lasts, and comes again
later each time, so that an outage is no hot loop (docs/decisions/0027)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import batched

from lambda_replay.ports.alerts import Count, Counter
from lambda_replay.ports.common import Clock
from lambda_replay.ports.queues import Queues
from lambda_replay.use_cases.intake.read_message import Message

FIRST, LONGEST = 30, 1800
"""Seconds that a message waits after the first failure, and from the seventh on."""
_MOST_DOUBLINGS = 6
# SQS's own age of the oldest message leaves out those that were received more than three times (SQS developer
# guide, "Available CloudWatch metrics"), so an outage would soon look like an empty queue.
OVERDUE = timedelta(minutes=20)
_AT_ONCE = 10  # SQS API reference, ChangeMessageVisibilityBatch


def wait_seconds(receives: int, share: float) -> int:
    """How long a message waits that has been received so often. `share`, from 0 to 1, spreads them: between
    half of the time and all of it."""
    longest: int = min(LONGEST, FIRST << min(receives - 1, _MOST_DOUBLINGS))
    return round(longest * (1 + share) / 2)


@dataclass(frozen=True, slots=True)
class Keeping:
    """`share` is a number from 0 to 1, by chance."""

    queues: Queues
    now: Clock
    count: Counter
    share: Callable[[], float]

    def keep(self, messages: Sequence[Message]) -> None:
        """All of one queue. Raises what the queue raises; the messages come again either way."""
        now = self.now()
        for message in messages:
            if now - message.sent_at > OVERDUE:
                self.count(Count.MESSAGE_OVERDUE)
        for some in batched(messages, _AT_ONCE, strict=False):
            waits = {m.receipt: wait_seconds(m.receives, self.share()) for m in some}
            self.queues.hide(some[0].queue, waits)
