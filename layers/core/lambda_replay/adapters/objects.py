"""The payload bucket."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class ObjectTooLarge(ValueError):
    """It is no record of Lambda's, which holds a payload of 1 MB and a response of 6 MB at most."""


class ObjectStore(Protocol):
    def put(self, key: str, content: bytes) -> None: ...

    def get(self, key: str) -> bytes | None:
        """None when there is no such object (any more)."""


@dataclass(frozen=True, slots=True)
class S3ObjectStore:
    """`client` is made at the first use: most batches hold no payload that is too large for the table."""

    client: Callable[[], "S3Client"]
    bucket: str
    largest: int | None = None
    """Objects of more bytes are not read: `get` raises `ObjectTooLarge`."""

    def put(self, key: str, content: bytes) -> None:
        self.client().put_object(Bucket=self.bucket, Key=key, Body=content)

    def get(self, key: str) -> bytes | None:
        try:
            answer = self.client().get_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise
        if self.largest is not None and answer["ContentLength"] > self.largest:
            answer["Body"].close()
            raise ObjectTooLarge(f"the object has {answer['ContentLength']} bytes, more than {self.largest}")
        body: bytes = answer["Body"].read()
        return body
