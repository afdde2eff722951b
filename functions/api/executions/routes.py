"""Executions: look at them, replay them, leave them alone."""

import json
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path, Query
from pydantic import StringConstraints

from api import errors
from api.caller import caller
from api.composition_root import storage
from api.errors import ApiError
from api.executions.views import detail_view, error_view, execution_view, replay_view
from api.groups.routes import family
from api.models import (
    ConfirmRequest,
    ErrorCode,
    ErrorView,
    ExecutionDetail,
    ExecutionPage,
    ExecutionView,
    ForgetRequest,
    IgnoreRequest,
    Name,
    ReopenRequest,
    ReplayPreview,
    ReplayRequest,
    ReplayStarted,
    Time,
)
from api.openapi_docs import documented
from api.pagination import cursor_of, position, span
from api.replay_commands import send
from lambda_replay.adapters.clock import now
from lambda_replay.domain.category import Category, Verdict
from lambda_replay.domain.executions.execution import Execution, ExecutionStatus
from lambda_replay.domain.executions.filter import ExecutionFilter
from lambda_replay.domain.executions.id_slot import Link, Unreadable
from lambda_replay.domain.executions.replay import Replay, ReplayStatus
from lambda_replay.domain.intake.fields import is_request_id
from lambda_replay.domain.refusals import Reason, meaning
from lambda_replay.domain.unknown_fields import known_or_kept
from lambda_replay.use_cases.executions.identify import probable_runs

if TYPE_CHECKING:
    from lambda_replay.domain.diagnosis import Diagnosis, Rule

router = Router()
logger = Logger(service="api", child=True)

ExecutionId = Annotated[str, Path(description="The request id of the invocation that failed")]
IdempotencyKey = Annotated[
    Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,128}$")] | None,
    Header(alias="Idempotency-Key", description="The same key never starts a second replay"),
]
_OK = HTTPStatus.OK


@router.get(
    "/executions",
    summary="Failed executions, newest first",
    responses=documented((_OK, ExecutionPage, "A page")),
)
def list_executions(
    function: Annotated[Name | None, Query(description="Function name")] = None,
    group: Annotated[Name | None, Query(description="Fingerprint")] = None,
    category: Annotated[Category | None, Query()] = None,
    verdict: Annotated[Verdict | None, Query()] = None,
    status: Annotated[ExecutionStatus | None, Query()] = None,
    error_type: Annotated[Name | None, Query()] = None,
    since: Annotated[Time | None, Query(alias="from", description="Failed at or after")] = None,
    until: Annotated[Time | None, Query(alias="to", description="Failed before")] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="At most so many; a page may hold fewer")] = 50,
    cursor: Annotated[str | None, Query(description="From the page before")] = None,
) -> ExecutionPage:
    """A page may hold fewer executions than the limit, even none, and still have a cursor: what one page
    reads is bounded, however few executions match. The list ends where the cursor is null."""
    oldest, newest = span(since, until)
    wanted = ExecutionFilter(
        since=oldest,
        until=newest,
        function=function,
        groups=None if group is None else family(group),
        category=category,
        verdict=verdict,
        status=status,
        error_type=error_type,
    )
    given = {k: v for k, v in (router.current_event.query_string_parameters or {}).items() if k in _FILTERS}
    after = position(cursor, given)
    page = storage().entries.page(wanted, limit=limit, after=after)
    return ExecutionPage(
        executions=[execution_view(execution) for execution in page.executions],
        cursor=cursor_of(page.after, given),
        unreadable=list(page.unreadable),
    )


_FILTERS = {"function", "group", "category", "verdict", "status", "error_type", "from", "to"}


@router.get(
    "/executions/<execution_id>",
    summary="One execution with its replays",
    responses=documented((_OK, ExecutionDetail, "The execution")),
)
def get_execution(execution_id: ExecutionId) -> ExecutionDetail:
    execution = _load(execution_id)
    if execution.probable_run_of is None:
        # The replay may have become uncertain after the record was stored.
        run = probable_runs(storage().entries, [execution]).get(execution.id)
        execution = replace(execution, probable_run_of=run)
    return detail_view(execution, _diagnosis(execution))


@router.get(
    "/executions/<execution_id>/error",
    summary="The error as the record tells it, with what is masked elsewhere",
    responses=documented((_OK, ErrorView, "The error")),
)
def get_error(execution_id: ExecutionId) -> ErrorView:
    """Who may not read payloads may not read this either: messages quote input. Reading it is logged."""
    execution = _load(execution_id)
    diagnosis = _diagnosis(execution)
    if diagnosis is None:
        reason = Reason.PAYLOAD_FORGOTTEN if execution.forgotten else Reason.PAYLOAD_EXPIRED
        raise errors.refused(reason, meaning(reason))
    logger.info("error read", execution_id=execution.id, by=caller(router))
    return error_view(diagnosis)


@router.get(
    "/executions/<execution_id>/payload",
    summary="The original event, byte for byte",
    responses=documented((_OK, object, "The event")),
)
def get_payload(execution_id: ExecutionId) -> Response[str]:
    execution = _load(execution_id)
    payload = None if execution.forgotten else storage().records.payload(execution.id)
    if payload is None:
        reason = execution.unreplayable or Reason.PAYLOAD_EXPIRED
        raise errors.refused(reason, meaning(reason))
    logger.info("payload read", execution_id=execution.id, by=caller(router))
    return Response(HTTPStatus.OK, content_types.APPLICATION_JSON, payload.decode())


@router.delete(
    "/executions/<execution_id>/payload",
    summary="Delete the event and what its runs answered, for good",
    responses=documented((_OK, ExecutionView, "The execution, with its tombstone")),
)
def forget_payload(execution_id: ExecutionId, request: Annotated[ForgetRequest, Body()]) -> ExecutionView:
    """From the table, the payload bucket and, where the record came in an object, the failure bucket. Nothing
    can be replayed then: `payload_forgotten`. Repeated, it deletes what has come in since. Refused while a
    replay is under way."""
    send("forget", execution_id=execution_id, by=caller(router), reason=request.reason)
    return execution_view(_load(execution_id))


@router.post(
    "/executions/<execution_id>/replay",
    summary="Send the original event again",
    responses=documented(
        (HTTPStatus.ACCEPTED, ReplayStarted, "Lambda accepted the event"),
        (_OK, ReplayPreview, "With `dry_run`: what would happen"),
    ),
)
def replay_execution(
    execution_id: ExecutionId,
    request: Annotated[ReplayRequest | None, Body()] = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[ReplayStarted | ReplayPreview]:
    """202: Lambda accepted the event; follow the outcome with `GET /executions/{id}`. With `dry_run` 200:
    what would happen, and why not."""
    request = request or ReplayRequest()
    arguments = {
        "execution_id": execution_id,
        "by": caller(router),
        "mode": request.mode,
        "qualifier": request.qualifier,
        "function": request.function,
        "patch": None if request.patch is None else json.dumps(request.patch),
        "skip_never": request.skip_never,
        "tenant": request.tenant,
        "reason": request.reason,
    }
    if request.dry_run:
        return Response(_OK, content_types.APPLICATION_JSON, _preview(send("preview", **arguments)))
    result = send("replay", **arguments, idempotency_key=idempotency_key)
    execution = _load(execution_id)
    attempt = execution.replays[result["replay"] - 1]
    _raise_unless_accepted(attempt)
    started = ReplayStarted(
        execution=execution_view(execution), replay=replay_view(attempt), warnings=result["warnings"]
    )
    return Response(HTTPStatus.ACCEPTED, content_types.APPLICATION_JSON, started)


@router.post(
    "/executions/<execution_id>/ignore",
    summary="Leave the execution alone",
    responses=documented((_OK, ExecutionView, "Ignored")),
)
def ignore_execution(execution_id: ExecutionId, request: Annotated[IgnoreRequest, Body()]) -> ExecutionView:
    if request.until is not None and request.until <= now():
        raise ApiError(HTTPStatus.BAD_REQUEST, ErrorCode.INVALID_REQUEST, "until: must be in the future")
    until = None if request.until is None else request.until.isoformat()
    send("ignore", execution_id=execution_id, by=caller(router), reason=request.reason, until=until)
    return execution_view(_load(execution_id))


@router.post(
    "/executions/<execution_id>/reopen",
    summary="Take an ignored execution up",
    responses=documented((_OK, ExecutionView, "Reopened")),
)
def reopen_execution(
    execution_id: ExecutionId, request: Annotated[ReopenRequest | None, Body()] = None
) -> ExecutionView:
    reason = None if request is None else request.reason
    send("reopen", execution_id=execution_id, by=caller(router), reason=reason)
    return execution_view(_load(execution_id))


@router.post(
    "/executions/<execution_id>/confirm",
    summary="Say that the execution is the run of an uncertain replay",
    responses=documented((_OK, ExecutionDetail, "The execution of that replay, with its outcome")),
)
def confirm_execution(
    execution_id: ExecutionId, request: Annotated[ConfirmRequest | None, Body()] = None
) -> ExecutionDetail:
    """It becomes the outcome of the replay that `probable_run_of` names, and no longer stands for itself."""
    reason = None if request is None else request.reason
    answer = send("confirm", execution_id=execution_id, by=caller(router), reason=reason)
    return get_execution(answer["execution_id"])


def _preview(result: dict[str, Any]) -> ReplayPreview:
    refusal = result["would_be_refused"]
    return ReplayPreview(
        execution=execution_view(_load(result["execution_id"])),
        target=result["target"],
        would_replay=refusal is None,
        refusal=None if refusal is None else known_or_kept(Reason, refusal["reason"]),
        message=None if refusal is None else refusal["message"],
        warnings=result["warnings"],
        changes=result["changes"],
    )


def _raise_unless_accepted(attempt: Replay) -> None:
    if attempt.rejection is not None:
        raise errors.refused(attempt.rejection, f"replay {attempt.number}: {meaning(attempt.rejection)}")
    if attempt.status is ReplayStatus.CLAIMED and attempt.durable_name is not None:
        raise ApiError(
            HTTPStatus.BAD_GATEWAY,
            ErrorCode.OUTCOME_UNCERTAIN,
            f"replay {attempt.number}: Lambda's answer is not known yet; it is sent again under the same "
            f"name ({attempt.durable_name}), which starts no second run, and needs nothing of you",
        )
    if attempt.status is ReplayStatus.CLAIMED:  # the same key, while the first call is still waiting
        raise errors.refused(Reason.REPLAY_IN_FLIGHT, meaning(Reason.REPLAY_IN_FLIGHT))
    if attempt.status is ReplayStatus.UNCERTAIN:
        raise ApiError(
            HTTPStatus.BAD_GATEWAY,
            ErrorCode.OUTCOME_UNCERTAIN,
            f"replay {attempt.number}: Lambda's answer was lost, so it may or may not have taken the "
            "event; look for its effect before replaying again",
        )


def _diagnosis(execution: Execution) -> "Diagnosis | None":
    """Of the newest run that failed; None when its record is no longer stored, or its bytes forgotten."""
    if execution.forgotten is not None:
        return None
    failed_runs = [a.request_id for a in execution.replays if a.failure is not None]
    record = storage().records.get(failed_runs[-1] if failed_runs and failed_runs[-1] else execution.id)
    return None if record is None else record.diagnose(_own_rules(execution))


def _own_rules(execution: Execution) -> "tuple[Rule, ...]":
    """Those that were in effect when it was diagnosed, so that the reasons are the ones of then."""
    version = execution.failure.rules
    rules = None if version is None else storage().rules.version(version)
    try:
        return () if rules is None else rules.load()
    except ValueError:  # a later version of the service may read rules otherwise
        logger.warning("own rules can't be read any more", version=version)
        return ()


def _load(execution_id: str) -> Execution:
    # What is no request id is no execution's, and longer ones are refused by the table.
    found = storage().entries.get(execution_id) if is_request_id(execution_id) else None
    if isinstance(found, Execution):
        return found
    if isinstance(found, Unreadable):
        raise errors.refused(Reason.UNREADABLE, f"{execution_id}: {meaning(Reason.UNREADABLE)}")
    message = meaning(Reason.EXECUTION_NOT_FOUND)
    if isinstance(found, Link):
        message = f"this is the run of replay {found.number} of execution {found.execution_id}"
    raise errors.refused(Reason.EXECUTION_NOT_FOUND, f"{execution_id[:128]}: {message}")
