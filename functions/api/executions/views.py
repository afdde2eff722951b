"""Domain objects as the API shows them. What has the same fields there and here is read off by pydantic."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from api.models import (
    ContestView,
    DecisionView,
    ErrorView,
    ExecutionDetail,
    ExecutionView,
    FailureView,
    ForgottenView,
    FrameView,
    PayloadView,
    ReplayView,
    RunView,
)
from lambda_replay.domain.executions.execution import Execution
from lambda_replay.domain.executions.replay import Replay
from lambda_replay.domain.redaction import redact

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
        failure=FailureView.model_validate(execution.failure),
        payload=None if payload is None else PayloadView.model_validate(payload),
        unreplayable=execution.unreplayable,
        forgotten=None if execution.forgotten is None else ForgottenView.model_validate(execution.forgotten),
        channel=execution.channel,
        origin=execution.origin,
        contested=[ContestView.model_validate(one) for one in execution.contests],
        probable_run_of=None
        if execution.probable_run_of is None
        else RunView.model_validate(execution.probable_run_of),
        replay_count=len(execution.replays),
        decisions=[DecisionView.model_validate(decision) for decision in execution.decisions],
        poisoned=execution.poisoned,
        retry_at=execution.retry_at,
        replay_target=next((str(each.target) for each in execution.replays if each.in_flight), None),
    )


def detail_view(execution: Execution, diagnosis: "Diagnosis | None") -> ExecutionDetail:
    return ExecutionDetail(
        **dict(execution_view(execution)),
        first_failure=FailureView.model_validate(execution.first_failure),
        replays=[replay_view(attempt) for attempt in execution.replays],
        error=None if diagnosis is None else error_view(diagnosis, redact),
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
        failure=None if attempt.failure is None else FailureView.model_validate(attempt.failure),
        trigger=attempt.trigger,
        job=attempt.job,
        patched=attempt.patched,
        durable_execution=attempt.durable_name,
    )


def error_view(diagnosis: "Diagnosis", shown: Callable[[str], str] = str) -> ErrorView:
    """`shown` makes of each text of the record what is shown; by default it is left as it is."""
    error = diagnosis.error

    def maybe(text: str | None) -> str | None:
        return None if text is None else shown(text)

    return ErrorView(
        error_type=maybe(error.error_type),
        message=shown(error.message),
        runtime=error.runtime,
        phase=error.phase,
        frames=[
            FrameView(
                file=maybe(frame.file),
                line=frame.line,
                function=maybe(frame.function),
                code=maybe(frame.code),
                in_app=frame.in_app,
            )
            for frame in error.frames
        ],
        reasons=list(diagnosis.reasons),
        fingerprint_parts=dict(diagnosis.fingerprint_parts),
    )
