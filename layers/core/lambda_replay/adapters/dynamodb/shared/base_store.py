"""What every store on the table has."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from lambda_replay.adapters.backoff import jittered
from lambda_replay.adapters.dynamodb.shared.base_item import StoredItem
from lambda_replay.domain.redaction import redact
from lambda_replay.ports.common import Pause, Unread, UnreadableItemError

_log = logging.getLogger(__name__)


def logged(item_id: str, fault: Exception) -> None:
    _log.warning("item %s can't be read: %s", item_id, redact(repr(fault)))


@dataclass(frozen=True, slots=True)
class DynamoStore:
    """Call `connection.bind` first. `unread` is informed of every item that is there and can't be read."""

    pause: Pause = field(default_factory=jittered)
    unread: Unread = logged

    def read[I: StoredItem, T](self, item: I, convert: Callable[[I], T]) -> T | None:
        """What the item says; None when it can't be read: it is left out, and holds up no other."""
        fault = item.fault
        if fault is None:
            try:
                return convert(item)
            except Exception as error:  # a newer version, or a hand, may have written anything
                fault = error
        self.unread(item.id, fault)
        return None

    def readable[I: StoredItem, T](self, items: Iterable[I], convert: Callable[[I], T]) -> Iterator[T]:
        found = (self.read(item, convert) for item in items)
        return (one for one in found if one is not None)

    def alone[I: StoredItem, T](self, item: I, convert: Callable[[I], T]) -> T:
        """What the item says, where nothing can go on without it. Raises `UnreadableItemError`."""
        found = self.read(item, convert)
        if found is None:
            raise UnreadableItemError(item.id)
        return found
