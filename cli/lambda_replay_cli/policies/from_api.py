"""An execution of the service's own kind, made of what the API tells.

What the service decides about automatic replays, it decides by these; so they give its answer.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lambda_replay.domain.executions.execution import Decision, Execution, RunOf, Verb
from lambda_replay.domain.executions.failure import Failure
from lambda_replay.domain.executions.identity import Contest, Difference
from lambda_replay.domain.executions.replay import Replay, ReplayMode, ReplayStatus, Trigger
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.intake.origin import Origin
from lambda_replay.domain.refusals import Reason


def execution(answer: Mapping[str, Any]) -> Execution:
    """Of a list's entry, or of one execution's own answer, which knows the replays."""
    replays = tuple(_replay(one) for one in answer.get("replays", ()))
    run_of = answer["probable_run_of"]
    return Execution(
        id=answer["id"],
        function=FunctionArn.parse(answer["function_arn"]),
        # The current one is asked about; without replays in the entry it is the only one.
        first_failure=_failure(answer.get("first_failure", answer["failure"])),
        stored_at=_time(answer["stored_at"]),
        expires_at=_time(answer["expires_at"]),
        payload=None,
        unreplayable=None if answer["unreplayable"] is None else Reason(answer["unreplayable"]),
        origin=Origin(answer["origin"]),
        contests=tuple(
            Contest(other=one["other"], differs=tuple(Difference(name) for name in one["differs"]))
            for one in answer["contested"]
        ),
        probable_run_of=None if run_of is None else RunOf(**run_of),
        replays=replays,
        decisions=tuple(
            Decision(verb=Verb(one["verb"]), at=_time(one["at"]), by=one["by"]) for one in answer["decisions"]
        ),
    )


def _replay(answer: Mapping[str, Any]) -> Replay:
    failure, ended_at = answer["failure"], answer["ended_at"]
    return Replay(
        number=answer["number"],
        claim_id="",
        mode=ReplayMode(answer["mode"]),
        target=FunctionArn.parse(answer["target"]),
        by=answer["by"],
        reason=None,
        idempotency_key=None,
        claimed_at=_time(answer["claimed_at"]),
        lease_expires_at=_time(answer["claimed_at"]),
        trigger=Trigger(answer["trigger"]),
        status=ReplayStatus(answer["status"]),
        ended_at=None if ended_at is None else _time(ended_at),
        failure=None if failure is None else _failure(failure),
    )


def _failure(answer: Mapping[str, Any]) -> Failure:
    return Failure(
        condition=answer["condition"],
        invoke_count=answer["invoke_count"],
        executed_version=answer["executed_version"],
        at=_time(answer["at"]),
        error_type=answer["error_type"],
        title=answer["title"],
        category=answer["category"],
        verdict=answer["verdict"],
        rule=answer["rule"],
        confidence=answer["confidence"],
        group=answer["group"],
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
