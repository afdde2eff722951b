"""An operator's decisions about one execution that send nothing: ignore it, reopen it, confirm whose run it
is."""

from dataclasses import replace

from lambda_replay.domain.executions.execution import Decision, Execution
from lambda_replay.domain.executions.replay import ReplayStatus
from lambda_replay.domain.refusals import Reason, RefusedError
from lambda_replay.ports.executions import EntryStore
from lambda_replay.use_cases.executions import correlate
from lambda_replay.use_cases.executions.identify import probable_runs
from lambda_replay.use_cases.executions.update import change, load


def decide(store: EntryStore, execution_id: str, decision: Decision) -> Execution:
    """The execution with the decision in effect. Raises `RefusedError`."""

    def decided(execution: Execution) -> Execution:
        # Its own write, met again after the answer was lost, is no reason to refuse it.
        ours = execution.decisions[-1:] == (decision,)
        return execution if ours else execution.decide(decision)

    return change(store, execution_id, decided)


def confirm(store: EntryStore, execution_id: str, decision: Decision) -> Execution:
    """Make the execution the outcome of the uncertain replay that it is probably the run of. Returns the
    execution of that replay; the one confirmed is no execution of its own any more. Raises `RefusedError`.
    """
    stray = load(store, execution_id)
    run = stray.probable_run_of or probable_runs(store, [stray]).get(stray.id)
    if run is None:
        raise RefusedError(Reason.NO_PROBABLE_RUN)
    if stray.replays or stray.decisions:
        raise RefusedError(Reason.ALREADY_REPLAYED)
    replayed = load(store, run.execution_id)
    attempt = replayed.replay(run.number)
    if attempt is None or attempt.status is not ReplayStatus.UNCERTAIN:
        raise RefusedError(Reason.RUN_IS_KNOWN)
    reason = f"{execution_id} is the run of replay {run.number}"
    if decision.reason is not None:
        reason = f"{reason}: {decision.reason}"
    # First, so that no outcome stands there without who confirmed it.
    decide(store, run.execution_id, replace(decision, reason=reason))
    link = correlate.link_to(replayed, run.number, stray.id, stray.expires_at)
    correlate.establish(store, link)
    return load(store, run.execution_id)
