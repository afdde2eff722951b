"""Whether two records that came under one request id are about one event.

A request id is no proof: who can send to the failure queue writes any id into a record. What an invocation
can't change is its function and its payload, so a record that differs in one of these is of another event,
or forged.
"""

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from lambda_replay.domain.unknown_fields import Unknown

_SUFFIX_DIGITS = 16


class Difference(StrEnum):
    FUNCTION = "function"
    PAYLOAD = "payload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """Execution `other` has a record of the same request id, which differs in `differs`."""

    other: str
    differs: tuple[Difference, ...]
    unknown: Unknown = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventIdentity:
    """`function` is its ARN without qualifier, `payload` the SHA-256 of its bytes in hex; None where the
    record has no payload, or not its exact bytes."""

    function: str
    payload: str | None

    def differences(self, other: "EventIdentity") -> tuple[Difference, ...]:
        """What contradicts; a payload that one of them lacks does not."""
        found = []
        if self.function != other.function:
            found.append(Difference.FUNCTION)
        if self.payload is not None and other.payload is not None and self.payload != other.payload:
            found.append(Difference.PAYLOAD)
        return tuple(found)

    @property
    def digest(self) -> str:
        """A name for this function with this payload, in hex."""
        return hashlib.sha256(f"{self.function}\n{self.payload}".encode()).hexdigest()


def contested_id(request_id: str, identity: EventIdentity) -> str:
    """The id of an execution whose request id belongs to another event: the same for the same record, so that
    a second delivery finds the first."""
    return f"{request_id}.{identity.digest[:_SUFFIX_DIGITS]}"


def is_same_json(one: bytes, other: bytes) -> bool:
    """Whether both are the same JSON with other white space or escapes, as a service on the way may print it.

    Numbers are compared as they are written and members in their order, duplicates included. False for what
    is no JSON.
    """
    try:
        return bool(_parsed(one) == _parsed(other))
    except (ValueError, RecursionError):
        return False


def _parsed(content: bytes) -> Any:
    return json.loads(
        content, object_pairs_hook=_members, parse_int=_number, parse_float=_number, parse_constant=_number
    )


def _members(pairs: list[tuple[str, Any]]) -> tuple[str, list[tuple[str, Any]]]:
    # A tuple, for an array of pairs is something else than an object.
    return "object", pairs


def _number(text: str) -> tuple[str, str]:
    return "number", text
