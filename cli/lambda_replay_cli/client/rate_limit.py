"""Lambda's control plane takes 15 requests a second from a whole account: reading many functions keeps
below that, and leaves some to deployments."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from botocore.exceptions import ClientError

LAMBDA_PER_SECOND = 10.0
IAM_PER_SECOND = 5.0
_FIRST = 5
_AT_ONCE = 6


@dataclass(slots=True)
class RateLimit:
    """So many calls a second, anyone who makes them. After a rest, `first` of them go at once."""

    per_second: float
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep
    first: int = _FIRST
    _next: float = float("-inf")
    _lock: Lock = field(default_factory=Lock)

    def wait(self) -> None:
        with self._lock:
            now = self.clock()
            self._next = max(self._next, now - (self.first - 1) / self.per_second)
            wait = self._next - now
            self._next += 1 / self.per_second
        if wait > 0:
            self.pause(wait)


class RateLimitedClient:
    """A client whose every call waits for its turn."""

    def __init__(self, client: Any, pace: RateLimit) -> None:
        self._client, self._pace = client, pace

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)

        def paced(**given: Any) -> Any:
            self._pace.wait()
            return call(**given)

        return paced


def every(call: Callable[..., Mapping[str, Any]], key: str, **given: Any) -> Iterator[Any]:
    """The items of all pages, of what pages as Lambda (`NextMarker`) or IAM (`Marker`) do."""
    marker = None
    while True:
        page = call(**given, **({"Marker": marker} if marker else {}))
        yield from page.get(key, [])
        marker = page.get("NextMarker") or (page.get("Marker") if page.get("IsTruncated") else None)
        if not marker:
            return


def at_once[T, R](work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """All of them, a few at the same time, in their order. The first error ends it."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def code(error: ClientError) -> str:
    """What AWS calls its refusal."""
    return str(error.response.get("Error", {}).get("Code", ""))
