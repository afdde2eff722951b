"""`PolicyStore` and `FunctionStore` on the records table."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pynamodb.exceptions import DoesNotExist, PutError, UpdateError
from pynamodb.models import Model

from lambda_replay.adapters.dynamodb.errors import condition_failed
from lambda_replay.adapters.dynamodb.group_items import GroupKeyItem
from lambda_replay.adapters.dynamodb.mapping import position, seen
from lambda_replay.adapters.dynamodb.policy_items import (
    BREAKER,
    FUNCTION,
    LISTED,
    POLICY,
    BreakerItem,
    FunctionItem,
    PolicyItem,
    function_key,
)
from lambda_replay.adapters.dynamodb.policy_mapping import (
    function_item,
    name_of,
    policy_item,
    to_function,
    to_policy,
)
from lambda_replay.adapters.dynamodb.store import DynamoStore
from lambda_replay.adapters.dynamodb.stored import StoredItem
from lambda_replay.domain.arn import FunctionArn
from lambda_replay.domain.filter import Position
from lambda_replay.domain.policy import Policy
from lambda_replay.domain.reasons import Reason, meaning
from lambda_replay.ports import StaleVersion
from lambda_replay.ports.policies import FunctionPage, Standing

if TYPE_CHECKING:
    from lambda_replay.domain.breaker import Breaker

_UNREAD = meaning(Reason.UNREADABLE)


@dataclass(frozen=True, slots=True)
class DynamoPolicyStore(DynamoStore):
    def get(self, function: str) -> Policy | None:
        try:
            item = PolicyItem.get(function_key(function), POLICY, consistent_read=True)
        except DoesNotExist:
            return None
        return self.alone(item, to_policy)

    def save(self, policy: Policy) -> None:
        _save(policy_item(policy), policy.function)

    def breaker(self, function: str) -> "Breaker":
        from lambda_replay.adapters.dynamodb.breaker_mapping import to_breaker
        from lambda_replay.domain.breaker import Breaker

        try:
            item = BreakerItem.get(function_key(function), BREAKER, consistent_read=True)
        except DoesNotExist:
            return Breaker(function=function)
        return self.alone(item, to_breaker)

    def save_breaker(self, breaker: "Breaker") -> None:
        from lambda_replay.adapters.dynamodb.breaker_mapping import breaker_item

        _save(breaker_item(breaker), breaker.function)

    def standings(self, functions: Collection[str]) -> Mapping[str, Standing]:
        from lambda_replay.adapters.dynamodb.breaker_mapping import to_breaker
        from lambda_replay.domain.breaker import Breaker, BreakerState

        if not functions:
            return {}
        keys = [function_key(name) for name in functions]
        own: dict[str, Policy] = {}
        known: dict[str, Breaker] = {}
        # Nothing is replayed by what can't be read, and that is what is shown.
        for item in _many(PolicyItem, keys, POLICY):
            name = name_of(item.id)
            own[name] = self.read(item, to_policy) or Policy(function=name, enabled=False, reason=_UNREAD)
        for stored in _many(BreakerItem, keys, BREAKER):
            name = name_of(stored.id)
            unread = Breaker(function=name, state=BreakerState.OPEN, reason=_UNREAD)
            known[name] = self.read(stored, to_breaker) or unread
        return {
            name: Standing(own.get(name), known.get(name) or Breaker(function=name)) for name in functions
        }


@dataclass(frozen=True, slots=True)
class DynamoFunctionStore(DynamoStore):
    def seen(self, function: FunctionArn, at: datetime) -> None:
        item = function_item(function, at)
        is_later = FunctionItem.id.does_not_exist() | (FunctionItem.active < item.active)
        try:
            item.replace(is_later)
        except UpdateError as error:
            if not condition_failed(error):
                raise

    def page(self, *, limit: int, after: Position | None = None) -> FunctionPage:
        below = None if after is None else GroupKeyItem.active < seen(after.at, after.id)
        keys = GroupKeyItem.by_activity.query(LISTED, below, scan_index_forward=False, limit=limit + 1)
        positions = list(self.readable(keys, lambda key: position(key.active or "")))
        wanted = [(function_key(at.id), FUNCTION) for at in positions[:limit]]
        items = FunctionItem.batch_get(wanted) if wanted else ()
        found = list(self.readable(items, to_function))
        newest_first = sorted(found, key=lambda one: (one.at, one.function.name), reverse=True)
        return FunctionPage(tuple(newest_first), positions[limit - 1] if len(positions) > limit else None)


def _many[T: Model](model: type[T], keys: list[str], part: str) -> Iterator[T]:
    # Consistent: who changes one and looks sees the change.
    return iter(model.batch_get([(key, part) for key in keys], consistent_read=True))


def _save(item: StoredItem, name: str) -> None:
    try:
        item.write()
    except (PutError, UpdateError) as error:
        if condition_failed(error):
            raise StaleVersion(name) from None
        raise
