"""Reading an execution, deciding, and writing the decision, as one step that cannot lose another's write."""

from collections.abc import Callable

from lambda_replay.domain.execution import Execution
from lambda_replay.domain.reasons import Reason, Refused
from lambda_replay.domain.score import increments
from lambda_replay.ports import EntryStore, StaleVersion

# Each loss of the race means that somebody else got through, so this is reached only by a fault.
_ROUNDS = 10


def change(store: EntryStore, execution_id: str, decide: Callable[[Execution], Execution]) -> Execution:
    """Write what `decide` makes of the execution, deciding again when it changed meanwhile; what that means
    for a job's numbers, or a policy's, is counted in the same write.

    `decide` is called with a fresh copy each round and may raise. Writes nothing when it returns the object
    it was given. Raises `Refused` when there is no such execution, `StaleVersion` after ten lost rounds.
    """
    for _ in range(_ROUNDS):
        execution = load(store, execution_id)
        decided = decide(execution)
        if decided is execution:
            return execution
        try:
            store.save(decided, increments(execution, decided))
        except StaleVersion:
            continue
        return decided
    raise StaleVersion(f"execution {execution_id} kept changing")


def load(store: EntryStore, execution_id: str) -> Execution:
    """Raises `Refused` when there is no such execution."""
    entry = store.get(execution_id)
    if not isinstance(entry, Execution):
        raise Refused(Reason.EXECUTION_NOT_FOUND)
    return entry
