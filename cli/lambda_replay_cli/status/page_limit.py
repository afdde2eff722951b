"""So many pages of the API and no more: a status screen is looked at while one waits."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

ApiResponse = dict[str, Any]


@dataclass(slots=True)
class LimitedPages:
    """`left` is how many may still be read, `complete` whether that was enough."""

    call: Callable[..., Any]
    left: int
    complete: bool = True

    def items(self, path: str, key: str, query: dict[str, str]) -> Iterator[ApiResponse]:
        cursor: str | None = None
        while self.left:
            self.left -= 1
            page = self.call("GET", path, query={**query, **({"cursor": cursor} if cursor else {})})
            yield from page[key]
            cursor = page["cursor"]
            if not cursor:
                return
        self.complete = False
