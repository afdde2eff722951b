"""Many entries in few requests, each under its own condition: PartiQL statements in batches of 25.

BatchWriteItem knows no conditions, and a transaction fails as a whole and costs twice as much. Each statement
of BatchExecuteStatement succeeds or fails by itself (API reference, BatchExecuteStatement).
"""

import time
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any

from lambda_replay.adapters.dynamodb.executions.items import TableItem
from lambda_replay.domain.errors import LambdaReplayError

_MOST = 25
# What says that the statement's own condition did not hold.
_REFUSED = frozenset({"ConditionalCheckFailed", "DuplicateItem"})
_ROUNDS = 6
_SHORTEST_PAUSE = 0.05  # seconds


class BatchFailedError(LambdaReplayError):
    """Some statements were not carried out, or it is unknown whether they were."""


@dataclass(frozen=True, slots=True)
class Statement:
    """`about` is the id of the item."""

    about: str
    text: str
    values: Sequence[dict[str, Any]]


def update(item: TableItem, attributes: Iterable[str], ending: Container[str]) -> Statement:
    """Give these attributes of the stored item the item's values, and take those of `ending` that the item
    has not from it, if it is of the item's version. The item needs no other attributes but its key."""
    values = item.serialize(null_check=False)
    table = item.Meta.table_name
    wanted = [name for name in attributes if name in values]
    absent = [name for name in attributes if name not in values and name in ending]
    changes = "".join(f' SET "{name}"=?' for name in ("version", *wanted))
    changes += "".join(f' REMOVE "{name}"' for name in absent)
    return Statement(
        item.id,
        f'UPDATE "{table}"{changes} WHERE "id"=? AND "part"=? AND "version"=?',
        (
            {"N": str((item.version or 0) + 1)},
            *(values[name] for name in wanted),
            values["id"],
            values["part"],
            {"N": str(item.version or 0)},
        ),
    )


def insert(item: TableItem) -> Statement:
    """Put the item where there is none."""
    item.version = 1
    values = item.serialize()
    names = ", ".join(f"'{name}': ?" for name in values)
    return Statement(
        item.id, f'INSERT INTO "{item.Meta.table_name}" VALUE {{{names}}}', list(values.values())
    )


def execute(statements: Iterable[Statement], *, sleep: Callable[[float], None] = time.sleep) -> set[str]:
    """The ids of those whose condition did not hold. Raises `BatchFailedError` when some could not be carried
    out in several rounds; the others are then done."""
    refused: set[str] = set()
    for some in batched(statements, _MOST, strict=False):
        left: Sequence[Statement] = some
        for lost in range(_ROUNDS):
            if lost:
                sleep(_SHORTEST_PAUSE * 2**lost)
            answers = _client().batch_execute_statement(
                Statements=[{"Statement": s.text, "Parameters": list(s.values)} for s in left]
            )["Responses"]
            codes = [
                (s, answer.get("Error", {}).get("Code")) for s, answer in zip(left, answers, strict=True)
            ]
            refused |= {statement.about for statement, code in codes if code in _REFUSED}
            left = [statement for statement, code in codes if code is not None and code not in _REFUSED]
            if not left:
                break
        else:
            raise BatchFailedError(f"{len(left)} of {len(some)} statements: {codes[-1][1]}")
    return refused


def _client() -> Any:
    connection: Any = TableItem
    return connection._get_connection().connection.client
