"""What must hold when the dust has settled, whatever broke (docs/reference/service.md#invariants)."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

import replay.composition_root
from lambda_replay.domain.executions.execution import Execution
from lambda_replay.domain.executions.filter import ExecutionFilter
from lambda_replay.domain.executions.id_slot import Link
from lambda_replay.domain.executions.replay import ReplayStatus, Trigger
from lambda_replay.domain.groups.group import GroupStatus
from lambda_replay.domain.intake.refusal import REASON
from lambda_replay.domain.jobs.job import ENDED
from lambda_replay.domain.pagination import Position
from tests.chaos.service import START, Service

_ALL = ExecutionFilter(since=START - timedelta(days=2), until=START + timedelta(days=2))
Found = list[Execution]


def violations(service: Service, allowed: Mapping[str, int]) -> list[str]:
    """`allowed` are the Invokes that were asked for, by execution; one for those that are not named."""
    found = _listed()
    reported = [line for check in _CHECKS for line in check(service, found)]
    return [*reported, *_unasked(service, found, allowed)]


def _listed() -> Found:
    found: Found = []
    after: Position | None = None
    while True:
        page = replay.composition_root.storage().entries.page(_ALL, limit=1_000, after=after)
        found += page.executions
        if (after := page.after) is None:
            return found


def _lost(service: Service, found: Found) -> Iterator[str]:
    """1 and 10: every message is stored, with its bytes, as an execution or as a replay's outcome, or it is
    none, and lies in the dead-letter queue with its reason; there is nothing else."""
    storage = replay.composition_root.storage()
    for message in service.queue:
        yield f"not taken in after {message.receives} deliveries: {message.body[:80]}"
    for message in service.dead_letters:
        if message.body not in service.foreign:
            yield f"not taken in, but moved after {message.receives} deliveries: {message.body[:80]}"
        if not message.attributes.get(REASON):
            yield f"moved without a reason: {message.body[:80]}"
    for body in service.foreign:
        if body not in [message.body for message in service.dead_letters]:
            yield f"neither stored nor in the dead-letter queue: {body[:80]}"
    forgotten = _forgotten(found)
    for run, payload in service.sent.items():
        record, entry = storage.records.get(run), storage.entries.get(run)
        if record is None or record.payload != (None if run in forgotten else payload.encode()):
            yield f"the record of {run} is not stored"
        if not isinstance(entry, Execution) and not (isinstance(entry, Link) and _knows(found, run)):
            yield f"{run} is neither an execution nor an outcome"
    listed = {execution.id for execution in found}
    for run in service.sent:
        if isinstance(storage.entries.get(run), Execution) and run not in listed:
            yield f"{run} is not in the list"


def _knows(found: Found, run: str) -> bool:
    attempts = (a for execution in found for a in execution.replays if a.request_id == run)
    return any(attempt.status is ReplayStatus.FAILED for attempt in attempts)


def _family(service: Service, found: Found, execution: Execution) -> Found:
    """With the executions that runs of it became which nobody knew to be replays of it: a run whose answer
    was lost, and which failed, stands for itself; nothing replays it but who names it."""
    runs = {run.id for run in service.runs if run.execution == execution.id}
    return [execution, *(one for one in found if one.id in runs)]


def _unasked(service: Service, found: Found, allowed: Mapping[str, int]) -> Iterator[str]:
    """3: no more Invokes than claims, and no more than were asked for."""
    arrived = Counter(run.execution for run in service.runs)
    for execution in found:
        name, arrivals, family = execution.id, arrived[execution.id], _family(service, found, execution)
        attempts, asked = sum(len(one.replays) for one in family), allowed.get(name, 1)
        if arrivals > attempts:
            yield f"{name}: {arrivals} arrivals, {attempts} attempts"
        if arrivals > asked:
            yield f"{name}: {arrivals} arrivals, {asked} asked for"
    for run in service.runs:
        if run.payload != service.sent.get(run.execution, "").encode():
            yield f"{run.id}: other bytes than those of {run.execution}"


def _silent(service: Service, found: Found) -> Iterator[str]:
    """4: an arrival of which the service does not know is an uncertain attempt, and nothing follows it by
    itself. Nothing is in flight for ever."""
    for execution in found:
        attempts = [attempt for one in _family(service, found, execution) for attempt in one.replays]
        known = {attempt.request_id for attempt in attempts} | {attempt.durable_arn for attempt in attempts}
        unknown = [
            run for run in service.runs
            if run.execution == execution.id and run.id not in known and (run.arn or run.id) not in known
        ]  # fmt: skip
        uncertain = [a for a in attempts if a.status is ReplayStatus.UNCERTAIN]
        if len(uncertain) < len(unknown):
            yield f"{execution.id}: {len(unknown)} arrivals unknown, {len(uncertain)} attempts uncertain"
        for before, after in zip(execution.replays, execution.replays[1:], strict=False):
            if before.status is ReplayStatus.UNCERTAIN and after.trigger is Trigger.AUTOMATIC:
                yield f"{execution.id}: replayed by itself after an uncertain replay"
        if any(attempt.in_flight for attempt in execution.replays):
            yield f"{execution.id}: still in flight"


def _outcomes(service: Service, found: Found) -> Iterator[str]:
    """5: what was reported about a run is what its replay says."""
    by_run = {a.request_id: a for execution in found for a in execution.replays if a.request_id is not None}
    by_arn = {a.durable_arn: a for execution in found for a in execution.replays if a.durable_arn is not None}
    for run in service.runs:
        attempt = by_run.get(run.id) or (by_arn.get(run.arn) if run.arn else None)
        fate = service.fates.get(run.execution)
        if attempt is None:
            continue
        expected = {"silent": ReplayStatus.UNCONFIRMED, None: ReplayStatus.SUCCEEDED}
        if attempt.status is not expected.get(fate, ReplayStatus.FAILED):
            yield f"{run.id} of {run.execution}: {attempt.status}, though it was reported {fate or 'success'}"


def _forgotten(found: Found) -> dict[str, str]:
    """The group of each failed run whose bytes were deleted, as its execution knows it."""
    of_them = [one for one in found if one.forgotten is not None]
    replays = [replay for one in of_them for replay in one.replays]
    return {one.id: one.first_failure.group for one in of_them} | {
        one.request_id: one.failure.group for one in replays if one.request_id and one.failure
    }


def _groups(service: Service, found: Found) -> Iterator[str]:
    """6: groups and their hours equal a recount of the stored records, and each group was reported."""
    storage, recount = replay.composition_root.storage(), Counter[str]()
    forgotten = _forgotten(found)
    for run in {**service.sent, **service.reported}:
        if (record := storage.records.get(run)) is not None:
            recount[forgotten.get(run) or record.diagnose().fingerprint] += 1
    messages = service.messages()
    groups = storage.groups.get(list(recount))
    for fingerprint, failed in recount.items():
        group = groups.get(fingerprint)
        if group is None or group.count != failed:
            yield f"group {fingerprint}: {group and group.count} counted, {failed} failed"
        hours = sum(storage.groups.hours(fingerprint, START - timedelta(days=2)).values())
        if hours != failed:
            yield f"group {fingerprint}: {hours} in its hours, {failed} failed"
        if storage.groups.why(fingerprint) is None:
            yield f"group {fingerprint} is not explained"
        # Who resolved it knows of it; what was not sent by then is not sent any more.
        is_open = group is not None and group.status is not GroupStatus.RESOLVED
        if is_open and not any(fingerprint in message for message in messages):
            yield f"group {fingerprint} was not reported"


def _jobs(service: Service, found: Found) -> Iterator[str]:
    """6: the numbers of a job add up, and equal a recount of its replays; it ends, and that is told."""
    for job in replay.composition_root.storage().jobs.page(limit=100).jobs:
        status, view = service.call("GET", f"/jobs/{job.id}")
        if status != 200:
            yield f"{job.id}: {status}"
            continue
        counts, of = view["counts"], Counter(
            attempt.status for e in found for attempt in e.replays if attempt.job == job.id
        )  # fmt: skip
        rejected, skipped = sum(counts["rejected"].values()), sum(counts["skipped"].values())
        if counts["selected"] != counts["issued"] + rejected + skipped + counts["remaining"]:
            yield f"{job.id} does not add up: {counts}"
        recount = {
            "issued": of.total() - of[ReplayStatus.REJECTED],
            "succeeded": of[ReplayStatus.SUCCEEDED],
            "failed_again": of[ReplayStatus.FAILED],
            "unconfirmed": of[ReplayStatus.UNCONFIRMED],
            "uncertain": of[ReplayStatus.UNCERTAIN],
            "pending": 0,
        }
        if rejected != of[ReplayStatus.REJECTED] or any(
            counts[name] != number for name, number in recount.items()
        ):
            yield f"{job.id} is not a recount: {counts}, {dict(of)}"
        if job.status not in ENDED:
            yield f"{job.id} is {job.status} for ever"
        elif not any(job.id in message for message in service.messages()):
            yield f"the end of {job.id} was not reported"
        if replay.composition_root.storage().jobs.running().jobs:
            yield f"{job.id} is still in the list of running jobs"


def _rest(service: Service, _: Found) -> Iterator[str]:
    """Nothing is left that nobody will ever do."""
    for name in service.due():
        yield f"{name} is due for ever"


_CHECKS: tuple[Callable[[Service, Found], Iterator[str]], ...] = (
    _lost,
    _silent,
    _outcomes,
    _groups,
    _jobs,
    _rest,
)
