"""Jobs and plans as the API shows them."""

import math
from datetime import datetime, timedelta
from typing import Any

from api.jobs.models import CountsView, GuardView, JobDecisionView, JobFilterView, JobView, PlanView
from lambda_replay.domain.category import Verdict
from lambda_replay.domain.close_names import did_you_mean
from lambda_replay.domain.executions.filter import ExecutionFilter
from lambda_replay.domain.jobs.job import Guard, Job, JobStatus
from lambda_replay.domain.jobs.pacing import MOST_AT_ONCE
from lambda_replay.use_cases.jobs.numbers import Account
from lambda_replay.use_cases.jobs.watchdog import summary


def job_view(job: Job, account: Account, now: datetime) -> JobView:
    options, pace = job.options, job.pace
    starting = job.is_active and job.starting
    stalled = job.is_active and not starting and job.heard_by is not None and job.heard_by < now
    rate_now = _rate_now(job)
    return JobView(
        id=job.id,
        name=job.name,
        status=job.status,
        reason=job.reason,
        by=job.by,
        created_at=job.created_at,
        started_at=job.started_at,
        ended_at=job.ended_at,
        filter=None if job.wanted is None else _filter(job.wanted),
        ids=job.selected if job.wanted is None else None,
        mode=options.mode,
        skip_never=options.skip_never,
        rate=pace.rate,
        ramp=list(pace.ramp),
        guard=None if pace.guard is None else _guard(pace.guard),
        qualifier=options.qualifier,
        tenant=options.tenant,
        function=options.function,
        patch=options.patch is not None,
        counts=_counts(job, account),
        summary=summary(account.counts),
        message=_message(job),
        rate_now=rate_now,
        seconds_left=_seconds_left(job, account, rate_now),
        selecting=job.is_active and not job.frozen,
        starting=starting,
        stalled=stalled,
        stalled_since=job.heard_by if stalled else None,
        decisions=[JobDecisionView.model_validate(decision) for decision in job.decisions],
    )


def plan_view(plan: dict[str, Any]) -> PlanView:
    """Of the replay function's answer."""
    return PlanView.model_validate({**plan, "warnings": _warnings(plan)})


def _counts(job: Job, account: Account) -> CountsView:
    counts = account.counts
    return CountsView(
        selected=job.selected,
        issued=counts.issued,
        succeeded=counts.succeeded,
        failed_again=counts.failed_again,
        failed_same=counts.failed_same,
        failed_new=counts.failed_new,
        unconfirmed=counts.unconfirmed,
        uncertain=counts.uncertain,
        pending=counts.pending,
        rejected=dict(counts.rejected),
        skipped=dict(job.skipped),
        remaining=account.remaining,
    )


def _filter(wanted: ExecutionFilter) -> JobFilterView:
    return JobFilterView(
        function=wanted.function,
        groups=None if wanted.groups is None else list(wanted.groups),
        category=wanted.category,
        verdict=wanted.verdict,
        status=wanted.status,
        error_type=wanted.error_type,
        since=wanted.since,
        until=wanted.until,
    )


def _guard(guard: Guard) -> GuardView:
    return GuardView(failed_share=guard.share, minimum=guard.minimum, new_group=guard.new_group)


def _message(job: Job) -> str | None:
    if job.is_active and job.starting:
        return "no driver could be started; the sweep starts one within a minute or two"
    if job.status not in (JobStatus.HALTED, JobStatus.CANCELLED) or not job.decisions:
        return None
    return job.decisions[-1].reason


def _rate_now(job: Job) -> float | None:
    if job.started_at is None or job.claimed_at is None or not job.claimed:
        return None
    # What was sent last has a time of its own, which has just begun.
    last = min(MOST_AT_ONCE, max(1, math.floor(job.pace.rate))) / job.pace.rate
    return round(job.claimed / ((job.claimed_at - job.started_at) / timedelta(seconds=1) + last), 3)


def _seconds_left(job: Job, account: Account, rate_now: float | None) -> int | None:
    if job.status is not JobStatus.RUNNING or not job.frozen:
        return None
    return math.ceil(account.remaining / min(job.pace.rate, rate_now or job.pace.rate))


def _warnings(plan: dict[str, Any]) -> list[str]:
    left_out, repeated = sum(plan["ineligible"].values()), plan["repeated"]
    reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(plan["ineligible"].items()))
    code = [(check["target"], check["version"], check["changed"]) for check in plan["code"]]
    never = plan["verdicts"].get(Verdict.never, 0)
    said = {
        "there was no time to look at all; numbers are at least these": not plan["complete"],
        f"nothing is selected{did_you_mean(plan['near'])}": plan["matched"] == 0,
        **{absent["message"]: True for absent in plan["absent"]},
        f"{left_out} of {plan['matched']} can't be replayed: {reasons}": left_out > 0,
        f"{never} of {plan['eligible']} {'has' if never == 1 else 'have'} the verdict never: sending the "
        "same payload again can't help; skip_never leaves them out": never > 0,
        **{
            f"{check['target']}: {check['unreported']}": True for check in plan["code"] if check["unreported"]
        },
        f"{repeated} {'execution has' if repeated == 1 else 'executions have'} the same payload as another "
        "one": repeated > 0,
        **{
            f"nothing was deployed to {target} since these executions failed": changed is False
            for target, _, changed in code
        },
        **{
            f"the configuration of {target} could not be read, so it is unknown whether it was changed": True
            for target, version, changed in code
            if changed is None and version is None
        },
        **{
            f"the version of {target} that failed is not there any more to be compared": True
            for target, version, changed in code
            if changed is None and version is not None
        },
    }
    return [sentence for sentence, is_so in said.items() if is_so]
