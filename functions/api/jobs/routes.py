"""Bulk replays: what one would do, starting it, following it, stopping it."""

import re
from http import HTTPStatus
from itertools import chain
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path, Query
from pydantic import StringConstraints

from api import errors
from api.caller import caller
from api.composition_root import settings, storage
from api.errors import ApiError
from api.jobs.models import DecideJobRequest, JobFilter, JobPage, JobRequest, JobView, PlanView
from api.jobs.views import job_view, plan_view
from api.models import ErrorCode
from api.openapi_docs import documented
from api.pagination import cursor_of, position, span
from api.replay_commands import send
from lambda_replay.adapters.clock import now
from lambda_replay.domain.jobs.job import Job
from lambda_replay.domain.refusals import MEANING, Reason
from lambda_replay.use_cases.jobs.numbers import account_of

router = Router()

JobId = Annotated[str, Path(description="The job's id")]
Decision = Annotated[DecideJobRequest | None, Body()]
IdempotencyKey = Annotated[
    Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,128}$")] | None,
    Header(alias="Idempotency-Key", description="The same key never starts a second job"),
]
_OK = HTTPStatus.OK
_LIST = {"list": "jobs"}
_LOOKS = 5
# Longer ones, and other signs, are no key of the table.
_JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@router.post(
    "/jobs/plan",
    summary="What a job would do",
    responses=documented((_OK, PlanView, "The plan")),
)
def plan_job(request: Annotated[JobRequest, Body()]) -> PlanView:
    """Takes what `POST /jobs` takes, looks for at most 18 seconds, and writes nothing."""
    return plan_view(send("plan_job", **_options(request))["plan"])


@router.post(
    "/jobs",
    summary="Replay many executions",
    responses=documented((HTTPStatus.ACCEPTED, JobView, "The job; follow it with `GET /jobs/{job_id}`")),
)
def start_job(
    request: Annotated[JobRequest, Body()], idempotency_key: IdempotencyKey = None
) -> Response[JobView]:
    """What is selected is frozen now: what fails later is not in it. The oldest goes first; with a ramp, its
    batches are drawn from all.

    With `mode: force` and without a key, the same request of the same caller within ten minutes is the same
    job: a repeated one sends nothing twice."""
    result = send(
        "start_job",
        **_options(request),
        name=request.name,
        reason=request.reason,
        by=caller(router),
        runner=settings().state_machine,
        idempotency_key=idempotency_key,
        asked=_asked(request),
    )
    return Response(HTTPStatus.ACCEPTED, content_types.APPLICATION_JSON, _view(_load(result["job_id"])))


@router.get(
    "/jobs",
    summary="Jobs, newest first",
    responses=documented((_OK, JobPage, "A page")),
)
def list_jobs(
    limit: Annotated[int, Query(ge=1, le=100, description="At most so many; a page may hold fewer")] = 25,
    cursor: Annotated[str | None, Query(description="From the page before")] = None,
) -> JobPage:
    page = storage().jobs.page(limit=limit, after=position(cursor, _LIST))
    return JobPage(
        jobs=[_view(job) for job in page.jobs],
        cursor=cursor_of(page.after, _LIST),
        unreadable=list(page.unreadable),
    )


@router.get(
    "/jobs/<job_id>",
    summary="One job, with its numbers at this moment",
    responses=documented((_OK, JobView, "The job")),
)
def get_job(job_id: JobId) -> JobView:
    return _view(_load(job_id))


@router.post(
    "/jobs/<job_id>/pause",
    summary="Send nothing more until it is resumed",
    responses=documented((_OK, JobView, "Paused")),
)
def pause_job(job_id: JobId, request: Decision = None) -> JobView:
    """Takes effect within a second or two: what is being sent is sent. Outcomes go on being counted."""
    return _decided("pause_job", job_id, request)


@router.post(
    "/jobs/<job_id>/resume",
    summary="Go on",
    responses=documented((_OK, JobView, "Running")),
)
def resume_job(job_id: JobId, request: Decision = None) -> JobView:
    return _decided("resume_job", job_id, request)


@router.post(
    "/jobs/<job_id>/cancel",
    summary="Send nothing more, for good",
    responses=documented((_OK, JobView, "Cancelled")),
)
def cancel_job(job_id: JobId, request: Decision = None) -> JobView:
    """What was sent stays sent; its outcomes go on being counted."""
    return _decided("cancel_job", job_id, request)


def _decided(command: str, job_id: str, request: DecideJobRequest | None) -> JobView:
    _load(job_id)
    send(command, job_id=job_id, by=caller(router), reason=None if request is None else request.reason)
    return _view(_load(job_id))


def _options(request: JobRequest) -> dict[str, Any]:
    """As the replay function takes them, with the filter resolved to what it means now."""
    guard = request.guard
    return {
        "filter": None if request.filter is None else _frozen(request.filter),
        "ids": request.ids,
        "options": {
            "mode": request.mode,
            "qualifier": request.qualifier,
            "tenant": request.tenant,
            "function": request.function,
            "patch": request.patch_text,
            "max_age_seconds": request.max_age,
            "skip_never": request.skip_never,
        },
        "pace": {
            "rate": request.rate,
            "ramp": request.batches,
            "patience_seconds": request.patience_seconds,
            "guard": None
            if guard is None
            else {"share": guard.failed_share, "minimum": guard.minimum, "new_group": guard.new_group},
        },
    }


def _frozen(wanted: JobFilter) -> dict[str, Any]:
    present = now()
    end = min(wanted.until or present, present)
    if wanted.since is not None and wanted.since >= end:
        message = "filter.from: must be before filter.to, which is now where it is not given or in the future"
        raise ApiError(HTTPStatus.BAD_REQUEST, ErrorCode.INVALID_REQUEST, message)
    oldest, newest = span(wanted.since, end)
    return {
        "since": oldest.isoformat(),
        "until": newest.isoformat(),
        "function": wanted.function,
        "groups": _groups(wanted),
        "category": wanted.category,
        "verdict": wanted.verdict,
        "status": wanted.status,
        "error_type": wanted.error_type,
    }


def _groups(wanted: JobFilter) -> list[str] | None:
    """These and what is merged into them, each once. A job about a group that is none would do nothing, and
    look like a success."""
    asked = wanted.groups or ([] if wanted.group is None else [wanted.group])
    if not asked:
        return None
    found = storage().groups.get(asked)
    for fingerprint in asked:
        if fingerprint not in found:
            message = f"filter.group {fingerprint}: {MEANING[Reason.GROUP_NOT_FOUND]}"
            raise errors.refused(Reason.GROUP_NOT_FOUND, message)
    families = [(fingerprint, *found[fingerprint].members) for fingerprint in asked]
    return list(dict.fromkeys(chain.from_iterable(families)))


def _asked(request: JobRequest) -> dict[str, Any]:
    """The request as it came: the same again is the same job's."""
    plain = request.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"patch"})
    return {**plain, "patch": request.patch_text}


def _view(job: Job) -> JobView:
    for _ in range(_LOOKS):
        account = account_of(storage().jobs, storage().entries, job)
        # Outcomes of what was sent since the job was read would make numbers that don't add up.
        fresh = storage().jobs.get(job.id) if job.is_active or job.slice is not None else job
        if fresh is None or fresh.version == job.version:
            break
        job = fresh
    return job_view(job, account, now())


def _load(job_id: str) -> Job:
    job = storage().jobs.get(job_id) if _JOB_ID.fullmatch(job_id) else None
    if job is None:
        message = f"{job_id[:64]}: {MEANING[Reason.JOB_NOT_FOUND]}"
        raise errors.refused(Reason.JOB_NOT_FOUND, message)
    return job
