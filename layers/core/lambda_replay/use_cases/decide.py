"""An operator's decisions about one execution that send nothing: leave it alone, take it up again."""

from lambda_replay.domain.execution import Decision, Execution
from lambda_replay.ports import EntryStore
from lambda_replay.use_cases.changing import change


def decide(store: EntryStore, execution_id: str, decision: Decision) -> Execution:
    """The execution with the decision in force. Raises `Refused`."""
    return change(store, execution_id, lambda execution: execution.decide(decision))
