"""Execution records on their way to triage."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True)
class FailureQueue:
    """`client` is made at the first use."""

    client: Callable[[], "SQSClient"]
    url: str

    def __call__(self, record: str) -> None:
        """Raises what botocore raises."""
        self.client().send_message(QueueUrl=self.url, MessageBody=record)
