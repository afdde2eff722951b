"""`Queues` as those of SQS."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambda_replay.domain.intake.refusal import Attribute

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef


@dataclass(frozen=True, slots=True)
class SqsQueues:
    """`client` is made at the first use: most batches are stored whole."""

    client: Callable[[], "SQSClient"]

    def send(self, queue: str, body: str, attributes: Mapping[str, Attribute]) -> str:
        answer = self.client().send_message(
            QueueUrl=self._url(queue),
            MessageBody=body,
            MessageAttributes={name: _given(attribute) for name, attribute in attributes.items()},
        )
        return answer["MessageId"]

    def hide(self, queue: str, seconds: Mapping[str, int]) -> None:
        self.client().change_message_visibility_batch(
            QueueUrl=self._url(queue),
            Entries=[
                {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": wait}
                for number, (receipt, wait) in enumerate(seconds.items())
            ],
        )

    def _url(self, arn: str) -> str:
        """SQS developer guide, "Queue and message identifiers": the endpoint, the account, the name."""
        account, name = arn.split(":")[4:]
        return f"{self.client().meta.endpoint_url}/{account}/{name}"


def _given(attribute: Attribute) -> "MessageAttributeValueTypeDef":
    kind = "StringValue" if isinstance(attribute.value, str) else "BinaryValue"
    return {"DataType": attribute.data_type, kind: attribute.value}  # type: ignore[misc]  # one of two keys
