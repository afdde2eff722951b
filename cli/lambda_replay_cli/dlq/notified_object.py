"""The object that a notification of the failure bucket names."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambda_replay_cli.client.rate_limit import code

if TYPE_CHECKING:
    from lambda_replay_cli.client.service import Service

# As much as triage takes.
_LONGEST = 16 * 1024 * 1024
_GONE = frozenset({"NoSuchKey", "NoSuchVersion", "404", "AccessDenied", "403"})


def fetcher(service: "Service", bucket: str) -> Callable[[str, str | None], bytes | None]:
    """Reads a version of an object, or its newest; None when it is not there, or may not be read."""

    def fetch(key: str, version: str | None) -> bytes | None:
        which = {} if version is None else {"VersionId": version}
        try:
            answer = service.client("s3").get_object(Bucket=bucket, Key=key, **which)
        except ClientError as error:
            if code(error) in _GONE:
                return None
            raise
        body: bytes = answer["Body"].read(_LONGEST)
        return body

    return fetch
