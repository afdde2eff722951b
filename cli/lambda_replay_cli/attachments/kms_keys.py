"""Dead-letter queues that triage reads and that are encrypted under a customer managed key: Lambda reads them
with triage's role, which may decrypt with the keys that DeadLetterKeys names alone."""

import shlex
from typing import TYPE_CHECKING

from lambda_replay_cli.client.stack_addresses import Addresses

if TYPE_CHECKING:
    from lambda_replay_cli.client.service import Service

_AWS_MANAGED = "alias/aws/sqs"


def missing_key(service: "Service", addresses: Addresses, queue: str) -> str | None:
    """The ARN of the key that the queue of this ARN is encrypted under, where triage may not use it. Raises
    what botocore raises."""
    _arn, _aws, _sqs, _region, account, name = queue.split(":", 5)
    sqs = service.client("sqs")
    url = sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["KmsMasterKeyId"])
    key = attributes.get("Attributes", {}).get("KmsMasterKeyId")
    usable = {*addresses.dead_letter_keys, addresses.key}
    if not key or key == _AWS_MANAGED or key in usable:
        return None
    found = service.client("kms").describe_key(KeyId=key)["KeyMetadata"]
    own = found.get("KeyManager") != "AWS" and found["Arn"] not in usable
    return str(found["Arn"]) if own else None


def grant_key(addresses: Addresses, *keys: str) -> str:
    """The command that lets triage use these keys too."""
    wanted = ",".join(dict.fromkeys([*addresses.dead_letter_keys, *keys]))
    return f"sam deploy --parameter-overrides {shlex.quote(f'DeadLetterKeys={wanted}')}"
