"""Commands about jobs: what each takes from the event, does, and answers."""

import math
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambda_replay.adapters.clock import now
from lambda_replay.adapters.jmespath_search import check_tenant
from lambda_replay.adapters.json_patch import read
from lambda_replay.domain.executions.execution import ExecutionStatus
from lambda_replay.domain.executions.filter import ExecutionFilter
from lambda_replay.domain.executions.replay import ReplayMode
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.functions.function_config import MissingFunction
from lambda_replay.domain.jobs.cost import estimate
from lambda_replay.domain.jobs.job import Guard, JobDecision, JobVerb, Pace
from lambda_replay.domain.refusals import RefusedError
from lambda_replay.domain.request_digest import digest_of
from lambda_replay.use_cases.jobs.control import JobRequest, ids_of
from lambda_replay.use_cases.jobs.planning import FixCheck, Plan, Sampled
from replay.composition_root import checks, driving, jobs, logger, planning
from replay.patched import changes

Event = dict[str, Any]
Answer = dict[str, Any]

# A plan is waited for: the gateway gives up after 29 seconds. What is left of a minute then is spare.
_PLANNING_SPARE_MS = 60_000 - 18_000
# The state machine waits whole seconds, and each of its steps costs more than this function's waiting.
_SHORT = timedelta(seconds=0.5)
# Nothing is claimed or invoked later: an Invoke takes up to 16 seconds with its tries
# (`adapters.aws.lambda_invoke`), and what became of it is to be written down.
SENDING_SPARE_MS = 20_000


def plan_job(event: Event, context: LambdaContext) -> Answer:
    ids, options, pace = tuple(event.get("ids") or ()), _options(event), _pace(event["pace"])
    _look_at(options)
    plan = planning().plan(
        _filter(event.get("filter")),
        ids,
        options,
        has_time=lambda: context.get_remaining_time_in_millis() > _PLANNING_SPARE_MS,
    )
    return {"plan": _plan(plan, pace, options.patch)}


def start_job(event: Event, _: LambdaContext) -> Answer:
    key, options = event.get("idempotency_key"), _options(event)
    _look_at(options)
    if options.function is not None and options.function.startswith("arn:"):
        target = FunctionArn.parse(options.function).with_qualifier(options.qualifier)
        # Of a name, each execution's own account and region decide.
        if (reason := checks().forbidden(target)) is not None:
            raise RefusedError(reason)
    # What the filter was resolved to changes with every call; what was asked for doesn't.
    digest, by = digest_of(event["asked"]), event["by"]
    job_id, *earlier = ids_of(
        key=key, mode=options.mode, by=by, digest=digest, now=now(), new_id=lambda: uuid.uuid4().hex
    )
    job = jobs().start(
        JobRequest(
            id=job_id,
            earlier=tuple(earlier),
            digest=digest,
            by=by,
            runner=event["runner"],
            wanted=_filter(event.get("filter")),
            ids=tuple(event.get("ids") or ()),
            options=options,
            pace=_pace(event["pace"]),
            name=event.get("name"),
            reason=event.get("reason"),
        )
    )
    logger.info("job started", job_id=job.id, starting=job.starting)
    return {"job_id": job.id}


def decide(verb: JobVerb, event: Event, _: LambdaContext) -> Answer:
    decision = JobDecision(verb=verb, at=now(), by=event["by"], reason=event.get("reason"))
    job = jobs().decide(event["job_id"], decision)
    logger.info("job decided", job_id=job.id, status=job.status, starting=job.starting)
    return {"job_id": job.id}


def drive_job(event: Event, context: LambdaContext) -> Answer:
    """One turn, for the state machine: its own words come back, with what it has to do next."""
    job_id, generation, sequence = event["job_id"], event["generation"], event["sequence"]
    turn = driving().turn(
        job_id,
        generation,
        has_time=lambda: context.get_remaining_time_in_millis() > SENDING_SPARE_MS,
    )
    wait = turn.wait
    if not turn.done and timedelta() < wait < _SHORT:
        time.sleep(wait.total_seconds())
        wait = timedelta()
    seconds = wait.total_seconds()
    logger.info("job driven", job_id=job_id, generation=generation, done=turn.done, wait=seconds)
    return {
        "job_id": job_id,
        "generation": generation,
        "sequence": sequence,
        "turns": event["turns"] + 1,
        "next_sequence": sequence + 1,
        "next_name": f"{job_id}-{generation}-{sequence + 1}",
        # The rate is kept by the job itself.
        "wait": math.floor(seconds + 0.5),
        "done": turn.done,
    }


def _filter(asked: dict[str, Any] | None) -> ExecutionFilter | None:
    if asked is None:
        return None
    return ExecutionFilter(
        since=datetime.fromisoformat(asked["since"]),
        until=datetime.fromisoformat(asked["until"]),
        function=asked.get("function"),
        groups=tuple(asked["groups"]) if asked.get("groups") else None,
        category=asked.get("category"),
        verdict=asked.get("verdict"),
        status=ExecutionStatus(asked["status"]) if asked.get("status") else None,
        error_type=asked.get("error_type"),
    )


def _look_at(options: ReplayOptions) -> None:
    """Raises `RefusedError` for a patch, or a path to the tenant, that is none: each replay would be
    refused."""
    if options.patch is not None:
        read(options.patch)
    check_tenant(options.tenant)


def _options(event: Event) -> ReplayOptions:
    asked = event["options"]
    oldest = asked.get("max_age_seconds")
    return ReplayOptions(
        mode=ReplayMode(asked.get("mode", ReplayMode.IF_NOT_REPLAYED)),
        qualifier=asked.get("qualifier"),
        function=asked.get("function"),
        patch=asked.get("patch"),
        not_before=None if oldest is None else now() - timedelta(seconds=oldest),
        named=bool(event.get("ids")),
        skip_never=bool(asked.get("skip_never")),
        tenant=asked.get("tenant"),
    )


def _pace(asked: dict[str, Any]) -> Pace:
    guard, patience = asked.get("guard"), asked.get("patience_seconds")
    return Pace(
        rate=asked["rate"],
        ramp=tuple(asked.get("ramp") or ()),
        patience=None if patience is None else timedelta(seconds=patience),
        guard=None if guard is None else Guard(**guard),
    )


def _plan(plan: Plan, pace: Pace, patch: str | None) -> Answer:
    cost = estimate(plan.eligible, pace)
    return {
        "matched": plan.matched,
        "eligible": plan.eligible,
        "ineligible": dict(plan.ineligible),
        "functions": dict(plan.functions),
        "groups": dict(plan.groups),
        "verdicts": dict(plan.verdicts),
        "oldest": _iso(plan.oldest),
        "newest": _iso(plan.newest),
        "payloads": plan.payloads,
        "repeated": plan.repeated,
        "code": [_code(check) for check in plan.code],
        "absent": [_absent(absent) for absent in plan.absent],
        "near": list(plan.near),
        "duration_seconds": int(cost.duration.total_seconds()),
        "usd": cost.usd,
        "sample": [_sampled(one, patch) for one in plan.sample],
        "complete": plan.complete,
        "looked_back_to": _iso(plan.looked_back_to),
    }


def _code(check: FixCheck) -> Answer:
    return {
        "target": str(check.target),
        "changed": check.changed,
        "failed_version": check.failed,
        "version": check.now,
        "modified_at": _iso(check.modified_at),
        "unreported": check.unreported,
    }


def _absent(absent: MissingFunction) -> Answer:
    return {
        "target": str(absent.target),
        "reason": absent.reason,
        "near": list(absent.near),
        "message": str(absent),
    }


def _sampled(one: Sampled, patch: str | None) -> Answer:
    failure = one.execution.failure
    return {
        "id": one.execution.id,
        "function": one.execution.function.name,
        "failed_at": _iso(one.execution.failed_at),
        "title": failure.title,
        "group": failure.group,
        "refusal": one.refusal,
        "changes": changes(one.payload, patch),
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


JOB_COMMANDS: dict[str, Callable[[Event, LambdaContext], Answer]] = {
    "plan_job": plan_job,
    "start_job": start_job,
    "pause_job": partial(decide, JobVerb.PAUSE),
    "resume_job": partial(decide, JobVerb.RESUME),
    "cancel_job": partial(decide, JobVerb.CANCEL),
    "drive_job": drive_job,
}
