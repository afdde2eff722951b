"""What a job would do, before it does anything: how many, how many of them can't, whether it can help."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import batched

from lambda_replay.domain.close_names import near
from lambda_replay.domain.executions.execution import Execution
from lambda_replay.domain.executions.filter import ExecutionFilter
from lambda_replay.domain.executions.id_slot import Unreadable
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.functions.function_config import MissingFunction
from lambda_replay.domain.pagination import Position
from lambda_replay.domain.refusals import Reason, RefusedError
from lambda_replay.ports.common import Clock
from lambda_replay.ports.executions import EntryStore, RecordStore
from lambda_replay.ports.policies import FunctionStore
from lambda_replay.use_cases.function_lookup import failing_names
from lambda_replay.use_cases.replays.checks import Checks, target_of
from lambda_replay.use_cases.replays.replay_many import objection

_PAGE = 100
_SAMPLE = 10
_FUNCTIONS_CHECKED = 20
_TOP = 20


@dataclass(frozen=True, slots=True)
class FixCheck:
    """Whether anything was deployed since these failures; None: it is not known. `failed` is the version
    that failed last, `now` what the target stands for. `unreported` says why outcomes will not be
    reported."""

    target: FunctionArn
    changed: bool | None
    failed: str | None
    now: str | None
    modified_at: datetime | None
    unreported: str | None = None


@dataclass(frozen=True, slots=True)
class Sampled:
    """`patched` is the payload as it would be sent, when there is a patch; `refusal` why it can't be."""

    execution: Execution
    payload: bytes | None = None
    patched: bytes | None = None
    refusal: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`complete` is False when there was no time to look at all of them: the numbers are at least these, and
    executions older than `looked_back_to` are not in them.

    `repeated` executions have the same payload as another one, of `payloads` different ones in all.
    `verdicts` are of the eligible. `absent` are targets that don't exist; `near`, where nothing matches,
    functions that the one in the filter may have been mistaken for.
    """

    matched: int = 0
    eligible: int = 0
    ineligible: Mapping[str, int] = field(default_factory=dict)
    functions: Mapping[str, int] = field(default_factory=dict)
    groups: Mapping[str, int] = field(default_factory=dict)
    verdicts: Mapping[str, int] = field(default_factory=dict)
    oldest: datetime | None = None
    newest: datetime | None = None
    payloads: int = 0
    repeated: int = 0
    code: tuple[FixCheck, ...] = ()
    absent: tuple[MissingFunction, ...] = ()
    near: tuple[str, ...] = ()
    sample: tuple[Sampled, ...] = ()
    complete: bool = True
    looked_back_to: datetime | None = None


@dataclass(slots=True)
class _Progress:
    """What has been seen so far."""

    matched: int = 0
    eligible: int = 0
    ineligible: Counter[str] = field(default_factory=Counter)
    functions: Counter[str] = field(default_factory=Counter)
    groups: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    absent: dict[FunctionArn, MissingFunction | None] = field(default_factory=dict)
    """By target; None for one that exists, or can't be read."""
    oldest: datetime | None = None
    newest: datetime | None = None
    payloads: Counter[str] = field(default_factory=Counter)
    last: dict[FunctionArn, Execution] = field(default_factory=dict)
    sample: list[Execution] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class JobPlanner:
    entries: EntryStore
    records: RecordStore
    checks: Checks
    failing: FunctionStore
    now: Clock

    def plan(
        self,
        wanted: ExecutionFilter | None,
        ids: Iterable[str],
        options: ReplayOptions,
        has_time: Callable[[], bool],
    ) -> Plan:
        """`wanted` or `ids`. Nothing is written, nothing is sent. Raises `RefusedError` for a patch that is
        none."""
        look, position, complete = _Progress(), None, True
        for executions, missing, after in self._pages(wanted, ids):
            look.ineligible += missing
            look.matched += missing.total()
            for execution in executions:
                self._see(look, execution, options)
            position = after
            if after is not None and not has_time():
                complete = False
                break
        return Plan(
            matched=look.matched,
            eligible=look.eligible,
            ineligible=+look.ineligible,
            functions=dict(look.functions.most_common(_TOP)),
            groups=dict(look.groups.most_common(_TOP)),
            verdicts=dict(look.verdicts),
            oldest=look.oldest,
            newest=look.newest,
            payloads=len(look.payloads),
            repeated=sum(look.payloads.values()) - len(look.payloads),
            code=tuple(self._check(target, last) for target, last in look.last.items()),
            absent=tuple(absent for absent in look.absent.values() if absent is not None),
            near=self._near(wanted) if not look.matched else (),
            sample=tuple(self._sampled(execution, options) for execution in look.sample),
            complete=complete,
            looked_back_to=None if complete or position is None else position.at,
        )

    def _pages(
        self, wanted: ExecutionFilter | None, ids: Iterable[str]
    ) -> Iterator[tuple[list[Execution], Counter[Reason], Position | None]]:
        """Executions, how many there are not to be had and why, and where it goes on."""
        if wanted is None:
            for some in batched(dict.fromkeys(ids), _PAGE, strict=False):
                entries = self.entries.get_many(some).values()
                found = [entry for entry in entries if isinstance(entry, Execution)]
                unreadable = sum(isinstance(entry, Unreadable) for entry in entries)
                absent = len(some) - len(found) - unreadable
                counted = {Reason.EXECUTION_NOT_FOUND: absent, Reason.UNREADABLE: unreadable}
                yield found, Counter(counted), None
            return
        after: Position | None = None
        while True:
            page = self.entries.page(wanted, limit=_PAGE, after=after)
            after = page.after
            yield list(page.executions), Counter({Reason.UNREADABLE: len(page.unreadable)}), after
            if after is None:
                return

    def _see(self, look: _Progress, execution: Execution, options: ReplayOptions) -> None:
        look.matched += 1
        try:
            target = self._target(look, execution, options)
        except RefusedError as refused:
            look.ineligible[refused.reason] += 1
            return
        look.eligible += 1
        look.functions[execution.function.name] += 1
        look.groups[execution.failure.group] += 1
        look.verdicts[execution.failure.verdict] += 1
        look.oldest = min(look.oldest or execution.failed_at, execution.failed_at)
        look.newest = max(look.newest or execution.failed_at, execution.failed_at)
        if execution.payload is not None:
            look.payloads[execution.payload.sha256[:16]] += 1
        known = look.last.get(target)
        if known is None and len(look.last) >= _FUNCTIONS_CHECKED:
            return
        if known is None or known.failure.at < execution.failure.at:
            look.last[target] = execution
        if len(look.sample) < _SAMPLE:
            look.sample.append(execution)

    def _target(self, look: _Progress, execution: Execution, options: ReplayOptions) -> FunctionArn:
        """Where it would be sent. Raises `RefusedError` where it can't be."""
        target = target_of(execution, options)
        reason = objection(execution, options)
        if reason is not None:
            raise RefusedError(reason)
        self.checks.check(execution, target, options)
        if target not in look.absent and len(look.absent) < _FUNCTIONS_CHECKED:
            # Who has just deployed the fix plans next.
            absent = self.checks.functions.absence(target, fresh=True)
            look.absent[target] = absent and replace(absent, near=absent.near or self._named_like(absent))
        absent = look.absent.get(target)
        if absent is not None:
            raise RefusedError(absent.reason)
        return target

    def _named_like(self, absent: MissingFunction) -> tuple[str, ...]:
        if absent.reason is not Reason.FUNCTION_DELETED:
            return ()
        return near(absent.target.name, failing_names(self.failing))

    def _near(self, wanted: ExecutionFilter | None) -> tuple[str, ...]:
        if wanted is None or wanted.function is None:
            return ()
        return near(wanted.function, failing_names(self.failing))

    def _check(self, target: FunctionArn, last: Execution) -> FixCheck:
        facts = self.checks.functions.facts(target)
        failed = last.failure.executed_version
        if facts is None:
            return FixCheck(target, None, failed, None, None)
        changed: bool | None = facts.modified_at > last.failure.at
        if facts.version != (failed or facts.version):
            # A version keeps what it was published with, so the two can be compared.
            before = self.checks.functions.facts(target.with_qualifier(failed))
            changed = None if before is None else before.code != facts.code
        unreported = facts.unreported(self.checks.ways)
        return FixCheck(target, changed, failed, facts.version, facts.modified_at, unreported)

    def _sampled(self, execution: Execution, options: ReplayOptions) -> Sampled:
        if options.patch is None and options.tenant is None:
            return Sampled(execution)
        try:
            stored = self.records.payload(execution.id)
            whole = self.checks.payload(execution, stored, replace(options, patch=None))
            patched = self.checks.payload(execution, stored, options)
            self.checks.tenant(target_of(execution, options), patched, options)
            return Sampled(execution, whole, patched)
        except RefusedError as refused:
            if refused.reason in (Reason.PATCH_INVALID, Reason.TENANT_PATH_INVALID):
                raise
            return Sampled(execution, refusal=refused.reason)
