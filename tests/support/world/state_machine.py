"""A stateful test of the whole service (hypothesis): executions, claims, Lambda's answers, crashes, records
late, twice and forged, policies, windows closing, jobs under control, pauses of any length, in any order.
After every step the invariants (docs/reference/service.md#invariants) must hold.

Payloads name their execution, so that each Invoke can be told apart.
"""

import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lambda_replay.domain.executions.execution import Decision, Execution, ExecutionStatus, Verb
from lambda_replay.domain.executions.id_slot import Link
from lambda_replay.domain.executions.replay import ReplayMode, ReplayStatus, Trigger
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.functions.function_config import FunctionConfig
from lambda_replay.domain.jobs.job import Guard, JobDecision, JobStatus, JobVerb, Pace
from lambda_replay.domain.refusals import Reason, RefusedError
from lambda_replay.ports.common import StaleVersionError
from lambda_replay.ports.invoker import Accepted, InvokeAnswer, Rejected, Unanswered
from lambda_replay.use_cases.executions.decide import confirm, decide
from tests.support.world.automatic import RULE, policy
from tests.support.world.service import EVERYTHING, FUNCTION, QUEUE, START, World, record_text

ERRORS = (
    '{"errorType":"ValueError","errorMessage":"boom"}',
    '{"errorType":"KeyError","errorMessage":"\'id\'"}',
)
# What may stand for a run, by what was reported about it: failure outranks success, and both all guesses.
REPORTED = {
    frozenset({"failed"}): ReplayStatus.FAILED,
    frozenset({"succeeded"}): ReplayStatus.SUCCEEDED,
    frozenset({"failed", "succeeded"}): ReplayStatus.FAILED,
}


# Automatic replays of one event, at most.
ATTEMPTS = 2
RATE = 5
FORGED = json.dumps("forged")


class Died(BaseException):
    """The process ends here."""


@dataclass
class Run:
    """One arrival at the function: which execution's event, and what was reported about it since. `known` is
    False when Lambda's answer never reached the service."""

    execution: str
    id: str
    known: bool
    reported: frozenset[str] = frozenset()


class Lives(RuleBasedStateMachine):
    """`make_world` gives the stores; a job is driven `turns` times at most before twelve hours pass."""

    make_world: Callable[[], World]
    turns = 1000

    def __init__(self) -> None:
        super().__init__()
        self.world = type(self).make_world()
        self.world.aws.answer = self._answer
        self.fates: list[str] = []
        self.runs: list[Run] = []
        self.failures: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.jobs: list[str] = []
        self.events = 0
        self.arrived: dict[str, set[tuple[str, str]]] = {}
        """Function and payload of every failure record, by its request id."""

    # ------------------------------------------------------------------------------------------- Lambda

    def _answer(self, number: int) -> InvokeAnswer:
        payload = json.loads(self.world.aws.sent[-1][1])
        fate = self.fates.pop() if self.fates else "accepted"
        match fate:
            case "rejected":
                return Rejected(Reason.THROTTLED)
            case "unanswered" | "taken, and no answer":
                if fate != "unanswered":
                    self.runs.append(Run(payload, f"run-{number}", known=False))
                return Unanswered()
            case "dies before":
                raise Died
            case "dies after":
                self.runs.append(Run(payload, f"run-{number}", known=False))
                raise Died
        run = Run(payload, f"run-{number}", known=True)
        self.runs.append(run)
        if fate in ("fails at once", "succeeds at once"):
            self._tell(run, "failed" if fate == "fails at once" else "succeeded", 0)
        return Accepted(run.id)

    @rule(fates=st.lists(st.sampled_from([
        "accepted", "rejected", "unanswered", "taken, and no answer", "dies before", "dies after",
        "fails at once", "succeeds at once",
    ]), max_size=4))  # fmt: skip
    def decide_fates(self, fates: list[str]) -> None:
        """Of the next Invokes."""
        self.fates = fates

    def _tell(self, run: Run, how: str, error: int) -> None:
        # A run whose answer was lost stands for itself when it fails.
        payload = json.dumps(run.execution)
        success = {"condition": "Success", "response": "null"}
        failure = {"response": ERRORS[error], "at": self.world.clock()}
        how_told: Any = success if how == "succeeded" else failure
        self.world.arrives(record_text(run.id, payload=payload, **how_told))
        run.reported |= {how}
        if how == "failed":
            self._arrived(run.id, "orders", payload)

    def _arrived(self, request_id: str, function: str, payload: str) -> None:
        self.arrived.setdefault(request_id, set()).add((function, payload))

    # -------------------------------------------------------------------------------------- what happens

    @rule(count=st.integers(1, 4), error=st.sampled_from(ERRORS))
    def fail(self, count: int, error: str) -> None:
        for _ in range(count):
            self.world.clock.pass_(timedelta(seconds=1))
            name = f"event-{self.events}"
            self.events += 1
            self.world.fails(name, payload=json.dumps(name), response=error, at=self.world.clock())
            self._arrived(name, "orders", json.dumps(name))

    @precondition(lambda self: self.events > 0)
    @rule(data=st.data(), error=st.sampled_from(ERRORS))
    def deliver_a_failure_again(self, data: Any, error: str) -> None:
        name = f"event-{data.draw(st.integers(0, self.events - 1))}"
        self.world.fails(name, payload=json.dumps(name), response=error)

    @precondition(lambda self: self.events > 0)
    @rule(data=st.data(), function=st.sampled_from(["orders", "invoices"]), is_success=st.booleans())
    def forge(self, data: Any, function: str, is_success: bool) -> None:
        """A record for an id that is known, or will be, with another function, another payload, or both."""
        names = [f"event-{number}" for number in range(self.events + 1)] + [run.id for run in self.runs]
        name = data.draw(st.sampled_from(names))
        payload = FORGED if function == "orders" else data.draw(st.sampled_from([FORGED, json.dumps(name)]))
        how: Any = {"condition": "Success", "response": "null"} if is_success else {"response": ERRORS[0]}
        arn = FUNCTION.replace("orders", function)
        self.world.arrives(record_text(name, arn=arn, payload=payload, **how), sender=None)
        if not is_success:
            self._arrived(name, function, payload)

    @rule(attempts=st.integers(1, ATTEMPTS), idempotent=st.booleans(), enabled=st.booleans())
    def set_a_policy(self, attempts: int, idempotent: bool, enabled: bool) -> None:
        found = self.world.policies.get("orders")
        rule = replace(RULE, attempts=attempts, idempotent=idempotent, oldest=timedelta(days=7))
        wanted = policy(rule=rule, enabled=enabled, version=0 if found is None else found.version)
        self.world.policies.save(wanted)

    @precondition(lambda self: self.runs)
    @rule(data=st.data())
    def confirm_a_run(self, data: Any) -> None:
        name = data.draw(st.sampled_from(self.runs)).id
        decision = Decision(verb=Verb.CONFIRMED, at=self.world.clock(), by="someone")
        with suppress(RefusedError):
            confirm(self.world.store, name, decision)

    @precondition(lambda self: self.runs)
    @rule(data=st.data(), how=st.sampled_from(["failed", "succeeded"]), error=st.sampled_from([0, 1]))
    def a_run_ends(self, data: Any, how: str, error: int) -> None:
        """Late, twice, or both ways."""
        self._tell(data.draw(st.sampled_from(self.runs)), how, error)

    @rule(on_failure=st.sampled_from([None, (), (QUEUE,)]))
    def the_function_is_wired(self, on_failure: tuple[str, ...] | None) -> None:
        """To this stack, to nothing, or so that that is unknown."""
        self.world.functions.known[FUNCTION] = FunctionConfig(
            code="c", version="1", modified_at=START, timeout=timedelta(seconds=3),
            on_failure=on_failure, on_success=on_failure and (),
        )  # fmt: skip

    @precondition(lambda self: self.events > 0)
    @rule(data=st.data(), mode=st.sampled_from(ReplayMode))
    def replay_one(self, data: Any, mode: ReplayMode) -> None:
        name = f"event-{data.draw(st.integers(0, self.events - 1))}"
        self.asked[name] += 1
        with suppress(RefusedError, Died):
            self.world.replay(name, mode=mode)

    @precondition(lambda self: self.events > 0)
    @rule(data=st.data(), verb=st.sampled_from([Verb.IGNORED, Verb.REOPENED]))
    def decide_about_one(self, data: Any, verb: Verb) -> None:
        name = f"event-{data.draw(st.integers(0, self.events - 1))}"
        with suppress(RefusedError):
            decide(self.world.store, name, Decision(verb=verb, at=self.world.clock(), by="someone"))

    @rule(minutes=st.sampled_from([0, 1, 3, 30, 400]))
    def time_passes(self, minutes: int) -> None:
        self.world.clock.pass_(timedelta(minutes=minutes))

    @rule()
    def sweep(self) -> None:
        with suppress(Died):
            self.world.sweep()

    # --------------------------------------------------------------------------------------------- jobs

    @rule(
        ramp=st.sampled_from([(), (1, 2)]),
        guard=st.sampled_from([None, Guard(minimum=2), Guard(new_group=True)]),
        mode=st.sampled_from(ReplayMode),
    )
    def start_a_job(self, ramp: tuple[int, ...], guard: Guard | None, mode: ReplayMode) -> None:
        name = f"job-{len(self.jobs)}"
        with suppress(RefusedError):
            self.world.start_job(
                name, options=ReplayOptions(mode=mode), pace=Pace(rate=RATE, ramp=ramp, guard=guard)
            )
            self.jobs.append(name)
            for number in range(self.events):
                self.asked[f"event-{number}"] += 1

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), behind=st.integers(0, 1))
    def drive(self, data: Any, behind: int) -> None:
        """By the driver in charge, or by the one before it."""
        name = data.draw(st.sampled_from(self.jobs))
        with suppress(Died):
            self.world.driving().turn(name, self.world.job(name).generation - behind, lambda: True)

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), verb=st.sampled_from([JobVerb.PAUSE, JobVerb.RESUME, JobVerb.CANCEL]))
    def control(self, data: Any, verb: JobVerb) -> None:
        name = data.draw(st.sampled_from(self.jobs))
        with suppress(RefusedError, StaleVersionError):
            self.world.jobs().decide(name, JobDecision(verb=verb, at=self.world.clock(), by="someone"))

    # --------------------------------------------------------------------------------------- invariants

    def executions(self) -> list[Execution]:
        return list(self.world.store.page(EVERYTHING, limit=10_000).executions)

    @invariant()
    def nothing_ran_unasked(self) -> None:
        """3: one claim calls Invoke at most once, and each claim was asked for."""
        sent = Counter(payload for _, payload in self.world.aws.sent)
        claimed: Counter[bytes] = Counter()
        for execution in self.executions():
            asked = [one for one in execution.replays if one.trigger is not Trigger.AUTOMATIC]
            assert len(asked) <= (self.asked[execution.id] or len(self.jobs))
            assert sum(attempt.in_flight for attempt in execution.replays) <= 1
            claimed[self.world.records.payload(execution.id) or b""] += len(execution.replays)
        for payload, count in sent.items():
            assert count <= claimed[payload]

    @invariant()
    def no_event_is_sent_more_often_than_its_policy_allows(self) -> None:
        """4: whatever answers are lost. What is confirmed, or failed as its own execution, is one event."""
        automatic: Counter[bytes | None] = Counter()
        for execution in self.executions():
            count = sum(attempt.trigger is Trigger.AUTOMATIC for attempt in execution.replays)
            automatic[self.world.records.payload(execution.id)] += count
        assert all(count <= ATTEMPTS for count in automatic.values()), automatic
        assert automatic[FORGED.encode()] == 0

    @invariant()
    def no_record_hides_another(self) -> None:
        """3: for every function and payload that arrived under an id there is an execution, or the outcome of
        the replay that the id is of, and those that contradict each other say so."""
        stored: dict[str, list[Execution]] = {}
        for execution in self.executions():
            stored.setdefault(execution.id.partition(".")[0], []).append(execution)
        for name, records in self.arrived.items():
            there = {
                (one.function.name, (self.world.records.payload(one.id) or b"").decode())
                for one in stored.get(name, [])
            }
            entry = self.world.store.get(name)
            if isinstance(entry, Link):
                there.add(("orders", (self.world.records.payload(entry.execution_id) or b"").decode()))
            assert there >= records, name
            assert len(stored.get(name, [])) <= 1 or all(one.contests for one in stored[name]), name

    @invariant()
    def no_job_is_faster_than_its_rate(self) -> None:
        """9: in any window of time, whatever was paused or stalled."""
        attempts = [a for e in self.executions() for a in e.replays]
        for name in self.jobs:
            times = sorted(attempt.claimed_at for attempt in attempts if attempt.job == name)
            for first, begin in enumerate(times):
                for count, end in enumerate(times[first:], start=1):
                    assert count <= RATE * (end - begin).total_seconds() + 2 * RATE + 1, (begin, end)

    @invariant()
    def no_crash_is_silent(self) -> None:
        """4: what was sent, and whose answer nobody wrote down, is visible as such."""
        for execution in self.executions():
            known = {attempt.request_id for attempt in execution.replays}
            runs = [run for run in self.runs if run.execution == execution.id and run.id not in known]
            unknown = [run for run in runs if not run.known]
            silent = [
                a for a in execution.replays
                if a.request_id is None and a.status in (ReplayStatus.CLAIMED, ReplayStatus.UNCERTAIN)
            ]  # fmt: skip
            assert len(silent) >= len(unknown), (known, unknown)

    @invariant()
    def every_order_ends_the_same(self) -> None:
        """5: what was reported about a run is what its replay says, however it came."""
        by_run = {a.request_id: a for e in self.executions() for a in e.replays if a.request_id is not None}
        for run in self.runs:
            attempt = by_run.get(run.id)
            if run.reported and attempt is not None:
                assert attempt.status is REPORTED[run.reported], run

    @invariant()
    def numbers_of_jobs_are_true(self) -> None:
        """6: at all times."""
        attempts = [a for e in self.executions() for a in e.replays]
        for name in self.jobs:
            of = Counter(attempt.status for attempt in attempts if attempt.job == name)
            job, account = self.world.job(name), self.world.account(name)
            counts = account.counts
            assert account.claimed == of.total()
            assert sum(counts.rejected.values()) == of[ReplayStatus.REJECTED]
            assert counts.succeeded == of[ReplayStatus.SUCCEEDED]
            assert counts.failed_again == of[ReplayStatus.FAILED]
            assert counts.unconfirmed == of[ReplayStatus.UNCONFIRMED]
            assert counts.uncertain == of[ReplayStatus.UNCERTAIN]
            assert counts.pending == of[ReplayStatus.ACCEPTED] + of[ReplayStatus.CLAIMED]
            assert account.claimed + sum(job.skipped.values()) + account.remaining == job.selected

    @invariant()
    def numbers_of_groups_are_true(self) -> None:
        """6: each failed run once. Nothing here dies between storing and counting; `test_count_faults` does
        that."""
        failed: Counter[str] = Counter()
        for execution in self.executions():
            failed[execution.first_failure.group] += 1
            for attempt in execution.replays:
                if attempt.failure is not None:
                    failed[attempt.failure.group] += 1
        for fingerprint, group in self.world.groups.get(list(failed)).items():
            assert group.count == failed[fingerprint], group

    def teardown(self) -> None:
        """When the dust settles every job ends, and every event is accounted for."""
        self.fates = []
        for _ in range(8):
            for name in self.jobs:
                job = self.world.job(name)
                if job.status is JobStatus.PAUSED:
                    with suppress(RefusedError):
                        self.world.jobs().decide(
                            name, JobDecision(verb=JobVerb.RESUME, at=self.world.clock(), by="someone")
                        )
                self.world.drive(name, turns=self.turns, commit=self.world.sweep)
            self.world.wait(timedelta(hours=12))
        for name in self.jobs:
            job = self.world.job(name)
            assert job.status in (JobStatus.COMPLETED, JobStatus.CANCELLED, JobStatus.HALTED), job
            assert job.slice is None
            assert self.world.account(name).counts.pending == 0
        for execution in self.executions():
            assert execution.status is not ExecutionStatus.REPLAYING
        self.numbers_of_jobs_are_true()
        self.every_order_ends_the_same()
