"""An operator's decisions about one execution that send nothing: leave it alone, take it up again."""

from lambda_replay.domain.execution import Decision, Execution
from lambda_replay.ports import EntryStore
from lambda_replay.use_cases.changing import change


def decide(store: EntryStore, execution_id: str, decision: Decision) -> Execution:
    """The execution with the decision in force. Raises `Refused`."""

    def decided(execution: Execution) -> Execution:
        # Its own write, met again after the answer was lost, is no reason to refuse it.
        ours = execution.decisions[-1:] == (decision,)
        return execution if ours else execution.decide(decision)

    return change(store, execution_id, decided)
