"""`PolicyStore` and `FunctionStore` on the records table."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from pynamodb.exceptions import DoesNotExist, PutError
from pynamodb.models import Model

from lambda_replay.adapters.dynamodb.errors import condition_failed
from lambda_replay.adapters.dynamodb.group_items import GroupKeyItem
from lambda_replay.adapters.dynamodb.items import KeyItem
from lambda_replay.adapters.dynamodb.mapping import position, seen, text
from lambda_replay.adapters.dynamodb.policy_items import (
    BREAKER,
    BREAKERS,
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
from lambda_replay.domain.arn import FunctionArn
from lambda_replay.domain.filter import Position
from lambda_replay.domain.policy import Policy
from lambda_replay.ports import StaleVersion
from lambda_replay.ports.policies import FunctionPage, Standing

if TYPE_CHECKING:
    from lambda_replay.domain.breaker import Breaker


class DynamoPolicyStore:
    """Call `binding.bind` first."""

    def get(self, function: str) -> Policy | None:
        try:
            return to_policy(PolicyItem.get(function_key(function), POLICY, consistent_read=True))
        except DoesNotExist:
            return None

    def save(self, policy: Policy) -> None:
        _save(policy_item(policy), policy.function)

    def breaker(self, function: str) -> "Breaker":
        from lambda_replay.adapters.dynamodb.breaker_mapping import to_breaker
        from lambda_replay.domain.breaker import Breaker

        try:
            return to_breaker(BreakerItem.get(function_key(function), BREAKER, consistent_read=True))
        except DoesNotExist:
            return Breaker(function=function)

    def save_breaker(self, breaker: "Breaker") -> None:
        from lambda_replay.adapters.dynamodb.breaker_mapping import breaker_item

        _save(breaker_item(breaker), breaker.function)

    def alerting(self, now: datetime) -> Iterator[str]:
        for item in KeyItem.due.query(BREAKERS, KeyItem.due_at <= text(now)):
            yield name_of(item.id)

    def standings(self, functions: Collection[str]) -> Mapping[str, Standing]:
        from lambda_replay.adapters.dynamodb.breaker_mapping import to_breaker
        from lambda_replay.domain.breaker import Breaker

        if not functions:
            return {}
        keys = [function_key(name) for name in functions]
        policies = [to_policy(item) for item in _many(PolicyItem, keys, POLICY)]
        breakers = [to_breaker(item) for item in _many(BreakerItem, keys, BREAKER)]
        own = {policy.function: policy for policy in policies}
        known = {breaker.function: breaker for breaker in breakers}
        return {
            name: Standing(own.get(name), known.get(name) or Breaker(function=name)) for name in functions
        }


class DynamoFunctionStore:
    """Call `binding.bind` first."""

    def seen(self, function: FunctionArn, at: datetime) -> None:
        item = function_item(function, at)
        is_later = FunctionItem.id.does_not_exist() | (FunctionItem.active < item.active)
        try:
            item.save(is_later)
        except PutError as error:
            if not condition_failed(error):
                raise

    def page(self, *, limit: int, after: Position | None = None) -> FunctionPage:
        below = None if after is None else GroupKeyItem.active < seen(after.at, after.id)
        keys = GroupKeyItem.by_activity.query(LISTED, below, scan_index_forward=False, limit=limit + 1)
        positions = [position(key.active or "") for key in keys]
        wanted = [(function_key(at.id), FUNCTION) for at in positions[:limit]]
        found = [to_function(item) for item in FunctionItem.batch_get(wanted)] if wanted else []
        newest_first = sorted(found, key=lambda one: (one.at, one.function.name), reverse=True)
        return FunctionPage(tuple(newest_first), positions[limit - 1] if len(positions) > limit else None)


def _many[T: Model](model: type[T], keys: list[str], part: str) -> Iterator[T]:
    # Consistent: who changes one and looks sees the change.
    return iter(model.batch_get([(key, part) for key in keys], consistent_read=True))


def _save(item: Model, name: str) -> None:
    try:
        item.save()
    except PutError as error:
        if condition_failed(error):
            raise StaleVersion(name) from None
        raise
