"""What Lambda says about a function, as far as replays need it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

# Lambda's defaults for asynchronous invocation (contract, 5), and its waits before both retries.
DEFAULT_EVENT_AGE = timedelta(hours=6)
DEFAULT_RETRIES = 2
_WAITS = (timedelta(minutes=1), timedelta(minutes=2))
# A record's way from the last attempt to the table.
_DELIVERY = timedelta(minutes=5)
_MARGIN = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionFacts:
    """Of one target, that is a function with its alias or version.

    `code` changes when the code or the configuration that runs does. `version` is what the qualifier stands
    for now. `event_age` and `retries` are of the qualifier's own event invoke configuration. `is_own` says
    that the function is a part of this service, in this stack or another one.
    """

    code: str
    version: str
    modified_at: datetime
    timeout: timedelta
    event_age: timedelta = DEFAULT_EVENT_AGE
    retries: int = DEFAULT_RETRIES
    is_own: bool = False

    @property
    def outcome_window(self) -> timedelta:
        """By then a run that fails for good has said so: the event may wait for its whole age, and its last
        attempt run for the whole timeout."""
        return self.event_age + self.timeout + _DELIVERY

    @property
    def failure_time(self) -> timedelta:
        """How long a run that nothing holds up takes to fail for good, retries and all."""
        return sum(_WAITS[: self.retries], start=self.timeout * (self.retries + 1)) + _MARGIN
