"""What is queued, what one execution came to, and how it ended."""

import contextvars
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Settings:
    """What the function's configuration says about asynchronous events, for the qualifier used."""

    max_retries: int = 2
    max_age: float = 21600
    on_success: str | None = None
    on_failure: str | None = None
    dead_letter: str | None = None
    config: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Outcome:
    """One try to execute an event.

    `ran` and `failed` executed code; `throttled` found no free concurrency; `no_concurrency` means that
    none is reserved at all; `deleted` and `alias_deleted` say that the target went away while queued.
    """

    kind: Literal["ran", "failed", "throttled", "no_concurrency", "deleted", "alias_deleted"]
    payload: bytes | None = None
    version: str = "$LATEST"
    seconds: float = 0.0


@dataclass(frozen=True)
class Wait:
    """Back to the queue, for so many of Lambda's seconds."""

    seconds: float


@dataclass(frozen=True)
class DeadLetter:
    """What the dead-letter message says besides the event (docs/reference/lambda.md#dead-letters)."""

    message: str
    code: int | None = None


@dataclass(frozen=True)
class End:
    """The event is finished; the record to send follows from this (docs/reference/lambda.md#conditions)."""

    condition: str
    count: int
    response_context: dict[str, int | str] | None = None
    response: bytes | None = None
    dead_letter: DeadLetter | None = None


@dataclass(frozen=True)
class Dropped:
    """The event is finished and nothing is sent (docs/reference/lambda.md#conditions)."""

    reason: str


Decision = Wait | End | Dropped


@dataclass(frozen=True)
class Event:
    """An accepted asynchronous invocation: the bytes as they came, and the id it was answered with."""

    request_id: str
    function_arn: str
    qualifier: str | None
    payload: bytes
    context: contextvars.Context = field(default_factory=contextvars.copy_context, repr=False, compare=False)

    @property
    def name(self) -> str:
        return self.function_arn.rsplit(":", 1)[1]

    @property
    def qualified_arn(self) -> str:
        """A record's functionArn is always qualified (docs/reference/lambda.md#the-record)."""
        return f"{self.function_arn}:{self.qualifier or '$LATEST'}"
