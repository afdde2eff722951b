"""Jobs and what belongs to them as items, and back. Times keep their milliseconds, as everywhere in the table
(`expires_at` its seconds), spans their microseconds."""

from datetime import datetime, timedelta

from lambda_replay.adapters.dynamodb.executions.items import DecisionMap
from lambda_replay.adapters.dynamodb.jobs.items import (
    JOB,
    JOBS,
    GuardMap,
    JobItem,
    OrderMap,
    PaceMap,
    PlaceMap,
    RunningItem,
    SliceMap,
    WantedMap,
    job_key,
)
from lambda_replay.adapters.dynamodb.shared.base_item import keeping
from lambda_replay.adapters.dynamodb.shared.values import epoch, from_epoch, from_text, seen, text
from lambda_replay.domain.executions.execution import ExecutionStatus
from lambda_replay.domain.executions.filter import ExecutionFilter
from lambda_replay.domain.executions.replay import ReplayMode
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.jobs.job import Guard, Job, JobDecision, JobStatus, JobVerb, Pace, Slice
from lambda_replay.domain.pagination import Position
from lambda_replay.domain.unknown_fields import known_or_kept
from lambda_replay.ports.jobs import Running


def job_item(job: Job) -> JobItem:
    due = job.due_at
    item = JobItem(
        id=job_key(job.id),
        part=JOB,
        expires_at=epoch(job.expires_at),
        listed=JOBS,
        active=seen(job.created_at, job.id),
        due_shard=None if due is None else JOBS,
        due_at=_maybe_text(due),
        name=job.name,
        why=job.reason,
        by=job.by,
        created_at=text(job.created_at),
        digest=job.digest,
        runner=job.runner,
        wanted=None if job.wanted is None else _wanted_map(job.wanted),
        options=_order_map(job.options),
        pace=_pace_map(job.pace),
        functions=list(job.functions),
        status=job.status,
        decisions=[_decision_map(decision) for decision in job.decisions] or None,
        generation=job.generation,
        frozen=job.frozen,
        after=None if job.after is None else PlaceMap(at=text(job.after.at), id=job.after.id),
        pages=job.pages,
        selected=job.selected,
        page=job.page,
        offset=job.offset,
        slice=None if job.slice is None else _slice_map(job.slice),
        claimed=job.claimed,
        skipped=dict(job.skipped),
        cleared=job.cleared,
        time_to_outcome=job.time_to_outcome.total_seconds(),
        started_at=_maybe_text(job.started_at),
        claimed_at=_maybe_text(job.claimed_at),
        tokens=job.tokens,
        ended_at=_maybe_text(job.ended_at),
        heard_by=_maybe_text(job.heard_by),
        stalled=job.stalled,
        unreported=job.unreported,
        starting=job.starting or None,
    )
    if job.version:
        item.version = job.version
    return item


def to_job(item: JobItem) -> Job:
    return Job(
        id=item.id.removeprefix(job_key("")),
        name=item.name,
        reason=item.why,
        by=item.by,
        created_at=from_text(item.created_at),
        expires_at=from_epoch(item.expires_at),
        digest=item.digest,
        runner=item.runner,
        wanted=None if item.wanted is None else _wanted(item.wanted),
        options=_options(item.options),
        pace=_pace(item.pace),
        functions=tuple(item.functions),
        status=JobStatus(item.status),
        decisions=tuple(_decision(decision) for decision in item.decisions or ()),
        generation=int(item.generation),
        frozen=item.frozen,
        after=None if item.after is None else Position(from_text(item.after.at), item.after.id),
        pages=int(item.pages),
        selected=int(item.selected),
        page=int(item.page),
        offset=int(item.offset),
        slice=None if item.slice is None else _slice(item.slice),
        claimed=int(item.claimed),
        skipped=item.skipped,
        cleared=int(item.cleared),
        time_to_outcome=timedelta(seconds=float(item.time_to_outcome)),
        started_at=_maybe(item.started_at),
        claimed_at=_maybe(item.claimed_at),
        tokens=None if item.tokens is None else float(item.tokens),
        ended_at=_maybe(item.ended_at),
        heard_by=_maybe(item.heard_by),
        stalled=int(item.stalled),
        unreported=item.unreported,
        starting=bool(item.starting),
        version=int(item.version or 0),
    )


def running_item(running: Running) -> RunningItem:
    item = RunningItem(jobs={name: list(functions) for name, functions in running.jobs.items()})
    if running.version:
        item.version = running.version
    return item


def to_running(item: RunningItem) -> Running:
    jobs = {name: tuple(functions) for name, functions in item.jobs.items()}
    return Running(jobs=jobs, version=int(item.version or 0))


def _wanted_map(wanted: ExecutionFilter) -> WantedMap:
    return WantedMap(
        since=text(wanted.since),
        until=text(wanted.until),
        function=wanted.function,
        groups=None if wanted.groups is None else list(wanted.groups),
        category=wanted.category,
        verdict=wanted.verdict,
        status=wanted.status,
        error_type=wanted.error_type,
    )


def _wanted(item: WantedMap) -> ExecutionFilter:
    return ExecutionFilter(
        since=from_text(item.since),
        until=from_text(item.until),
        function=item.function,
        groups=None if item.groups is None else tuple(item.groups),
        category=item.category,
        verdict=item.verdict,
        status=None if item.status is None else known_or_kept(ExecutionStatus, item.status),
        error_type=item.error_type,
    )


def _order_map(options: ReplayOptions) -> OrderMap:
    return OrderMap(
        mode=options.mode,
        qualifier=options.qualifier,
        function=options.function,
        patch=options.patch,
        not_before=_maybe_text(options.not_before),
        named=options.named or None,
        skip_never=options.skip_never or None,
        tenant=options.tenant,
    )


def _options(item: OrderMap) -> ReplayOptions:
    return ReplayOptions(
        mode=known_or_kept(ReplayMode, item.mode),
        qualifier=item.qualifier,
        function=item.function,
        patch=item.patch,
        not_before=_maybe(item.not_before),
        named=bool(item.named),
        skip_never=bool(item.skip_never),
        tenant=item.tenant,
    )


def _pace_map(pace: Pace) -> PaceMap:
    guard = pace.guard
    return PaceMap(
        rate=pace.rate,
        ramp=list(pace.ramp) or None,
        patience=None if pace.patience is None else pace.patience.total_seconds(),
        guard=None
        if guard is None
        else GuardMap(share=guard.share, minimum=guard.minimum, new_group=guard.new_group or None),
    )


def _pace(item: PaceMap) -> Pace:
    guard = item.guard
    return Pace(
        rate=float(item.rate),
        ramp=tuple(int(size) for size in item.ramp or ()),
        patience=None if item.patience is None else timedelta(seconds=float(item.patience)),
        guard=None
        if guard is None
        else Guard(share=float(guard.share), minimum=int(guard.minimum), new_group=bool(guard.new_group)),
    )


def _slice_map(part: Slice) -> SliceMap:
    item = SliceMap(
        page=part.page,
        offset=part.offset,
        size=part.size,
        most=part.most,
        opened=_maybe_text(part.opened_at),
        generation=part.generation or None,
    )
    return keeping(item, part.unknown)


def _slice(item: SliceMap) -> Slice:
    return Slice(
        int(item.page),
        int(item.offset),
        int(item.size),
        int(item.most),
        opened_at=_maybe(item.opened),
        generation=int(item.generation or 0),
        unknown=item.unknown,
    )


def _decision_map(decision: JobDecision) -> DecisionMap:
    item = DecisionMap(verb=decision.verb, at=text(decision.at), by=decision.by, why=decision.reason)
    return keeping(item, decision.unknown)


def _decision(item: DecisionMap) -> JobDecision:
    return JobDecision(
        verb=known_or_kept(JobVerb, item.verb),
        at=from_text(item.at),
        by=item.by,
        reason=item.why,
        unknown=item.unknown,
    )


def _maybe(value: str | None) -> datetime | None:
    return None if value is None else from_text(value)


def _maybe_text(at: datetime | None) -> str | None:
    return None if at is None else text(at)
