"""Who sent a record: the function that it names, or perhaps another sender."""

from enum import StrEnum


class Origin(StrEnum):
    """`verified`: SQS says that the message was sent with the role of the function that the record names.
    `unverified`: it was sent with another role, or by a channel that does not say, or the role could not be
    read.

    Source: SQS API reference, ReceiveMessage, attribute `SenderId`: for a role its id and the session's name.
    """

    VERIFIED = "verified"
    UNVERIFIED = "unverified"


def origin(sender: str | None, role_id: str | None) -> Origin:
    """`sender` is SQS's `SenderId`, `role_id` the id of the function's role; None where it is not known."""
    if sender is None or role_id is None:
        return Origin.UNVERIFIED
    return Origin.VERIFIED if sender.partition(":")[0] == role_id else Origin.UNVERIFIED
