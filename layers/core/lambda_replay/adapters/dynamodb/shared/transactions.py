"""Several writes that are carried out together or not at all."""

from collections.abc import Callable

from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from lambda_replay.adapters.dynamodb.shared.base_item import StoredItem
from lambda_replay.adapters.dynamodb.shared.connection import current
from lambda_replay.adapters.dynamodb.shared.errors import is_lost, is_throttled, reasons_of
from lambda_replay.ports.common import Pause, StaleVersionError

# As often as botocore tries other writes (`stored.TableMeta`): it does not read a transaction's reasons.
_TRIES = 4


class TransactionCancelledError(StaleVersionError):
    """A condition did not hold, or another transaction was at one of the items: `reasons` as
    `errors.reasons_of` tells them."""

    def __init__(self, about: str, reasons: list[str | None]) -> None:
        super().__init__(about)
        self.reasons = reasons


def write(transaction: TransactWrite, item: StoredItem) -> None:
    """Put an item that is new, or its changes into the stored one of this version."""
    if item.version is None:
        transaction.save(item)
    else:
        transaction.update(item, item.changes())


def commit(fill: Callable[[TransactWrite], None], about: str, pause: Pause) -> None:
    """Have `fill` say what to write, again for each try, and write it.

    Raises `TransactionCancelledError` when another caller was faster, and what DynamoDB said when it was
    anything else: throttling after several tries, an item that it does not accept at once.
    """
    for tried in range(1, _TRIES + 1):
        try:
            with TransactWrite(connection=current()) as transaction:
                fill(transaction)
        except TransactWriteError as error:
            reasons = reasons_of(error)
            if is_lost(reasons):
                raise TransactionCancelledError(about, reasons) from None
            if not is_throttled(reasons) or tried == _TRIES:
                raise
            pause(tried)
        else:
            return
