"""Forgetting what an execution's records hold: the event, and what its runs answered."""

from collections.abc import Callable

from lambda_replay.domain.executions.execution import Execution, Forgotten
from lambda_replay.domain.intake.channel import SourceObject
from lambda_replay.ports.executions import EntryStore, RecordStore
from lambda_replay.use_cases.executions.update import change

DeleteSource = Callable[[SourceObject], None]
"""Deletes the object that a record came in."""


def forget(
    entries: EntryStore,
    records: RecordStore,
    delete_source: DeleteSource,
    execution_id: str,
    tombstone: Forgotten,
) -> Execution:
    """The execution with its tombstone, and no bytes left of it in table and buckets.

    The tombstone comes first, so that nothing is sent from then on; asked for again, it goes on where it
    broke off, and the first tombstone stays. Raises `Refused`, with nothing changed, while a replay is under
    way: its own record would bring the event back.
    """
    execution = change(entries, execution_id, lambda found: found.forget(tombstone))
    for request_id in execution.runs:
        source = records.forget(request_id, tombstone.at)
        if source is not None:
            delete_source(source)
    return execution
