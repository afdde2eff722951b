"""What Lambda's answer makes of a replay, written down."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from lambda_replay.domain.executions.execution import Execution
from lambda_replay.domain.executions.replay import Fact, Replay, ReplayStatus
from lambda_replay.ports.alerts import Count, Counter
from lambda_replay.ports.common import Clock
from lambda_replay.ports.executions import EntryStore
from lambda_replay.ports.invoker import Accepted, InvokeAnswer, Rejected, Unanswered
from lambda_replay.use_cases.executions import correlate

_COUNTS: dict[ReplayStatus, Count] = {
    ReplayStatus.ACCEPTED: Count.REPLAY_ACCEPTED,
    ReplayStatus.REJECTED: Count.REPLAY_REJECTED,
    ReplayStatus.UNCERTAIN: Count.REPLAY_UNCERTAIN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    store: EntryStore
    recovered: Callable[[Execution], None]
    """Called with each execution whose replay has been written down: it may have recovered already."""
    counter: Counter
    now: Clock

    def fact(self, answer: InvokeAnswer, window: timedelta, attempt: Replay | None = None) -> Fact:
        """What is known by the answer. `window` is that of the target, asked for before: its answer may take
        a while. An `attempt` that can be sent again stays claimed until Lambda has answered."""
        now, status = self.now(), ReplayStatus
        match answer:
            case Accepted(run, arn):
                closes = now + window
                return Fact(
                    status=status.ACCEPTED, at=now, request_id=run, window_closes_at=closes, durable_arn=arn
                )
            case Rejected(reason):
                return Fact(status=status.REJECTED, at=now, reason=reason)
            case Unanswered() if attempt is not None and attempt.is_repeatable(now):
                return Fact(status=status.CLAIMED, at=now)
            case Unanswered():
                return Fact(status=status.UNCERTAIN, at=now, window_closes_at=now + window)

    def record(self, execution_id: str, number: int, fact: Fact) -> Execution:
        """Write it into the execution, by itself."""
        recorded = correlate.record(self.store, execution_id, number, fact)
        self.recovered(recorded)
        return recorded

    def count(self, fact: Fact) -> None:
        """Once it is written down."""
        if fact.status in _COUNTS:
            self.counter(_COUNTS[fact.status])
