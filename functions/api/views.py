"""Domain objects as the API shows them."""

from typing import TYPE_CHECKING

from api.models import (
    DecisionView,
    ErrorView,
    ExecutionDetail,
    ExecutionView,
    FailureView,
    FrameView,
    PayloadView,
    ReplayView,
)
from lambda_replay.domain.execution import Execution
from lambda_replay.domain.failure import Failure
from lambda_replay.domain.replay import Replay

if TYPE_CHECKING:
    from lambda_replay.domain.diagnosis import Diagnosis


def execution_view(execution: Execution) -> ExecutionView:
    payload = execution.payload
    return ExecutionView(
        id=execution.id,
        status=execution.status,
        function=execution.function.name,
        function_arn=str(execution.function),
        failed_at=execution.failed_at,
        stored_at=execution.stored_at,
        expires_at=execution.expires_at,
        failure=failure_view(execution.failure),
        payload=None if payload is None else PayloadView(size=payload.size, sha256=payload.sha256),
        unreplayable=execution.unreplayable,
        replay_count=len(execution.replays),
        decisions=[
            DecisionView(verb=d.verb, at=d.at, by=d.by, reason=d.reason, until=d.until)
            for d in execution.decisions
        ],
    )


def detail_view(execution: Execution, diagnosis: "Diagnosis | None") -> ExecutionDetail:
    return ExecutionDetail(
        **dict(execution_view(execution)),
        first_failure=failure_view(execution.first_failure),
        replays=[replay_view(attempt) for attempt in execution.replays],
        error=None if diagnosis is None else error_view(diagnosis),
    )


def failure_view(failure: Failure) -> FailureView:
    return FailureView(
        at=failure.at,
        condition=failure.condition,
        invoke_count=failure.invoke_count,
        executed_version=failure.executed_version,
        error_type=failure.error_type,
        title=failure.title,
        category=failure.category,
        verdict=failure.verdict,
        rule=failure.rule,
        confidence=failure.confidence,
        group=failure.group,
    )


def replay_view(attempt: Replay) -> ReplayView:
    return ReplayView(
        number=attempt.number,
        status=attempt.status,
        mode=attempt.mode,
        target=str(attempt.target),
        by=attempt.by,
        reason=attempt.reason,
        claimed_at=attempt.claimed_at,
        accepted_at=attempt.accepted_at,
        request_id=attempt.request_id,
        outcome_due_at=attempt.window_closes_at,
        ended_at=attempt.ended_at,
        rejection=attempt.rejection,
        failure=None if attempt.failure is None else failure_view(attempt.failure),
    )


def error_view(diagnosis: "Diagnosis") -> ErrorView:
    error = diagnosis.error
    return ErrorView(
        error_type=error.error_type,
        message=error.message,
        runtime=error.runtime,
        phase=error.phase,
        frames=[
            FrameView(file=f.file, line=f.line, function=f.function, code=f.code, in_app=f.in_app)
            for f in error.frames
        ],
        reasons=list(diagnosis.reasons),
        fingerprint_parts=dict(diagnosis.fingerprint_parts),
    )
