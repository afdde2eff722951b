"""Numbers of jobs and policies (`domain.executions.outcome_counts`), each counted in the transaction of what
it is about.

| `id` | `part` | what |
|---|---|---|
| `count:` and the scope | name`#`shard | part of a number |
"""

import zlib
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from pynamodb.transactions import TransactWrite

from lambda_replay.adapters.dynamodb.executions.items import ENTRIES, CountItem, TableItem
from lambda_replay.adapters.dynamodb.shared.base_store import DynamoStore
from lambda_replay.adapters.dynamodb.shared.transactions import commit
from lambda_replay.adapters.dynamodb.shared.values import epoch
from lambda_replay.domain.executions.outcome_counts import Increment
from lambda_replay.ports.common import Pause

# Two transactions on one item get into each other's way.
_SHARDS = 16
# The numbers outlive every execution that they are about.
_LONGER = timedelta(days=90)


def save(item: TableItem, counts: Collection[Increment], expires_at: datetime, pause: Pause) -> None:
    """Replace the item, and count. Raises `StaleVersion`, also when another caller counts in the same
    place."""
    shard = zlib.crc32(item.id.encode()) % _SHARDS

    def fill(transaction: TransactWrite) -> None:
        transaction.update(item, item.changes(ENTRIES))
        for change in counts:
            counter = CountItem(_key(change.scope), f"{change.name}#{shard:02}")
            expires = CountItem.expires_at.set(epoch(expires_at + _LONGER))
            transaction.update(counter, [CountItem.n.add(change.by), expires])

    commit(fill, item.id, pause)


def counts(scope: str, store: DynamoStore) -> dict[str, int]:
    sums: Counter[str] = Counter()
    items = CountItem.query(_key(scope), consistent_read=True)
    for name, number in store.readable(items, lambda item: (item.part.rpartition("#")[0], int(item.n))):
        sums[name] += number
    return dict(sums)


def _key(scope: str) -> str:
    return f"count:{scope}"
