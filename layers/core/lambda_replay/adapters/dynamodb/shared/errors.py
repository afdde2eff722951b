"""What DynamoDB said when PynamoDB raised."""

from botocore.exceptions import ClientError
from pynamodb.exceptions import PynamoDBException, TransactWriteError

# Reasons of a cancelled transaction (API reference, TransactWriteItems, "Errors").
CONDITION, CONFLICT = "ConditionalCheckFailed", "TransactionConflict"
_LOST = frozenset({CONDITION, CONFLICT})
_THROTTLED = frozenset({"ThrottlingError", "ProvisionedThroughputExceeded"})


def code_of(error: PynamoDBException) -> str | None:
    """The error code of DynamoDB's answer; None when there was none. PynamoDB's own property fails then."""
    return error.cause_response_code if isinstance(error.cause, ClientError) else None


def condition_failed(error: PynamoDBException) -> bool:
    return code_of(error) == "ConditionalCheckFailedException"


def lost(error: PynamoDBException) -> bool:
    """Whether another caller wrote the item first, or is about to, in a transaction (which botocore does not
    try again)."""
    return condition_failed(error) or code_of(error) == "TransactionConflictException"


def reasons_of(error: TransactWriteError) -> list[str | None]:
    """Why the transaction was cancelled, item by item: checks, deletes, puts, then updates, each group in the
    order of the calls. None for an item that was no reason; empty when it was not cancelled."""
    if code_of(error) != "TransactionCanceledException":
        return []
    return [None if reason is None else reason.code for reason in error.cancellation_reasons]


def is_lost(reasons: list[str | None]) -> bool:
    """Whether another caller was faster. Of several reasons this one counts: only deciding again helps."""
    return not _LOST.isdisjoint(reasons)


def is_throttled(reasons: list[str | None]) -> bool:
    return not _THROTTLED.isdisjoint(reasons)
