"""What the API takes and gives about functions and their policies."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from api.groups.models import Fingerprint
from api.models import Qualifier, Read, ReasonText, Request, Tenant
from lambda_replay.domain.category import Category
from lambda_replay.domain.policies.circuit_breaker import BreakerState
from lambda_replay.domain.policies.policy import (
    ATTEMPTS,
    BASE,
    CAP,
    DEFAULT_RATE,
    DEFAULT_RULE,
    FUNCTION,
    OLDEST,
    RATE,
)

FunctionName = Annotated[str, StringConstraints(pattern=FUNCTION)]


def _seconds(span: timedelta) -> int:
    return round(span.total_seconds())


_BASE, _CAP, _OLDEST = ([_seconds(span) for span in spans] for spans in (BASE, CAP, OLDEST))
Attempts = Annotated[int, Field(ge=ATTEMPTS[0], le=ATTEMPTS[1])]
BaseSeconds = Annotated[int, Field(ge=_BASE[0], le=_BASE[1])]
CapSeconds = Annotated[int, Field(ge=_CAP[0], le=_CAP[1])]
MaxAgeSeconds = Annotated[int, Field(ge=_OLDEST[0], le=_OLDEST[1])]

_ATTEMPTS = "Automatic replays of one execution, at most"
_BACKOFF = "The wait is drawn between nothing and this, twice this, four times this …"
_UP_TO = "… but no more than this"
_AGE = "Nothing that failed longer ago is replayed"
_IDEMPOTENT = "Whether it does no harm to run an event twice: then one that may have been sent is sent again"
_UNVERIFIED = (
    "Also executions whose record may have been sent by others than the function (`origin` is "
    "`unverified`). The risk: who can send to the failure queue, topic, bus or bucket can then have the "
    "function invoked with any payload"
)
_THROUGH = "Alias or version to replay through, instead of the record's own"


class ExceptionRequest(Request):
    """What is not given is as for the policy's other failures."""

    attempts: Attempts | None = Field(default=None, description=_ATTEMPTS)
    base_seconds: BaseSeconds | None = Field(default=None, description=_BACKOFF)
    cap_seconds: CapSeconds | None = Field(default=None, description=_UP_TO)
    max_age_seconds: MaxAgeSeconds | None = Field(default=None, description=_AGE)
    idempotent: bool | None = Field(default=None, description=_IDEMPOTENT)
    unverified_origin: bool | None = Field(default=None, description=_UNVERIFIED)
    qualifier: Qualifier | None = Field(default=None, description=_THROUGH)
    tenant: Tenant | None = None

    def given(self) -> dict[str, object]:
        """A qualifier of null is one: the record's own."""
        fields = self.model_dump(exclude_unset=True)
        return {k: v for k, v in fields.items() if v is not None or k == "qualifier"}


class PolicyRequest(Request):
    """The whole policy: what is not given is as by default."""

    enabled: bool = Field(default=True, description="false: none of this function, whatever the stack says")
    categories: list[Category] = Field(
        default_factory=list, max_length=len(Category), description="Which failures are replayed"
    )
    attempts: Attempts = Field(default=DEFAULT_RULE.attempts, description=_ATTEMPTS)
    base_seconds: BaseSeconds = Field(default=_seconds(DEFAULT_RULE.base), description=_BACKOFF)
    cap_seconds: CapSeconds = Field(default=_seconds(DEFAULT_RULE.cap), description=_UP_TO)
    max_age_seconds: MaxAgeSeconds = Field(default=_seconds(DEFAULT_RULE.oldest), description=_AGE)
    idempotent: bool = Field(default=False, description=_IDEMPOTENT)
    unverified_origin: bool = Field(default=False, description=_UNVERIFIED)
    qualifier: Qualifier | None = Field(default=None, description=_THROUGH)
    tenant: Tenant | None = None
    rate: float = Field(
        default=DEFAULT_RATE, ge=RATE[0], le=RATE[1], description="Automatic replays per second, at most"
    )
    by_category: dict[Category, ExceptionRequest | None] = Field(
        default_factory=dict, description="Otherwise for some categories; null: never"
    )
    by_group: dict[Fingerprint, ExceptionRequest | None] = Field(
        default_factory=dict, description="Otherwise for some groups, by fingerprint; null: never"
    )
    reason: ReasonText | None = None


class RuleView(BaseModel):
    attempts: int
    base_seconds: float
    cap_seconds: float
    max_age_seconds: float
    idempotent: bool
    unverified_origin: bool
    qualifier: str | None
    tenant: str | None


class PolicyView(RuleView):
    """The policy in effect. `none`: neither the function nor the stack has one."""

    origin: Literal["own", "stack", "none"]
    enabled: bool
    categories: list[str]
    rate: float
    by_category: dict[str, RuleView | None]
    by_group: dict[str, RuleView | None]
    version: int = Field(description="0 where the function never had one of its own")
    at: datetime | None = Field(description="When the function's own was changed last, or taken back")
    by: str | None
    reason: str | None


class PolicyVersionView(RuleView):
    """What one version of the function's own policy said, who made it and why."""

    version: int
    removed: bool = Field(description="It was taken back: the stack's policy was in effect again")
    enabled: bool
    categories: list[str]
    rate: float
    by_category: dict[str, RuleView | None]
    by_group: dict[str, RuleView | None]
    at: datetime
    by: str | None
    reason: str | None


class PolicyHistory(BaseModel):
    function: str
    function_arn: str
    versions: list[PolicyVersionView] = Field(
        description="The newest first, at most 50; those of the last 400 days"
    )


class BreakerView(Read):
    """`closed`: automatic replays go out; `open`: none until `retry_at`; `trial`: one is out, and its outcome
    decides."""

    state: BreakerState
    since: datetime | None
    reason: str | None
    retry_at: datetime | None
    trial: str | None = Field(description="The execution whose replay is the trial")


class AutomaticView(BaseModel):
    """What the function's automatic replays came to, as far as it is known."""

    succeeded: int
    failed_same: int
    failed_new: int
    unconfirmed: int
    uncertain: int
    rejected: dict[str, int]


class StandingView(BaseModel):
    function: str
    function_arn: str
    policy: PolicyView
    breaker: BreakerView
    automatic: AutomaticView


class FunctionView(StandingView):
    last_failed_at: datetime = Field(description="About: it is noted once an hour, not for each failure")


class FunctionListPage(BaseModel):
    functions: list[FunctionView]
    cursor: str | None = Field(description="Ask for the next page with it; null on the last one")
