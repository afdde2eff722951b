"""AWS clients, made at the first use and once: a cold start pays only for those it needs.

They come from botocore itself, which PynamoDB loads anyway; boto3 would add its own import to every cold
start and nothing that is used here.
"""

from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session

from lambda_replay import __version__

# A session is not for several threads at once (Boto3 guide, "Multithreading or multiprocessing").
_MAKING = Lock()


@cache
def _session() -> Session:
    return get_session()


def lazy(service: str, **options: Any) -> Callable[[], Any]:
    """A function that makes the client when it is first called. `options` are those of `Config`, and
    `region_name`."""
    region = options.pop("region_name", None)
    config = Config(user_agent_extra=f"lambda-replay/{__version__}", **options)

    @cache
    def make() -> Any:
        return _session().create_client(service, region_name=region, config=config)

    def client() -> Any:
        with _MAKING:
            return make()

    return client
