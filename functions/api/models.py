"""What the API takes and gives, as pydantic models: the only place that knows them."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from lambda_replay.domain.execution import ExecutionStatus, Verb
from lambda_replay.domain.inlet import Inlet
from lambda_replay.domain.reasons import Reason
from lambda_replay.domain.replay import ReplayMode, ReplayStatus

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


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReplayRequest(Request):
    mode: ReplayMode = ReplayMode.IF_NOT_REPLAYED
    qualifier: Qualifier | None = Field(
        default=None, description="Version or alias, instead of the record's own"
    )
    dry_run: bool = Field(default=False, description="Say what would happen, and send nothing")
    reason: ReasonText | None = None


class IgnoreRequest(Request):
    reason: ReasonText
    until: Time | None = Field(default=None, description="When the execution becomes `failed` again")


class ReopenRequest(Request):
    reason: ReasonText | None = None


class Read(BaseModel):
    """Made from a domain object with the same fields."""

    model_config = ConfigDict(from_attributes=True)


class FailureView(Read):
    """How a run ended. `title` is the normalised error line; the full one is in `GET /executions/{id}`."""

    at: datetime
    condition: str
    invoke_count: int | None
    executed_version: str | None
    error_type: str | None
    title: str
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


class DecisionView(Read):
    verb: Verb
    at: datetime
    by: str
    reason: str | None
    until: datetime | None


class PayloadView(Read):
    size: int
    sha256: str


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
    inlet: Inlet = Field(description="The way it came in")
    replay_count: int
    decisions: list[DecisionView] = Field(description="Who ignored and reopened it, when and why")


class FrameView(Read):
    file: str | None
    line: int | None
    function: str | None
    code: str | None
    in_app: bool


class ErrorView(BaseModel):
    """The error as the run's record tells it."""

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
    error: ErrorView | None = Field(description="None when the record is no longer stored")


class ExecutionPage(BaseModel):
    executions: list[ExecutionView]
    cursor: str | None = Field(description="Ask for the next page with it; null on the last one")


class ReplayStarted(BaseModel):
    execution: ExecutionView
    replay: ReplayView


class ReplayPreview(BaseModel):
    dry_run: Literal[True] = True
    execution: ExecutionView
    target: str
    would_replay: bool
    refusal: Reason | None
    message: str | None


class ErrorCode(StrEnum):
    """Codes of errors that are no refusal."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CURSOR = "invalid_cursor"
    NOT_FOUND = "not_found"
    OUTCOME_UNCERTAIN = "outcome_uncertain"
    INTERNAL_ERROR = "internal_error"


class ErrorBody(BaseModel):
    code: str
    message: str


class ErrorAnswer(BaseModel):
    error: ErrorBody
