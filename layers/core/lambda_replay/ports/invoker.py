"""Sending an event to a function."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.refusals import Reason


@dataclass(frozen=True, slots=True)
class Accepted:
    """202: the run's own record will carry this request id. `durable_arn` is the durable execution's."""

    request_id: str
    durable_arn: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """Lambda provably did not take the event."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The event may or may not have been taken: never to be sent again by itself."""


InvokeAnswer = Accepted | Rejected | Unanswered


Patch = Callable[[bytes, str], bytes]
"""The payload with the patch (JSON Patch, or JSON Merge Patch, as text) applied. Raises `Refused`."""


Search = Callable[[bytes, str], object]
"""What the JMESPath finds in the payload; None where that is nothing, or the payload can't be read. Raises
`RefusedError` for a path that is none."""


class Invoker(Protocol):
    def invoke(
        self,
        target: FunctionArn,
        payload: bytes,
        *,
        tenant: str | None = None,
        durable_name: str | None = None,
    ) -> InvokeAnswer:
        """Send the bytes for asynchronous execution, at most once."""
