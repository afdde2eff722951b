"""The service's use cases around stores of choice, a clock that stands still and a scripted Lambda."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lambda_replay.adapters.memory import MemoryEntryStore, MemoryRecordStore
from lambda_replay.adapters.memory_groups import MemoryGroupStore, MemoryRuleStore
from lambda_replay.domain.allow_list import AllowList
from lambda_replay.domain.arn import FunctionArn
from lambda_replay.domain.entry import Link
from lambda_replay.domain.execution import Execution
from lambda_replay.domain.group import Group
from lambda_replay.domain.record import parse_record
from lambda_replay.domain.replay import Replay
from lambda_replay.ports import Accepted, Count, EntryStore, GroupStore, InvokeAnswer, RecordStore
from lambda_replay.use_cases.alerting import Alerting
from lambda_replay.use_cases.batch import Batches
from lambda_replay.use_cases.counting import Counting
from lambda_replay.use_cases.own_rules import CurrentRules
from lambda_replay.use_cases.replay import ReplayCommand, Replayer, ReplayLimits
from lambda_replay.use_cases.sweep import Sweep
from lambda_replay.use_cases.triage import Arrival, Triage

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
START = datetime(2026, 1, 31, 9, tzinfo=UTC)
LIMITS = ReplayLimits(lease=timedelta(seconds=120), outcome_window=timedelta(hours=6), maximum=20)


def record_text(
    request_id: str,
    *,
    payload: str | None = '{"n": 1.10}',
    condition: str = "RetriesExhausted",
    arn: str = FUNCTION + ":$LATEST",
    response: str = '{"errorType":"ValueError","errorMessage":"boom"}',
    at: datetime = START,
) -> str:
    """A record as Lambda splices it."""
    context = {
        "requestId": request_id,
        "functionArn": arn,
        "condition": condition,
        "approximateInvokeCount": 3,
    }
    own = json.dumps(context, separators=(",", ":"))
    spliced = "" if payload is None else f'"requestPayload":{payload},'
    stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return (
        f'{{"version":"1.0","timestamp":"{stamp}","requestContext":{own},{spliced}'
        f'"responseContext":{{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"}},'
        f'"responsePayload":{response}}}'
    )


class Clock:
    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def pass_(self, span: timedelta) -> None:
        self.time += span


@dataclass
class ScriptedLambda:
    """Answers each Invoke with `answer`, after `meanwhile` has happened; remembers what it was sent."""

    answer: Callable[[int], InvokeAnswer] = lambda number: Accepted(f"run-{number}")
    meanwhile: Callable[[], None] = lambda: None
    sent: list[tuple[str, bytes]] = field(default_factory=list)

    def invoke(self, target: FunctionArn, payload: bytes) -> InvokeAnswer:
        self.sent.append((str(target), payload))
        self.meanwhile()
        return self.answer(len(self.sent))


@dataclass
class Mailbox:
    """What was sent to the alert topic."""

    messages: list[tuple[str, str]] = field(default_factory=list)
    reachable: bool = True

    def send(self, subject: str, text: str) -> None:
        if not self.reachable:
            raise OSError("no topic")
        self.messages.append((subject, text))


class World:
    """One stack: what arrives, what operators do, what time does."""

    def __init__(
        self,
        store: EntryStore | None = None,
        records: RecordStore | None = None,
        groups: GroupStore | None = None,
    ) -> None:
        self.store = store or MemoryEntryStore()
        self.records = records or MemoryRecordStore()
        self.groups = groups or MemoryGroupStore()
        self.rules = MemoryRuleStore()
        self.mailbox = Mailbox()
        self.unread: list[Exception] = []
        self.clock = Clock()
        self.aws = ScriptedLambda()
        self.counts: Counter[Count] = Counter()
        self._ids = 0

    def count(self, what: Count) -> None:
        self.counts[what] += 1

    def _new_id(self) -> str:
        self._ids += 1
        return f"claim-{self._ids}"

    def batches(self) -> Batches:
        rules = CurrentRules(
            self.rules,
            self.clock,
            refused=lambda _rules, _error: self.count(Count.RULES_REFUSED),
            unread=self.unread.append,
        )
        triage = Triage(self.store, self.records, rules, self.count, self.clock, timedelta(days=30))
        counting = Counting(self.groups, self.records, self.clock)
        return Batches(triage, self.records, self.groups, self.clock, self._new_id, counting)

    def replayer(self, *, allowed: str = FUNCTION, limits: ReplayLimits = LIMITS) -> Replayer:
        return Replayer(
            store=self.store,
            records=self.records,
            invoker=self.aws,
            allowed=AllowList.parse(allowed),
            limits=limits,
            count=self.count,
            now=self.clock,
            new_id=self._new_id,
        )

    def arrives(self, *texts: str) -> None:
        """One batch."""
        arrivals = [Arrival(parse_record(text, fallback_id="message"), self.clock()) for text in texts]
        batch = self.batches().open(arrivals)
        for arrival in arrivals:
            batch.receive(arrival)
        batch.close()

    def fails(self, request_id: str, **how: object) -> None:
        self.arrives(record_text(request_id, **how))  # type: ignore[arg-type]  # passed through

    def succeeds(self, request_id: str) -> None:
        self.arrives(record_text(request_id, condition="Success", response="null"))

    def replay(self, execution_id: str, **wishes: object) -> Replay:
        command = ReplayCommand(execution_id=execution_id, by="arn:aws:iam::123456789012:user/ops", **wishes)  # type: ignore[arg-type]  # passed through
        return self.replayer().replay(command)[1]

    def sweep(self) -> int:
        return Sweep(
            store=self.store,
            groups=self.groups,
            counting=Counting(self.groups, self.records, self.clock),
            alerting=Alerting(self.groups, self.mailbox, self.count),
            count=self.count,
            now=self.clock,
        ).run(has_time=lambda: True)

    def wait(self, span: timedelta) -> None:
        """Let time pass and sweep, twice: the second may find what the first made due."""
        self.clock.pass_(span)
        self.sweep()
        self.sweep()

    def execution(self, execution_id: str) -> Execution:
        found = self.store.get(execution_id)
        assert isinstance(found, Execution), found
        return found

    def link(self, request_id: str) -> Link:
        found = self.store.get(request_id)
        assert isinstance(found, Link), found
        return found

    def group(self, fingerprint: str) -> Group:
        return self.groups.get([fingerprint])[fingerprint]
