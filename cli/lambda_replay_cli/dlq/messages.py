"""The failure queue's DLQ, or a queue of the user's own, read without taking anything out of it.

A message that is received is hidden from others for a while; it is shown again as soon as it was looked at.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import batched
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from lambda_replay.domain.intake.envelope import texts
from lambda_replay.domain.intake.refusal import NAMES, QUEUE, SENDER, Refusal
from lambda_replay_cli.client.rate_limit import code
from lambda_replay_cli.errors import ExternalError

_BATCH = 10
_HIDDEN_SECONDS = 120
# SQS asks some of its servers only; so many empty answers in a row mean that it is empty, and one where it
# counts none.
_EMPTY_ANSWERS = 3
_WAIT = 1  # seconds
_NO_QUEUE = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})


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
    def refusal(self) -> Refusal | None:
        """What triage wrote when it moved the message; None when it did not."""
        return Refusal.read(self.attributes)

    @property
    def own_attributes(self) -> dict[str, Any]:
        """As SQS takes them, without those of the refusal."""
        return {name: value for name, value in self.given.items() if name not in NAMES}

    @property
    def size(self) -> int:
        return len(self.body.encode(errors="surrogatepass"))


@dataclass(frozen=True, slots=True)
class DeadLetterQueue:
    sqs: Any
    url: str
    label: str = "the DLQ"
    """What it is called in a sentence."""
    _deleted: set[str] = field(default_factory=set)

    @classmethod
    def named(cls, sqs: Any, queue: str) -> Self:
        """A queue by its name, URL or ARN. Raises `ExternalError`."""
        url = queue if "://" in queue else url_of(sqs, queue)
        return cls(sqs, url, f"the queue {url.rpartition('/')[2]}")

    def delete(self, message: RefusedMessage) -> None:
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message.receipt)
        self._deleted.add(message.id)

    @contextmanager
    def looked_at(
        self, limit: int, wanted: Callable[[RefusedMessage], bool] | None = None
    ) -> Iterator[list[RefusedMessage]]:
        """At most so many messages, hidden from others for now. With `wanted`, looks until it is found, and
        the limit is how many it looks through."""
        with self.passing(limit) as messages:
            if wanted is None:
                yield list(messages)
            else:
                found = next(filter(wanted, messages), None)
                yield [] if found is None else [found]

    @contextmanager
    def passing(self, limit: int) -> Iterator[Iterator[RefusedMessage]]:
        """One after the other, at most so many, each hidden from others until the end."""
        receipts: dict[str, str] = {}

        def messages() -> Iterator[RefusedMessage]:
            for some in self._received(limit):
                new = [each for each in some if each.id not in receipts]
                receipts.update((each.id, each.receipt) for each in some)
                yield from new

        try:
            yield messages()
        finally:
            self._show_again([r for name, r in receipts.items() if name not in self._deleted])

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

    def _show_again(self, receipts: Sequence[str]) -> None:
        for some in batched(receipts, _BATCH, strict=False):
            entries = [
                {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                for number, receipt in enumerate(some)
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


def url_of(sqs: Any, queue: str) -> str:
    """Of a queue by its ARN, or by its name in this account. Raises `ExternalError`."""
    account, name = queue.split(":")[-2:] if queue.startswith("arn:") else ("", queue)
    owner = {"QueueOwnerAWSAccountId": account} if account else {}
    try:
        return str(sqs.get_queue_url(QueueName=name, **owner)["QueueUrl"])
    except ClientError as error:
        if code(error) in _NO_QUEUE:
            raise ExternalError(f"there is no queue {queue} in this region, or you may not see it") from None
        raise


def _read(message: Mapping[str, Any], url: str) -> RefusedMessage:
    system = message.get("Attributes", {})
    given = message.get("MessageAttributes", {})
    attributes = texts(given)
    return RefusedMessage(
        id=message["MessageId"],
        body=message["Body"],
        receipt=message["ReceiptHandle"],
        sent_at=datetime.fromtimestamp(int(system.get("SentTimestamp", 0)) / 1000, UTC),
        received=int(system.get("ApproximateReceiveCount", 1)),
        # Of one that triage moved, SQS knows triage as the sender.
        sender=attributes.get(SENDER, system.get("SenderId")),
        source=attributes.get(QUEUE, system.get("DeadLetterQueueSourceArn", url)),
        attributes=attributes,
        given={name: _sendable(value) for name, value in given.items()},
    )


def _sendable(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value[name]
        for name in ("DataType", "StringValue", "BinaryValue")
        if value.get(name) is not None
    }
