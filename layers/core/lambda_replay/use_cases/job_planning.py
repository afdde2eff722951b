"""What a job would do, before it does anything: how many, how many of them can't, whether it can help."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import batched

from lambda_replay.domain.arn import FunctionArn
from lambda_replay.domain.entry import Unreadable
from lambda_replay.domain.execution import Execution
from lambda_replay.domain.filter import ExecutionFilter, Position
from lambda_replay.domain.order import Order
from lambda_replay.domain.reasons import Reason, Refused
from lambda_replay.ports import Clock, EntryStore, RecordStore
from lambda_replay.use_cases.bulk import objection
from lambda_replay.use_cases.sending import Sender, target_of

_PAGE = 100
_SAMPLE = 10
_FUNCTIONS_CHECKED = 20
_TOP = 20


@dataclass(frozen=True, slots=True)
class FixCheck:
    """Whether anything was deployed since these failures; None: it can't be told. `failed` is the version
    that failed last, `now` what the target stands for."""

    target: FunctionArn
    changed: bool | None
    failed: str | None
    now: str | None
    modified_at: datetime | None


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
    """

    matched: int = 0
    eligible: int = 0
    ineligible: Mapping[str, int] = field(default_factory=dict)
    functions: Mapping[str, int] = field(default_factory=dict)
    groups: Mapping[str, int] = field(default_factory=dict)
    oldest: datetime | None = None
    newest: datetime | None = None
    payloads: int = 0
    repeated: int = 0
    code: tuple[FixCheck, ...] = ()
    sample: tuple[Sampled, ...] = ()
    complete: bool = True
    looked_back_to: datetime | None = None


@dataclass(slots=True)
class _Look:
    """What has been seen so far."""

    matched: int = 0
    eligible: int = 0
    ineligible: Counter[str] = field(default_factory=Counter)
    functions: Counter[str] = field(default_factory=Counter)
    groups: Counter[str] = field(default_factory=Counter)
    oldest: datetime | None = None
    newest: datetime | None = None
    payloads: Counter[str] = field(default_factory=Counter)
    last: dict[FunctionArn, Execution] = field(default_factory=dict)
    sample: list[Execution] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Planning:
    entries: EntryStore
    records: RecordStore
    sender: Sender
    now: Clock

    def plan(
        self,
        wanted: ExecutionFilter | None,
        ids: Iterable[str],
        order: Order,
        has_time: Callable[[], bool],
    ) -> Plan:
        """`wanted` or `ids`. Nothing is written, nothing is sent. Raises `Refused` for a patch that is
        none."""
        look, position, complete = _Look(), None, True
        for executions, missing, after in self._pages(wanted, ids):
            look.ineligible += missing
            look.matched += missing.total()
            for execution in executions:
                self._see(look, execution, order)
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
            oldest=look.oldest,
            newest=look.newest,
            payloads=len(look.payloads),
            repeated=sum(look.payloads.values()) - len(look.payloads),
            code=tuple(self._check(target, last) for target, last in look.last.items()),
            sample=tuple(self._sampled(execution, order) for execution in look.sample),
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

    def _see(self, look: _Look, execution: Execution, order: Order) -> None:
        look.matched += 1
        try:
            target = target_of(execution, order)
        except Refused as refused:
            look.ineligible[refused.reason] += 1
            return
        reason = objection(execution, order) or self.sender.refusal(execution, target, order.mode)
        if reason is not None:
            look.ineligible[reason] += 1
            return
        look.eligible += 1
        look.functions[execution.function.name] += 1
        look.groups[execution.failure.group] += 1
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

    def _check(self, target: FunctionArn, last: Execution) -> FixCheck:
        # Who has just deployed the fix plans next.
        facts = self.sender.functions.facts(target, fresh=True)
        failed = last.failure.executed_version
        if facts is None:
            return FixCheck(target, None, failed, None, None)
        changed: bool | None = facts.modified_at > last.failure.at
        if facts.version != (failed or facts.version):
            # A version keeps what it was published with, so the two can be compared.
            before = self.sender.functions.facts(target.with_qualifier(failed))
            changed = None if before is None else before.code != facts.code
        return FixCheck(target, changed, failed, facts.version, facts.modified_at)

    def _sampled(self, execution: Execution, order: Order) -> Sampled:
        if order.patch is None:
            return Sampled(execution)
        try:
            stored = self.records.payload(execution.id)
            whole = self.sender.payload(execution, stored, replace(order, patch=None))
            return Sampled(execution, whole, self.sender.payload(execution, stored, order))
        except Refused as refused:
            if refused.reason is Reason.PATCH_INVALID:
                raise
            return Sampled(execution, refusal=refused.reason)
