"""What the API takes and gives, as pydantic models: the only place that knows them."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
)

from lambda_replay.domain.executions.execution import ExecutionStatus, Verb
from lambda_replay.domain.executions.identity import Difference
from lambda_replay.domain.executions.replay import ReplayMode, ReplayStatus, Trigger
from lambda_replay.domain.executions.tenant import ASKED as TENANT
from lambda_replay.domain.intake.channel import Channel
from lambda_replay.domain.intake.origin import Origin
from lambda_replay.domain.redaction import redact
from lambda_replay.domain.refusals import Reason

ReasonText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=256)]
Qualifier = Annotated[str, StringConstraints(pattern=r"^(\$LATEST|[A-Za-z0-9_-]{1,128})$")]


def _utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("out of range") from None


Time = Annotated[AwareDatetime, AfterValidator(_utc)]
# Longer ones can't match, and an index key may not be empty.
Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]

_PATCH_BYTES, _OPERATIONS, _COPIES = 50_000, 200, 5


def _patch(value: Any) -> list[Any] | dict[str, Any]:
    if not isinstance(value, list | dict):
        raise ValueError("expected a list (JSON Patch) or an object (JSON Merge Patch)")  # noqa: TRY004  # pydantic's
    try:
        size = len(json.dumps(value, allow_nan=False))
    except (ValueError, RecursionError):
        raise ValueError("holds a number that is too large, or is nested too deeply") from None
    if size > _PATCH_BYTES:
        raise ValueError(f"is larger than {_PATCH_BYTES} bytes")
    # A few dozen copies of the whole into itself would fill any memory.
    copies = sum(isinstance(one, dict) and one.get("op") == "copy" for one in value)
    if isinstance(value, list) and (len(value) > _OPERATIONS or copies > _COPIES):
        raise ValueError(f"has more than {_OPERATIONS} operations, or more than {_COPIES} of them copy")
    return value


Patch = Annotated[
    list[Any] | dict[str, Any],
    PlainValidator(_patch),
    WithJsonSchema({"anyOf": [{"type": "array", "items": {"type": "object"}}, {"type": "object"}]}),
]
PATCHING = "Changes to the payload: a list is a JSON Patch, an object a JSON Merge Patch"
SKIP_NEVER = "Leave out what has the verdict `never`: sending it again can't help"
WARNINGS = (
    "What is to be known, and hinders nothing: that the outcome will not be reported, the verdict `never`"
)
Target = Annotated[
    str,
    StringConstraints(
        pattern=r"^(arn:aws[a-z-]*:lambda:[a-z0-9-]{1,30}:[0-9]{12}:function:)?[A-Za-z0-9_-]{1,140}$"
    ),
    Field(
        description="Name or ARN of another, allow-listed function to send it to; its version or alias is "
        "`qualifier`"
    ),
]


Tenant = Annotated[
    str,
    StringConstraints(pattern=TENANT),
    Field(
        description="For functions that isolate their tenants: the tenant's id, or `jmespath:` and where it "
        "stands in the payload, as in `jmespath:detail.customer`. Other functions are sent none"
    ),
]


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReplayRequest(Request):
    mode: ReplayMode = ReplayMode.IF_NOT_REPLAYED
    qualifier: Qualifier | None = Field(
        default=None, description="Version or alias, instead of the record's own"
    )
    function: Target | None = None
    patch: Patch | None = Field(default=None, description=PATCHING)
    skip_never: bool = Field(default=False, description=SKIP_NEVER)
    tenant: Tenant | None = None
    dry_run: bool = Field(default=False, description="Say what would happen, and send nothing")
    reason: ReasonText | None = None


class IgnoreRequest(Request):
    reason: ReasonText
    until: Time | None = Field(default=None, description="When the execution becomes `failed` again")


class ForgetRequest(Request):
    reason: ReasonText


class ReopenRequest(Request):
    reason: ReasonText | None = None


class ConfirmRequest(Request):
    reason: ReasonText | None = None


class Read(BaseModel):
    """Made from a domain object with the same fields."""

    model_config = ConfigDict(from_attributes=True)


# Another version of the service may have stored what this one would mask.
Shown = Annotated[str, AfterValidator(redact)]


class FailureView(Read):
    """How a run ended. `title` is the normalised error line, without secrets; the message is in
    `GET /executions/{id}`."""

    at: datetime
    condition: str
    invoke_count: int | None
    executed_version: str | None
    error_type: Shown | None
    title: Shown
    category: str
    verdict: str
    rule: str
    confidence: float
    group: str
    rules: int | None = Field(description="Version of the team's own rules that were tried first")


class ReplayView(BaseModel):
    number: int
    status: ReplayStatus
    mode: ReplayMode
    target: str
    by: str
    reason: str | None
    claimed_at: datetime
    accepted_at: datetime | None
    request_id: str | None = Field(description="The run's request id: search the function's logs for it")
    outcome_due_at: datetime | None = Field(description="When it becomes `unconfirmed` without a word")
    ended_at: datetime | None
    rejection: Reason | None
    failure: FailureView | None
    trigger: Trigger = Field(description="A person, a job, or the function's policy")
    job: str | None
    patched: bool = Field(description="Whether the payload was changed before it was sent")
    durable_execution: str | None = Field(
        description="Of a durable function: the name of the durable execution. Its outcome is asked for, and "
        "a lost answer of Lambda resolves itself"
    )


class DecisionView(Read):
    verb: Verb
    at: datetime
    by: str
    reason: str | None
    until: datetime | None


class PayloadView(Read):
    size: int
    sha256: str


class ForgottenView(Read):
    """The tombstone: who had payload and response deleted, when and why."""

    at: datetime
    by: str
    reason: str


class ContestView(Read):
    other: str = Field(description="The execution with the other record")
    differs: list[Difference]


class RunView(Read):
    execution_id: str
    number: int


class ExecutionView(BaseModel):
    id: str
    status: ExecutionStatus
    function: str
    function_arn: str
    failed_at: datetime
    stored_at: datetime
    expires_at: datetime
    failure: FailureView
    payload: PayloadView | None
    unreplayable: Reason | None
    forgotten: ForgottenView | None = Field(description="With `unreplayable` `payload_forgotten`")
    channel: Channel = Field(description="The way it came in")
    origin: Origin = Field(
        description="`verified`: its message was sent with the function's own role; others may have sent an "
        "`unverified` one. Only verified ones are replayed automatically, unless the policy says otherwise"
    )
    contested: list[ContestView] = Field(
        description="Other records of the same request id that name another function or payload, so that "
        "one of them is forged: replayed only when named by id"
    )
    probable_run_of: RunView | None = Field(
        description="It is probably the run of this replay, of which no answer is known: never replayed "
        "automatically, and confirmed with `POST /executions/{id}/confirm`"
    )
    replay_count: int
    decisions: list[DecisionView] = Field(description="Who ignored and reopened it, when and why")
    poisoned: bool = Field(
        description="Its replays failed again and again, with different versions of the code: it must be the "
        "event"
    )
    retry_at: datetime | None = Field(description="When it is replayed automatically; null: it is not")
    replay_target: str | None = Field(
        description="The function that the replay under way was sent to; null: none is under way"
    )


class FrameView(Read):
    file: str | None
    line: int | None
    function: str | None
    code: str | None
    in_app: bool


class ErrorView(BaseModel):
    """The error of the run's record. With an execution, secrets are masked in message, frames and type;
    `GET /executions/{id}/error` has it as it came."""

    error_type: str | None
    message: str
    runtime: str
    phase: str
    frames: list[FrameView]
    reasons: list[str] = Field(description="Why this category")
    fingerprint_parts: dict[str, object] = Field(description="What the group is made of")


class ExecutionDetail(ExecutionView):
    first_failure: FailureView
    replays: list[ReplayView]
    error: ErrorView | None = Field(
        description="With secrets masked; null when the record is no longer stored"
    )


Unreadable = Annotated[
    list[str],
    Field(
        default_factory=list,
        description="Ids of what may belong here and can't be read: a newer version of the service wrote it, "
        "or it is damaged. It is left alone, and the log says more",
    ),
]


class ExecutionPage(BaseModel):
    executions: list[ExecutionView]
    cursor: str | None = Field(description="Ask for the next page with it; null on the last one")
    unreadable: Unreadable


class ReplayStarted(BaseModel):
    execution: ExecutionView
    replay: ReplayView
    warnings: list[str] = Field(description=WARNINGS)


class ReplayPreview(BaseModel):
    dry_run: Literal[True] = True
    execution: ExecutionView
    target: str
    would_replay: bool
    refusal: Reason | None
    message: str | None
    warnings: list[str] = Field(description=WARNINGS)
    changes: list[dict[str, Any]] | None = Field(
        description="With a patch: what it does to the payload, place by place; what was there is "
        "described by its kind and size alone"
    )


class ErrorCode(StrEnum):
    """Codes of errors that are no refusal."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CURSOR = "invalid_cursor"
    NOT_FOUND = "not_found"
    AMBIGUOUS_FUNCTION = "ambiguous_function"
    OUTCOME_UNCERTAIN = "outcome_uncertain"
    INTERNAL_ERROR = "internal_error"


class ErrorBody(BaseModel):
    code: str
    message: str


class ErrorAnswer(BaseModel):
    error: ErrorBody


class GatewayAnswer(BaseModel):
    """API Gateway's own, of a request that does not reach the service or is not answered by it in time."""

    message: str | None
