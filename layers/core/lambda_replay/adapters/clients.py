"""AWS clients, made at the first use and once: a cold start pays only for those it needs.

They come from botocore itself, which PynamoDB loads anyway; boto3 would add its own import to every cold
start and nothing that is used here.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session


@cache
def _session() -> Session:
    return get_session()


def lazy(service: str, **options: Any) -> Callable[[], Any]:
    """A function that makes the client when it is first called. `options` are those of `Config`, and
    `region_name`."""
    region = options.pop("region_name", None)

    @cache
    def client() -> Any:
        return _session().create_client(service, region_name=region, config=Config(**options))

    return client
