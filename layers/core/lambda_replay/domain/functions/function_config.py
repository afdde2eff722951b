"""What Lambda says about a function, as far as replays need it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lambda_replay.domain.close_names import did_you_mean
from lambda_replay.domain.functions.channel_addresses import ChannelAddresses
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.refusals import Reason

# Lambda's defaults (docs/reference/lambda.md#limits), and its waits before both retries.
DEFAULT_EVENT_AGE = timedelta(hours=6)
DEFAULT_RETRIES = 2
_WAITS = (timedelta(minutes=1), timedelta(minutes=2))
# A record's way from the last attempt to the table.
_DELIVERY = timedelta(minutes=5)
_MARGIN = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Durable:
    """`timeout` is how long a durable execution may take in all, its waits included."""

    timeout: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionConfig:
    """Of one target, that is a function with its alias or version.

    `code` changes when the code or the configuration that runs does. `version` is what the qualifier stands
    for now. `event_age` and `retries` are of the qualifier's own event invoke configuration, and so are the
    ARNs that records go to: `on_failure` is its destination and the dead-letter target, `on_success` its
    destination; None where they are not known. `is_own` says that the
    function is a part of this service, in this stack or another one. `durable` is None of other functions;
    `isolates_tenants` says that each Invoke has to name a tenant.
    """

    code: str
    version: str
    modified_at: datetime
    timeout: timedelta
    event_age: timedelta = DEFAULT_EVENT_AGE
    retries: int = DEFAULT_RETRIES
    on_failure: tuple[str, ...] | None = None
    on_success: tuple[str, ...] | None = None
    is_own: bool = False
    durable: Durable | None = None
    isolates_tenants: bool = False

    @property
    def outcome_window(self) -> timedelta:
        """By then a run that fails for good has said so: the event may wait for its whole age, and its last
        attempt run for the whole timeout."""
        longest = self.timeout if self.durable is None else max(self.timeout, self.durable.timeout)
        return self.event_age + longest + _DELIVERY

    @property
    def failure_time(self) -> timedelta:
        """How long a run that nothing holds up takes to fail for good, retries and all. Lambda does not retry
        a durable execution; what it waits for is not known."""
        retries = 0 if self.durable is not None else self.retries
        return sum(_WAITS[:retries], start=self.timeout * (retries + 1)) + _MARGIN

    def is_silent(self, ways: ChannelAddresses) -> bool:
        """Whether it is known that no record of a run comes to this stack, however the run ends."""
        if self.on_failure is None or self.on_success is None or self.durable is not None:
            return False
        return not any(map(ways.take, self.on_failure + self.on_success))

    def unreported(self, ways: ChannelAddresses) -> str | None:
        """Why a failure of a run will not be reported to this stack; None where it will, or that is
        not known. How a durable execution ended is asked."""
        if self.durable is not None or self.on_failure is None or any(map(ways.take, self.on_failure)):
            return None
        if not self.is_silent(ways):
            return "no destination for failures: a failure will not be reported"
        if not self.on_failure:
            return "no destination: the outcome will not be reported"
        elsewhere = " and ".join(self.on_failure)
        return (
            f"its failures go to {elsewhere}, not to this stack: the outcome will not be reported unless "
            "they are passed on"
        )


@dataclass(frozen=True, slots=True)
class MissingFunction:
    """Lambda says that the target does not exist: the function, or its alias or version. `near` are names
    that it may have been mistaken for."""

    target: FunctionArn
    reason: Reason
    near: tuple[str, ...] = ()

    def __str__(self) -> str:
        name = self.target.name
        if self.reason is Reason.QUALIFIER_NOT_FOUND:
            said = f"the function {name} has no alias or version {self.target.qualifier}"
        else:
            said = f"there is no function {name} in {self.target.region} of account {self.target.account}"
        return said + did_you_mean(self.near)
