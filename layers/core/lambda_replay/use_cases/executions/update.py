"""Reading, deciding, and writing the decision, as one step that cannot lose another's write."""

from collections.abc import Callable

from lambda_replay.domain.executions.execution import Execution
from lambda_replay.domain.executions.id_slot import Unreadable
from lambda_replay.domain.executions.outcome_counts import increments
from lambda_replay.domain.refusals import Reason, RefusedError, meaning
from lambda_replay.ports.common import Contended, StaleVersionError
from lambda_replay.ports.executions import EntryStore

# Each loss of the race means that another caller got through, so this is reached only by a fault.
ROUNDS = 10


def until_written[T](
    store: Contended, read_and_write: Callable[[], T], about: str, *, rounds: int = ROUNDS
) -> T:
    """What `read_and_write` returns, which is called again, after a pause, as long as another caller was
    faster. It reads afresh each time, and may raise. Raises `StaleVersionError`, naming `about`, after so
    many lost rounds."""
    for lost in range(rounds):
        if lost:
            store.pause(lost)
        try:
            return read_and_write()
        except StaleVersionError:
            continue
    raise StaleVersionError(f"{about} kept changing")


def change(store: EntryStore, execution_id: str, decide: Callable[[Execution], Execution]) -> Execution:
    """Write what `decide` makes of the execution, deciding again when it changed since then; what that means
    for a job's numbers, or a policy's, is counted in the same write.

    `decide` is called with a fresh copy each round and may raise. Writes nothing when it returns the object
    it was given. Raises `RefusedError` when there is no such execution, `StaleVersionError` after ten lost
    rounds.
    """

    def decide_and_save() -> Execution:
        execution = load(store, execution_id)
        decided = decide(execution)
        if decided is not execution:
            store.save(decided, increments(execution, decided))
        return decided

    return until_written(store, decide_and_save, f"execution {execution_id}")


def load(store: EntryStore, execution_id: str) -> Execution:
    """Raises `RefusedError` when there is no such execution, or none that can be read."""
    entry = store.get(execution_id)
    if isinstance(entry, Unreadable):
        raise RefusedError(Reason.UNREADABLE, f"{execution_id}: {meaning(Reason.UNREADABLE)}")
    if not isinstance(entry, Execution):
        raise RefusedError(Reason.EXECUTION_NOT_FOUND)
    return entry
