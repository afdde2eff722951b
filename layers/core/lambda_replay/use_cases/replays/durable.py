"""Replays of durable functions: one that may have been sent is sent again under its name, and how a run ended
is asked instead of waited for (docs/reference/lambda.md#durable-functions)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from lambda_replay.domain.executions.durable_run import RunStatus, next_look
from lambda_replay.domain.executions.execution import Execution, Payload
from lambda_replay.domain.executions.replay import Replay
from lambda_replay.domain.refusals import Reason
from lambda_replay.ports.executions import RecordStore
from lambda_replay.ports.functions import DurableRuns
from lambda_replay.ports.invoker import Rejected, Unanswered
from lambda_replay.use_cases.executions import correlate
from lambda_replay.use_cases.executions.update import change
from lambda_replay.use_cases.replays.record import Recorder
from lambda_replay.use_cases.replays.send import Sender

# What a later try may meet otherwise. What else Lambda refuses says nothing of the first try.
_PASSING = frozenset({Reason.THROTTLED, Reason.ENDPOINT_UNREACHABLE, Reason.FUNCTION_NOT_READY})


@dataclass(frozen=True, slots=True)
class DurableReplays:
    records: RecordStore
    sender: Sender
    recorder: Recorder
    runs: DurableRuns
    report: Callable[[str], None]
    """Takes an execution record to where those of other functions arrive."""

    def repeat(self, execution: Execution, attempt: Replay) -> bool:
        """Send it again under its name, which starts nothing that was started already. False where that
        can't be: then it is uncertain."""
        payload = self.records.payload(execution.id) if attempt.is_repeatable(self.sender.now()) else None
        if payload is None or Payload.of(payload) != execution.payload:
            return False
        window = self.sender.window(attempt.target)
        # The first try's run, if it is one, may fail under an id that is not known.
        until = attempt.lease_expires_at + window
        correlate.note_uncertain(self.sender.store, execution, attempt.number, until)
        answer = self.sender.invoke(attempt, payload)
        if isinstance(answer, Unanswered) or (isinstance(answer, Rejected) and answer.reason in _PASSING):
            lease = self.sender.now() + self.sender.limits.lease
            self._change(execution, attempt, lambda found: found.awaiting(lease))
            return True
        if isinstance(answer, Rejected):
            return False
        fact = self.recorder.fact(answer, window)
        self.recorder.record(execution.id, attempt.number, fact)
        self.recorder.count(fact)
        return True

    def look(self, execution: Execution, attempt: Replay, now: datetime) -> bool:
        """Ask how the run ended, and report it; it is asked again until the report has been taken in. False
        when there is no time left to find out."""
        run = None if attempt.durable_arn is None else self.runs.run(attempt.durable_arn)
        if run is not None and run.status is not RunStatus.RUNNING and attempt.request_id is not None:
            self.report(run.record(attempt.request_id, str(attempt.target)))
        elif attempt.window_closes_at is not None and attempt.window_closes_at <= now:
            return False
        since = attempt.accepted_at or attempt.claimed_at
        self._change(execution, attempt, lambda found: _looked_at(found, next_look(since, now)))
        return True

    def _change(self, execution: Execution, attempt: Replay, to: Callable[[Replay], Replay]) -> None:
        change(self.sender.store, execution.id, lambda fresh: fresh.with_replay(attempt.number, to))


def _looked_at(attempt: Replay, again: datetime) -> Replay:
    return replace(attempt, look_at=again) if attempt.in_flight else attempt
