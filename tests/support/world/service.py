"""The service's use cases around stores of choice, a clock that stands still and a scripted Lambda."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from lambda_replay.adapters.jmespath_search import search
from lambda_replay.adapters.json_patch import patch
from lambda_replay.domain.executions.durable_run import DurableRun
from lambda_replay.domain.executions.execution import Execution
from lambda_replay.domain.executions.filter import ExecutionFilter
from lambda_replay.domain.executions.id_slot import Link
from lambda_replay.domain.executions.replay import Replay
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.functions.allow_list import AllowList
from lambda_replay.domain.functions.channel_addresses import ChannelAddresses
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.functions.function_config import FunctionConfig, MissingFunction
from lambda_replay.domain.groups.group import Group
from lambda_replay.domain.intake.execution_record import parse_record
from lambda_replay.domain.jobs.job import Job, Pace
from lambda_replay.ports.alerts import Count
from lambda_replay.ports.executions import EntryStore, RecordStore
from lambda_replay.ports.groups import GroupStore
from lambda_replay.ports.invoker import Accepted, InvokeAnswer
from lambda_replay.ports.jobs import JobStore
from lambda_replay.ports.policies import FunctionStore, PolicyStore
from lambda_replay.use_cases.executions.contest_alerts import ContestAlerts
from lambda_replay.use_cases.groups.alerting import GroupAlerts
from lambda_replay.use_cases.groups.auto_resolve import AutoResolver, RecoveryChecks
from lambda_replay.use_cases.groups.count import GroupCounter
from lambda_replay.use_cases.intake.batch import BatchFactory
from lambda_replay.use_cases.intake.origins import Origins
from lambda_replay.use_cases.intake.triage import Arrival, Triage
from lambda_replay.use_cases.jobs.control import JobRequest, Jobs
from lambda_replay.use_cases.jobs.driving import JobDriver
from lambda_replay.use_cases.jobs.numbers import Account, account_of
from lambda_replay.use_cases.jobs.planning import JobPlanner
from lambda_replay.use_cases.jobs.watchdog import JobWatchdog
from lambda_replay.use_cases.policies.automatic_replay import AutomaticReplayer
from lambda_replay.use_cases.policies.breaker_check import BreakerAlerts
from lambda_replay.use_cases.policies.policies import CurrentPolicies, SeenFunctions, effective_policy
from lambda_replay.use_cases.replays.checks import Checks
from lambda_replay.use_cases.replays.durable import DurableReplays
from lambda_replay.use_cases.replays.record import Recorder
from lambda_replay.use_cases.replays.replay_many import BulkReplayer
from lambda_replay.use_cases.replays.replay_one import ReplayCommand, Replayer
from lambda_replay.use_cases.replays.send import ReplayLimits, Sender
from lambda_replay.use_cases.sweep import Sweep
from lambda_replay.use_cases.team_rules import CurrentRules
from tests.support.memory.executions import MemoryEntryStore, MemoryRecordStore
from tests.support.memory.groups import MemoryGroupStore, MemoryRuleStore
from tests.support.memory.jobs import MemoryFunctionStore, MemoryJobStore, MemoryPolicyStore

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:failures"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
START = datetime(2026, 1, 31, 9, tzinfo=UTC)
ROLE = "AROAEXAMPLEEXAMPLE123"
SENDER = f"{ROLE}:awslambda_1_20260131090000000"
OPERATOR = "arn:aws:iam::123456789012:user/ops"
EVERYTHING = ExecutionFilter(since=START - timedelta(days=30), until=START + timedelta(days=30))
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
    named: list[tuple[str | None, str | None]] = field(default_factory=list)
    """Tenant and name of the durable execution, of each Invoke."""

    def invoke(
        self,
        target: FunctionArn,
        payload: bytes,
        *,
        tenant: str | None = None,
        durable_name: str | None = None,
    ) -> InvokeAnswer:
        self.sent.append((str(target), payload))
        self.named.append((tenant, durable_name))
        self.meanwhile()
        return self.answer(len(self.sent))


@dataclass
class ScriptedFunctions:
    """What Lambda says about functions, by ARN without qualifier; nothing of others. `gone` are those that it
    says don't exist."""

    known: dict[str, FunctionConfig] = field(default_factory=dict)
    gone: dict[FunctionArn, MissingFunction] = field(default_factory=dict)

    def facts(self, target: FunctionArn, *, fresh: bool = False) -> FunctionConfig | None:
        return None if target in self.gone else self.known.get(target.unqualified)

    def absence(self, target: FunctionArn, *, fresh: bool = False) -> MissingFunction | None:
        return self.gone.get(target)


@dataclass
class ScriptedRuns:
    """Durable executions by their ARNs; those that are not there can't be read."""

    known: dict[str, DurableRun] = field(default_factory=dict)

    def run(self, arn: str) -> DurableRun | None:
        return self.known.get(arn)


@dataclass
class ScriptedRunner:
    """Remembers which drivers were started; `World.drive` plays them."""

    started: list[tuple[str, int]] = field(default_factory=list)

    def start(self, job: Job) -> None:
        if (job.id, job.generation) not in self.started:
            self.started.append((job.id, job.generation))


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
        jobs: JobStore | None = None,
        policies: PolicyStore | None = None,
        seen: FunctionStore | None = None,
    ) -> None:
        self.store = store or MemoryEntryStore()
        self.records = records or MemoryRecordStore()
        self.groups = groups or MemoryGroupStore()
        self.rules = MemoryRuleStore()
        self.mailbox = Mailbox()
        self.unread: list[Exception] = []
        self.clock = Clock()
        self.aws = ScriptedLambda()
        self.functions = ScriptedFunctions()
        self.durable_runs = ScriptedRuns()
        self.reports: list[str] = []
        self.job_store = jobs or MemoryJobStore()
        self.roles: dict[str, str | None] = {}
        self.runner = ScriptedRunner()
        self.policies = policies or MemoryPolicyStore()
        self.seen = seen or MemoryFunctionStore()
        self.categories: tuple[str, ...] = ()
        self.noting = SeenFunctions(self.seen, self.clock, self.unread.append)
        self.counts: Counter[Count] = Counter()
        self._ids = 0

    def count(self, what: Count) -> None:
        self.counts[what] += 1

    def _new_id(self) -> str:
        self._ids += 1
        return f"claim-{self._ids}"

    def batches(self) -> BatchFactory:
        rules = CurrentRules(
            self.rules,
            self.clock,
            refused=lambda _rules, _error: self.count(Count.RULES_REFUSED),
            unread=self.unread.append,
        )
        triage = Triage(
            self.store, self.records, rules, self.count, self.clock, timedelta(days=30), self.asking(),
            CurrentPolicies(self.policies, self.categories, self.clock, self.unread.append),
            self.noting, Origins(self, AllowList.parse("arn:aws:lambda:*")),
        )  # fmt: skip
        counting = GroupCounter(self.groups, self.records, self.clock)
        return BatchFactory(triage, self.records, self.groups, self.clock, self._new_id, counting)

    def role_id(self, target: FunctionArn, *, fresh: bool = False) -> str | None:
        """Every function runs with one role, unless the test says otherwise."""
        return self.roles.get(target.unqualified, ROLE)

    def planning(self, *, allowed: str = FUNCTION) -> JobPlanner:
        return JobPlanner(self.store, self.records, self.checks(allowed=allowed), self.seen, self.clock)

    def automatic(self) -> AutomaticReplayer:
        policy_of = partial(effective_policy, self.policies, categories=self.categories)
        return AutomaticReplayer(
            self.store, self.policies, policy_of, self.bulk(), self.functions, self.clock
        )

    def asking(self) -> RecoveryChecks:
        return RecoveryChecks(self.groups, self.clock)

    def replayer(self, *, allowed: str = FUNCTION, limits: ReplayLimits = LIMITS) -> Replayer:
        checks = self.checks(allowed=allowed, limits=limits)
        return Replayer(self.store, self.records, checks, self.sender(limits=limits), self.recorder())

    def bulk(self) -> BulkReplayer:
        """One Invoke after the other."""
        return BulkReplayer(self.store, self.records, self.checks(), self.sender(), self.recorder())

    def jobs(self, *, limit: int = 2) -> Jobs:
        return Jobs(
            jobs=self.job_store,
            entries=self.store,
            groups=self.groups,
            runner=self.runner,
            retention=timedelta(days=30),
            limit=limit,
            now=self.clock,
        )

    def driving(self) -> JobDriver:
        return JobDriver(self.jobs(), self.store, self.bulk(), self.functions, self.clock)

    def start_job(self, job_id: str = "job-1", *ids: str, **options: Any) -> Job:
        """Over everything that failed, unless ids are given."""
        parts: dict[str, Any] = {
            "digest": "d",
            "by": OPERATOR,
            "runner": "machine",
            "wanted": None if ids else replace(EVERYTHING, until=self.clock() + timedelta(milliseconds=1)),
            "ids": ids,
            "options": ReplayOptions(named=bool(ids)),
            "pace": Pace(rate=100, guard=None),
        }
        return self.jobs().start(JobRequest(id=job_id, **{**parts, **options}))

    def drive(
        self, job_id: str = "job-1", *, turns: int = 1000, commit: Callable[[], object] | None = None
    ) -> Job:
        """Call the driver until it is done, time passing as it says; `commit` happens before each wait."""
        for _ in range(turns):
            job = self.job(job_id)
            turn = self.driving().turn(job_id, job.generation, lambda: True)
            if turn.done:
                break
            if commit is not None:
                commit()
            self.clock.pass_(turn.wait)
        return self.job(job_id)

    def job(self, job_id: str = "job-1") -> Job:
        found = self.job_store.get(job_id)
        assert found is not None
        return found

    def account(self, job_id: str = "job-1") -> Account:
        return account_of(self.job_store, self.store, self.job(job_id))

    def checks(self, *, allowed: str = FUNCTION, limits: ReplayLimits = LIMITS) -> Checks:
        return Checks(
            store=self.store,
            functions=self.functions,
            patch=patch,
            search=search,
            allowed=AllowList.parse(allowed),
            ways=ChannelAddresses.parse(QUEUE),
            maximum=limits.maximum,
            now=self.clock,
        )

    def sender(self, *, limits: ReplayLimits = LIMITS) -> Sender:
        return Sender(
            store=self.store,
            invoker=self.aws,
            functions=self.functions,
            limits=limits,
            now=self.clock,
            new_id=self._new_id,
        )

    def durable(self) -> DurableReplays:
        return DurableReplays(
            self.records, self.sender(), self.recorder(), self.durable_runs, self.reports.append
        )

    def recorder(self) -> Recorder:
        return Recorder(store=self.store, recovered=self.asking(), counter=self.count, now=self.clock)

    def arrives(self, *texts: str, sender: str | None = SENDER) -> None:
        """One batch, each message sent by the function's role unless said otherwise."""
        arrivals = [
            Arrival(parse_record(text, fallback_id="message"), self.clock(), sender) for text in texts
        ]
        batch = self.batches().open(arrivals)
        for arrival in arrivals:
            batch.receive(arrival)
        batch.close()

    def fails(self, request_id: str, **how: object) -> None:
        """A run of a replay has the payload that was sent."""
        self.arrives(record_text(request_id, **(self._sent(request_id) | how)))  # type: ignore[arg-type]  # passed through

    def succeeds(self, request_id: str) -> None:
        self.fails(request_id, condition="Success", response="null")

    def _sent(self, request_id: str) -> dict[str, object]:
        number = request_id.removeprefix("run-")
        if not number.isdecimal() or not 0 < int(number) <= len(self.aws.sent):
            return {}
        target, payload = self.aws.sent[int(number) - 1]
        return {"payload": payload.decode(), "arn": target}

    def replay(self, execution_id: str, **options: object) -> Replay:
        command = ReplayCommand(execution_id=execution_id, by=OPERATOR, **options)  # type: ignore[arg-type]  # passed through
        return self.replayer().replay(command)[1]

    def sweep(
        self, has_time: Callable[[], bool] = lambda: True, *, may_send: Callable[[], bool] | None = None
    ) -> int:
        return self.sweeper().run(has_time, may_send=may_send)

    def sweeper(self) -> Sweep:
        """One thing after the other."""
        return Sweep(
            store=self.store,
            groups=self.groups,
            counting=GroupCounter(self.groups, self.records, self.clock),
            alerting=GroupAlerts(self.groups, self.mailbox, self.count),
            count=self.count,
            now=self.clock,
            outcome_window=LIMITS.outcome_window,
            recovered=self.asking(),
            durable=self.durable(),
            first=(
                ContestAlerts(self.store, self.mailbox, self.count).steps,
                JobWatchdog(self.jobs(), self.store, self.mailbox, self.count, self.clock).steps,
                AutoResolver(self.store, self.groups, self.clock).steps,
                BreakerAlerts(self.policies, self.mailbox, self.count).steps,
            ),
            automatic=self.automatic().steps,
        )

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
