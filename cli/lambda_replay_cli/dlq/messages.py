"""The failure queue's DLQ, read without taking anything out of it.

A message that is received is hidden from others for a while; it is shown again as soon as it was looked at.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import batched
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambda_replay.domain.intake.envelope import texts

_BATCH = 10
_HIDDEN_SECONDS = 120
# SQS asks some of its servers only; so many empty answers in a row mean that it is empty, and one where it
# counts none.
_EMPTY_ANSWERS = 3
_WAIT = 1  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedMessage:
    """One message. `attributes` are texts by name; `given` are its attributes as SQS takes them."""

    id: str
    body: str
    receipt: str
    sent_at: datetime
    received: int
    sender: str | None
    source: str
    attributes: Mapping[str, str]
    given: Mapping[str, Any]

    @property
    def size(self) -> int:
        return len(self.body.encode(errors="surrogatepass"))


@dataclass(frozen=True, slots=True)
class DeadLetterQueue:
    sqs: Any
    url: str
    _deleted: set[str] = field(default_factory=set)

    def delete(self, message: RefusedMessage) -> None:
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message.receipt)
        self._deleted.add(message.id)

    @contextmanager
    def looked_at(
        self, limit: int, wanted: Callable[[RefusedMessage], bool] | None = None
    ) -> Iterator[list[RefusedMessage]]:
        """At most so many messages, hidden from others for now. With `wanted`, looks until it is found, and
        the limit is how many it looks through."""
        seen: dict[str, RefusedMessage] = {}
        try:
            for messages in self._received(limit):
                seen |= {message.id: message for message in messages}
                if wanted and any(map(wanted, messages)):
                    break
            yield [each for each in seen.values() if wanted is None or wanted(each)]
        finally:
            self._show_again([each for each in seen.values() if each.id not in self._deleted])

    def _received(self, limit: int) -> Iterator[list[RefusedMessage]]:
        seen: set[str] = set()
        empty, enough = 0, _EMPTY_ANSWERS if self.depth() else 1
        while len(seen) < limit and empty < enough:
            answer = self.sqs.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=min(_BATCH, limit - len(seen)),
                VisibilityTimeout=_HIDDEN_SECONDS,
                WaitTimeSeconds=_WAIT,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            messages = [_read(each, self.url) for each in answer.get("Messages", [])]
            empty = 0 if any(each.id not in seen for each in messages) else empty + 1
            seen |= {each.id for each in messages}
            yield messages

    def _show_again(self, messages: Sequence[RefusedMessage]) -> None:
        for some in batched(messages, _BATCH, strict=False):
            entries = [
                {"Id": str(number), "ReceiptHandle": each.receipt, "VisibilityTimeout": 0}
                for number, each in enumerate(some)
            ]
            try:
                self.sqs.change_message_visibility_batch(QueueUrl=self.url, Entries=entries)
            except (ClientError, BotoCoreError):
                return  # they show themselves again, after two minutes

    def depth(self) -> int:
        """What it holds, about, also what another reader holds just now."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)
        return sum(int(answer["Attributes"].get(name, 0)) for name in names)

    def retention_seconds(self) -> int:
        name = "MessageRetentionPeriod"
        return int(
            self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])["Attributes"][name]
        )

    def arn(self) -> str:
        answer = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])


def _read(message: Mapping[str, Any], url: str) -> RefusedMessage:
    system = message.get("Attributes", {})
    given = message.get("MessageAttributes", {})
    return RefusedMessage(
        id=message["MessageId"],
        body=message["Body"],
        receipt=message["ReceiptHandle"],
        sent_at=datetime.fromtimestamp(int(system.get("SentTimestamp", 0)) / 1000, UTC),
        received=int(system.get("ApproximateReceiveCount", 1)),
        sender=system.get("SenderId"),
        source=system.get("DeadLetterQueueSourceArn", url),
        attributes=texts(given),
        given={name: _sendable(value) for name, value in given.items()},
    )


def _sendable(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value[name]
        for name in ("DataType", "StringValue", "BinaryValue")
        if value.get(name) is not None
    }
