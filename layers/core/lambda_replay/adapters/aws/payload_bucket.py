"""The payload bucket."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypedDict

from botocore.exceptions import ClientError

from lambda_replay.domain.errors import LambdaReplayError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


_GONE = ("NoSuchKey", "NoSuchVersion")


class _Which(TypedDict, total=False):
    VersionId: str


class ObjectTooLargeError(LambdaReplayError, ValueError):
    """It is no record of Lambda's, which holds a payload of 1 MB and a response of 6 MB at most."""


class ObjectStore(Protocol):
    def put(self, key: str, content: bytes) -> None: ...

    def get(self, key: str, version: str | None = None) -> bytes | None:
        """The newest version, or the one with this id; None when there is none (any more)."""

    def delete(self, key: str, version: str | None = None) -> None:
        """This version; without one, the object as it would be read."""

    def delete_all(self, prefix: str) -> None:
        """Every version of every object whose key begins so."""


@dataclass(frozen=True, slots=True)
class S3ObjectStore:
    """`client` is made at the first use: most batches hold no payload that is too large for the table."""

    client: Callable[[], "S3Client"]
    bucket: str
    largest: int | None = None
    """Objects of more bytes are not read: `get` raises `ObjectTooLargeError`."""

    def put(self, key: str, content: bytes) -> None:
        self.client().put_object(Bucket=self.bucket, Key=key, Body=content)

    def get(self, key: str, version: str | None = None) -> bytes | None:
        which: _Which = {} if version is None else {"VersionId": version}
        try:
            answer = self.client().get_object(Bucket=self.bucket, Key=key, **which)
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return None
            raise
        if self.largest is not None and answer["ContentLength"] > self.largest:
            answer["Body"].close()
            raise ObjectTooLargeError(
                f"the object has {answer['ContentLength']} bytes, more than {self.largest}"
            )
        body: bytes = answer["Body"].read()
        return body

    def delete(self, key: str, version: str | None = None) -> None:
        which: _Which = {} if version is None else {"VersionId": version}
        self.client().delete_object(Bucket=self.bucket, Key=key, **which)

    def delete_all(self, prefix: str) -> None:
        pages = (
            self.client().get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=prefix)
        )
        for page in pages:
            for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                self.delete(one["Key"], one["VersionId"])
