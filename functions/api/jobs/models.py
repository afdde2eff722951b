"""What the API takes and gives about jobs."""

import json
import re
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import Field, PlainValidator, StringConstraints, WithJsonSchema, model_validator

from api.models import (
    PATCHING,
    SKIP_NEVER,
    Name,
    Patch,
    Qualifier,
    Read,
    ReasonText,
    Request,
    Shown,
    Target,
    Tenant,
    Time,
    Unreadable,
)
from lambda_replay.domain.category import Category, Verdict
from lambda_replay.domain.executions.execution import ExecutionStatus
from lambda_replay.domain.executions.replay import ReplayMode
from lambda_replay.domain.jobs.job import Guard, JobStatus, JobVerb
from lambda_replay.domain.jobs.pacing import ramp_to
from lambda_replay.domain.refusals import Reason

_BATCHES, _LARGEST_BATCH = 10, 10_000
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_AGE = re.compile(r"([0-9]{1,9})([smhd])")
_OLDEST = timedelta(days=400)  # longer than anything is kept


def _ramp(value: Any) -> bool | list[int]:
    if isinstance(value, bool):
        return value
    if isinstance(value, list) and 1 <= len(value) <= _BATCHES and all(type(n) is int for n in value):
        bounds = [0, *value, _LARGEST_BATCH + 1]
        if all(one < other for one, other in pairwise(bounds)):
            return value
    raise ValueError(
        f"expected true, or a list of 1 to {_BATCHES} whole numbers from 1 to {_LARGEST_BATCH}, each larger "
        "than the one before"
    )


def _age(value: Any) -> int:
    found = _AGE.fullmatch(value) if isinstance(value, str) else None
    seconds = value if found is None else int(found[1]) * _UNITS[found[2]]
    if type(seconds) is not int or not 1 <= seconds <= _OLDEST.total_seconds():
        raise ValueError(f'expected seconds, or a text like "90m", "36h", "7d"; {_OLDEST.days} days at most')
    return seconds


Ramp = Annotated[
    bool | list[int],
    PlainValidator(_ramp),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "array", "items": {"type": "integer"}}]}),
]
Age = Annotated[
    int, PlainValidator(_age), WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}]})
]
RequestId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]


class JobFilter(Request):
    """Every given field must match; times are those of the original failure."""

    function: Name | None = Field(default=None, description="Function name")
    group: Name | None = Field(default=None, description="Fingerprint; of a merged group, of all of them")
    groups: list[Name] | None = Field(
        default=None, min_length=1, max_length=100, description="Instead of `group`: any of these"
    )
    category: Category | None = None
    verdict: Verdict | None = None
    status: ExecutionStatus | None = None
    error_type: Name | None = None
    since: Time | None = Field(default=None, alias="from", description="Failed at or after")
    until: Time | None = Field(
        default=None,
        alias="to",
        description="Failed before; now where it is not given or in the future: what fails later is not in "
        "it",
    )

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if all(value is None for _, value in self):
            names = [field.alias or name for name, field in type(self).model_fields.items()]
            raise ValueError(f"expected at least one of {', '.join(names)}")
        if self.group is not None and self.groups is not None:
            raise ValueError("expected group or groups, not both")
        return self


class GuardRequest(Request):
    """Stops the job when at least `minimum` of its replays, and more than `failed_share` of them, did not go
    through; with `new_group` also at the first that failed with another error than before."""

    failed_share: float = Field(default=Guard().share, ge=0, le=1, allow_inf_nan=False)
    minimum: int = Field(default=Guard().minimum, ge=1, le=1000)
    new_group: bool = Guard().new_group


class JobRequest(Request):
    """Exactly one of `filter` and `ids`."""

    filter: JobFilter | None = None
    ids: list[RequestId] | None = Field(
        default=None, min_length=1, max_length=500, description="Request ids of executions"
    )
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)] | None = None
    reason: ReasonText | None = None
    rate: float = Field(
        default=10, ge=0.01, le=1000, allow_inf_nan=False, description="Replays per second, at most"
    )
    ramp: Ramp | None = Field(
        default=None,
        description="Sizes of the first batches, each of which waits for its outcomes; true: the usual ones",
    )
    patience_seconds: int | None = Field(
        default=None,
        ge=1,
        le=86_400,
        description="How long a batch of the ramp waits where no success is confirmed; as long as a "
        "failure of the function takes where it is not given",
    )
    guard: GuardRequest | None = Field(default=GuardRequest(), description="null: nothing stops it")
    qualifier: Qualifier | None = Field(
        default=None, description="Version or alias, instead of the record's own"
    )
    function: Target | None = None
    patch: Patch | None = Field(default=None, description=PATCHING)
    max_age: Age | None = Field(
        default=None, description='Leaves out what failed longer ago: seconds, or a text like "36h"'
    )
    skip_never: bool = Field(default=False, description=SKIP_NEVER)
    tenant: Tenant | None = None
    mode: ReplayMode = ReplayMode.IF_NOT_REPLAYED

    @model_validator(mode="after")
    def _one_selection(self) -> Self:
        if (self.filter is None) == (self.ids is None):
            raise ValueError("expected exactly one of filter and ids")
        return self

    @property
    def batches(self) -> list[int]:
        """The ramp's sizes."""
        return (
            (list(ramp_to(self.rate)) if self.ramp else [])
            if isinstance(self.ramp, bool)
            else self.ramp or []
        )

    @property
    def patch_text(self) -> str | None:
        return None if self.patch is None else json.dumps(self.patch)


class DecideJobRequest(Request):
    reason: ReasonText | None = None


class CodeView(Read):
    """Whether anything was deployed to the target since the failures; null: it is not known."""

    target: str
    changed: bool | None
    failed_version: str | None
    version: str | None
    modified_at: datetime | None
    unreported: str | None = Field(
        description="Why a failure will not be reported to this stack; null: it will, or it is not known"
    )


class AbsentView(Read):
    """A function, version or alias that does not exist: nothing can be sent there."""

    target: str
    reason: Reason
    near: list[str] = Field(description="Names that it may have been mistaken for")
    message: str


class SampleView(Read):
    id: str
    function: str
    failed_at: datetime
    title: Shown
    group: str
    refusal: Reason | None = Field(description="Why the payload can't be patched, or sent")
    changes: list[dict[str, Any]] | None = Field(
        description="With a patch: what it does to this payload, place by place; what was there is "
        "described by its kind and size alone"
    )


class PlanView(Read):
    """What a job would do. Nothing was written."""

    matched: int
    eligible: int
    ineligible: dict[str, int] = Field(description="How many can't be replayed, by reason")
    functions: dict[str, int] = Field(description="Of the eligible, the 20 most frequent")
    groups: dict[str, int] = Field(description="Of the eligible, the 20 most frequent")
    verdicts: dict[str, int] = Field(description="Of the eligible")
    oldest: datetime | None
    newest: datetime | None
    payloads: int = Field(description="Different ones")
    repeated: int = Field(description="Executions with the same payload as another one")
    code: list[CodeView]
    absent: list[AbsentView] = Field(description="Targets that don't exist")
    duration_seconds: int = Field(description="At the rate, without the waiting of a ramp")
    usd: float = Field(description="What this service itself costs for it, about; not the function's runs")
    sample: list[SampleView]
    complete: bool = Field(description="False: there was no time to look at all; numbers are at least these")
    looked_back_to: datetime | None = Field(description="Where `complete` is false: older ones are not in it")
    warnings: list[str]


class CountsView(Read):
    """`selected` = `issued` + `rejected` + `skipped` + `remaining`; `issued` = `succeeded` + `failed_again` +
    `unconfirmed` + `uncertain` + `pending`."""

    selected: int
    issued: int = Field(description="Taken by Lambda, or maybe")
    succeeded: int
    failed_again: int
    failed_same: int = Field(description="Of these, with the error that the execution had before")
    failed_new: int = Field(description="Of these, with another one")
    unconfirmed: int = Field(description="Accepted, and no failure came back")
    uncertain: int = Field(description="Lambda's answer was lost")
    pending: int = Field(description="The outcome is not known yet")
    rejected: dict[str, int] = Field(description="Lambda refused them, by reason")
    skipped: dict[str, int] = Field(description="Not sent, by reason")
    remaining: int = Field(description="Not looked at yet")


class JobDecisionView(Read):
    verb: JobVerb
    at: datetime
    by: str
    reason: str | None


class GuardView(Read):
    failed_share: float
    minimum: int
    new_group: bool


class JobFilterView(Read):
    """As it was frozen."""

    function: str | None
    groups: list[str] | None
    category: str | None
    verdict: str | None
    status: ExecutionStatus | None
    error_type: str | None
    since: datetime = Field(serialization_alias="from")
    until: datetime = Field(serialization_alias="to")


class JobView(Read):
    id: str
    name: str | None
    status: JobStatus
    reason: str | None
    by: str
    created_at: datetime
    started_at: datetime | None = Field(description="When the first replay was sent")
    ended_at: datetime | None
    filter: JobFilterView | None
    ids: int | None = Field(description="How many executions were named, each once")
    mode: ReplayMode
    skip_never: bool
    rate: float
    ramp: list[int]
    guard: GuardView | None
    qualifier: str | None
    tenant: str | None
    function: str | None
    patch: bool = Field(description="Whether payloads are patched")
    counts: CountsView
    summary: str
    message: str | None = Field(description="Why it was halted or cancelled, or is only `starting`")
    rate_now: float | None = Field(description="Replays per second so far")
    seconds_left: int | None = Field(description="Until all are sent, about; null unless it is running")
    selecting: bool = Field(description="The selection is still being frozen; its numbers grow")
    starting: bool = Field(
        description="No driver could be started; the sweep starts one within a minute or two"
    )
    stalled: bool = Field(description="Its driver is not heard of; the sweep drives it on")
    stalled_since: datetime | None
    decisions: list[JobDecisionView] = Field(description="The last 20, the oldest first")


class JobPage(Read):
    jobs: list[JobView]
    cursor: str | None = Field(description="Ask for the next page with it; null on the last one")
    unreadable: Unreadable
