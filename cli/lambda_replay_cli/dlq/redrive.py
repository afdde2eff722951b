"""Putting messages back into the failure queue.

SQS moves a whole DLQ by itself where the caller may ask for it. Otherwise, and for single messages, each is
sent first and deleted then: what dies between the two leaves it twice, and triage stores a record once.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from lambda_replay_cli.attachments.roles import NOT_ALLOWED
from lambda_replay_cli.client.rate_limit import code
from lambda_replay_cli.dlq.messages import DeadLetterQueue, RefusedMessage
from lambda_replay_cli.errors import ExternalError

_MUST_DO_WITHOUT = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AWS.SimpleQueueService.UnsupportedOperation",
        "InvalidAction",
        "InvalidAddress",
        "NotImplemented",
        "ResourceNotFoundException",
        "UnknownOperationException",
        "UnsupportedOperation",
    }
)
_EVERY = 1.0
_MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Redriver:
    """`target` is the failure queue, by URL and by ARN."""

    queue: DeadLetterQueue
    target_url: str
    target_arn: str
    tell: Callable[[int], None] = lambda _moved: None
    pause: Callable[[float], None] = time.sleep

    def all(self, most: int) -> int | None:
        """How many were put back; `most` is how many there were. What arrives in between may stay. None when
        SQS moves them, and who asks may not see how far it is."""
        arn = self.queue.arn()
        handle = self._started(arn)
        return self._one_by_one(most) if handle is None else self._followed(arn, handle)

    def some(self, messages: Sequence[RefusedMessage]) -> int:
        """They must be hidden from others for that time."""
        for message in messages:
            self._put_back(message)
        return len(messages)

    def _started(self, arn: str) -> str | None:
        """None when SQS can't be asked to."""
        try:
            task = self.queue.sqs.start_message_move_task(SourceArn=arn, DestinationArn=self.target_arn)
        except ClientError as error:
            if code(error) in _MUST_DO_WITHOUT:
                return None
            raise
        handle: str = task["TaskHandle"]
        return handle

    def _followed(self, arn: str, handle: str) -> int | None:
        while True:
            try:
                task = self._task(arn, handle)
            except ClientError as error:
                if code(error) in NOT_ALLOWED:
                    return None
                raise
            moved = int(task.get("ApproximateNumberOfMessagesMoved", 0))
            self.tell(moved)
            if task["Status"] == "COMPLETED":
                return moved
            if task["Status"] not in ("RUNNING", "CANCELLING"):
                why = task.get("FailureReason") or task["Status"].lower()
                raise ExternalError(
                    f"SQS has moved {moved} messages and stopped: {why}. Give the command again"
                )
            self.pause(_EVERY)

    def _task(self, arn: str, handle: str) -> dict[str, Any]:
        tasks = self.queue.sqs.list_message_move_tasks(SourceArn=arn, MaxResults=10).get("Results", [])
        # Only a running task is listed with its handle; ours is the newest.
        return next(
            (each for each in tasks if each.get("TaskHandle") == handle), tasks[0] if tasks else _RUNNING
        )

    def _one_by_one(self, most: int) -> int:
        moved = 0
        for size in _portions(most):
            with self.queue.looked_at(size) as messages:
                for message in messages:
                    self._put_back(message)
                    moved += 1
                    self.tell(moved)
            if not messages:
                break
        return moved

    def _put_back(self, message: RefusedMessage) -> None:
        attributes = {"MessageAttributes": message.given} if message.given else {}
        self.queue.sqs.send_message(QueueUrl=self.target_url, MessageBody=message.body, **attributes)
        self.queue.delete(message)


def _portions(most: int) -> Iterator[int]:
    """What is put back comes here again after a quarter of an hour: no more is taken than there was."""
    for start in range(0, most, _MOST_AT_ONCE):
        yield min(_MOST_AT_ONCE, most - start)


_RUNNING = {"Status": "RUNNING"}
