"""The service as pages ask it: connected again when credentials have ended, asked side by side."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from lambda_replay_cli.console.client import ApiError, ExternalError, Service, UsageError, trouble

_LOOKS, _ROWS = 8, 8
"""Looks and rows at once: a connection keeps ten sockets, and more would be opened and thrown away."""
_REMEMBERED = 2000


@dataclass(frozen=True, slots=True)
class Missing:
    """Stands where something could not be looked up; `why` is for a person."""

    why: str


class Backend:
    """`connect` finds the stack with the user's credentials as they are then."""

    def __init__(self, connect: Callable[[], Service]) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._service: Service | None = None
        # A look may look at rows. In one pool, looks that wait for rows could leave no thread for these.
        self._looks = ThreadPoolExecutor(_LOOKS, thread_name_prefix="looks")
        self._rows = ThreadPoolExecutor(_ROWS, thread_name_prefix="rows")
        self._memory: OrderedDict[object, Any] = OrderedDict()

    @property
    def service(self) -> Service:
        """Raises what `connect` raises."""
        with self._lock:
            if self._service is None:
                self._service = self._connect()
            return self._service

    def forget_connection(self) -> None:
        """The next look signs with the credentials that there are then."""
        with self._lock:
            self._service = None

    def call(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """Raises `ApiError` and what botocore raises."""
        return self.service.call(method, path, query=query, body=body, headers=headers)

    def get(self, path: str, **query: str) -> Any:
        return self.call("GET", path, query=query or None)

    def together(self, **looks: Callable[[], Any]) -> dict[str, Any]:
        """What each look gives, by name; all run at once. Raises the first error. No look may do this."""
        asked = {name: self._looks.submit(look) for name, look in looks.items()}
        return {name: one.result() for name, one in asked.items()}

    def each[T, R](self, look: Callable[[T], R], of: list[T]) -> list[R]:
        """One look at each, all at once. Raises the first error. No look at a row may do this, or look at
        several things."""
        return list(self._rows.map(look, of))

    def remembered[T](self, key: object, look: Callable[[], T]) -> T:
        """What was found under this key before, or is found now. The oldest keys are forgotten."""
        with self._lock:
            if key in self._memory:
                self._memory.move_to_end(key)
                found: T = self._memory[key]
                return found
        found = look()
        self.keep(key, found)
        return found

    def keep(self, key: object, value: object) -> None:
        with self._lock:
            self._memory[key] = value
            self._memory.move_to_end(key)
            while len(self._memory) > _REMEMBERED:
                self._memory.popitem(last=False)

    def kept(self, key: object) -> Any:
        with self._lock:
            return self._memory.get(key)

    def close(self) -> None:
        for pool in (self._looks, self._rows):
            pool.shutdown(wait=False, cancel_futures=True)


def if_possible[T](look: Callable[[], T]) -> Callable[[], T | Missing]:
    """Gives `Missing` for what the surroundings refuse; raises what is a fault of the console."""

    def tried() -> T | Missing:
        try:
            return look()
        except (ApiError, ExternalError, UsageError) as error:
            return Missing(str(error))
        except Exception as error:
            known = trouble(error)
            if known is None:
                raise
            return Missing(str(known))

    return tried
