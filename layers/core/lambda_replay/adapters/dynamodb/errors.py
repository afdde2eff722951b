"""What DynamoDB said when PynamoDB raised."""

from botocore.exceptions import ClientError
from pynamodb.exceptions import PynamoDBException


def code_of(error: PynamoDBException) -> str | None:
    """The error code of DynamoDB's answer; None when there was none. PynamoDB's own property fails then."""
    return error.cause_response_code if isinstance(error.cause, ClientError) else None


def condition_failed(error: PynamoDBException) -> bool:
    return code_of(error) == "ConditionalCheckFailedException"


def lost(error: PynamoDBException) -> bool:
    """Whether somebody else wrote the item first, or is about to, in a transaction (which botocore does not
    try again)."""
    return condition_failed(error) or code_of(error) == "TransactionConflictException"


def transaction_cancelled(error: PynamoDBException) -> bool:
    return code_of(error) == "TransactionCanceledException"
