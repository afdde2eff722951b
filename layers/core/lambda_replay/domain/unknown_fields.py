"""What another version of the service wrote, and this one does not know."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

Unknown = Mapping[str, Any]
"""Names and values as the store has them. A field of this type is carried along by `replace` and written
back; nothing is compared by it, and no other code uses it."""


def known_or_kept[E: StrEnum](kind: type[E], value: str) -> E:
    """The member, or one made for this value alone, which another version knows: it is shown and written back
    as it is, and is none of the members."""
    try:
        return kind(value)
    except ValueError:
        member = str.__new__(kind, value)
        member._name_ = member._value_ = value
        return member
