"""`PolicyStore` and `FunctionStore` on the records table."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from pynamodb.exceptions import PutError, UpdateError
from pynamodb.transactions import TransactWrite

from lambda_replay.adapters.dynamodb.executions.items import KeyItem
from lambda_replay.adapters.dynamodb.groups.items import GroupKeyItem
from lambda_replay.adapters.dynamodb.policies.items import (
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
from lambda_replay.adapters.dynamodb.policies.mapping import (
    function_item,
    function_of,
    policy_item,
    to_function,
    to_policy,
)
from lambda_replay.adapters.dynamodb.shared import transactions
from lambda_replay.adapters.dynamodb.shared.base_item import StoredItem
from lambda_replay.adapters.dynamodb.shared.base_store import DynamoStore
from lambda_replay.adapters.dynamodb.shared.errors import condition_failed
from lambda_replay.adapters.dynamodb.shared.values import position, seen, text
from lambda_replay.domain.functions.function_arn import FunctionArn, name_of
from lambda_replay.domain.pagination import Position
from lambda_replay.domain.policies.policy import Policy
from lambda_replay.domain.refusals import Reason, meaning
from lambda_replay.ports.common import StaleVersionError
from lambda_replay.ports.policies import FunctionPage, PolicyStatus, SeenFunction

if TYPE_CHECKING:
    from lambda_replay.domain.policies.circuit_breaker import Breaker

_UNREAD = meaning(Reason.UNREADABLE)


@dataclass(frozen=True, slots=True)
class DynamoPolicyStore(DynamoStore):
    def get(self, function: str) -> Policy | None:
        item = _nearest(PolicyItem, [function], POLICY).get(function)
        return None if item is None else _as_of(function, self.alone(item, to_policy))

    def save(self, policy: Policy) -> None:
        from lambda_replay.adapters.dynamodb.policies.history import version_item

        def fill(transaction: TransactWrite) -> None:
            transactions.write(transaction, policy_item(policy))
            version = version_item(replace(policy, version=policy.version + 1))
            if version is not None:
                transaction.save(version)

        transactions.commit(fill, policy.function, self.pause)

    def history(self, function: str) -> list[Policy]:
        from lambda_replay.adapters.dynamodb.policies.history import to_version, versions

        return list(self.readable(versions(function), to_version))

    def breaker(self, function: str) -> "Breaker":
        from lambda_replay.adapters.dynamodb.policies.breaker_mapping import to_breaker
        from lambda_replay.domain.policies.circuit_breaker import Breaker

        item = _nearest(BreakerItem, [function], BREAKER).get(function)
        return Breaker(function=function) if item is None else _as_of(function, self.alone(item, to_breaker))

    def save_breaker(self, breaker: "Breaker") -> None:
        from lambda_replay.adapters.dynamodb.policies.breaker_mapping import breaker_item

        _save(breaker_item(breaker), breaker.function)

    def alerting(self, now: datetime) -> Iterator[str]:
        for item in KeyItem.due.query(BREAKERS, KeyItem.due_at <= text(now)):
            yield function_of(item.id)

    def standings(self, functions: Collection[str]) -> Mapping[str, PolicyStatus]:
        from lambda_replay.adapters.dynamodb.policies.breaker_mapping import to_breaker
        from lambda_replay.domain.policies.circuit_breaker import Breaker, BreakerState

        if not functions:
            return {}
        policies = {
            # Nothing is replayed by what can't be read, and that is what is shown.
            function: self.read(item, to_policy) or Policy(function=function, enabled=False, reason=_UNREAD)
            for function, item in _nearest(PolicyItem, functions, POLICY).items()
        }
        breakers = {
            function: self.read(item, to_breaker)
            or Breaker(function=function, state=BreakerState.OPEN, reason=_UNREAD)
            for function, item in _nearest(BreakerItem, functions, BREAKER).items()
        }
        return {
            function: PolicyStatus(
                _as_of(function, policies[function]) if function in policies else None,
                _as_of(function, breakers.get(function) or Breaker(function=function)),
            )
            for function in functions
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
        found = self._read(at.id for at in positions[:limit])
        # An earlier version listed a function by its name; once it has failed again, it is listed as its own.
        by_name = {name: one for name, one in found.items() if name != one.function.unqualified}
        own = self._read(one.function.unqualified for one in by_name.values())
        replaced = {name for name, one in by_name.items() if one.function.unqualified in own}
        shown = [one for name, one in found.items() if name not in replaced]
        newest_first = sorted(shown, key=lambda one: (one.at, one.function.unqualified), reverse=True)
        return FunctionPage(tuple(newest_first), positions[limit - 1] if len(positions) > limit else None)

    def named(self, name: str) -> list[FunctionArn]:
        keys = GroupKeyItem.by_activity.query(LISTED, scan_index_forward=False)
        listed = self.readable(keys, lambda key: position(key.active or "").id)
        found = self._read(function for function in listed if name_of(function) == name)
        return list({one.function.unqualified: one.function for one in found.values()}.values())

    def _read(self, functions: Iterable[str]) -> dict[str, SeenFunction]:
        """By what they are listed under."""
        keys = [(function_key(function), FUNCTION) for function in functions]
        items = {item.id: item for item in FunctionItem.batch_get(keys)} if keys else {}
        read = ((function_of(key), self.read(item, to_function)) for key, item in items.items())
        return {function: one for function, one in read if one is not None}


def _nearest[T: StoredItem](model: type[T], functions: Collection[str], part: str) -> dict[str, T]:
    """Each function's own item, or the one that an earlier version stored under its name."""
    keys = {function_key(key) for function in functions for key in (function, name_of(function))}
    # Consistent: who changes one and looks sees the change.
    items = model.batch_get([(key, part) for key in keys], consistent_read=True)
    found = {item.id: item for item in items}
    named = {function: found.get(function_key(name_of(function))) for function in functions}
    nearest = {function: found.get(function_key(function), named[function]) for function in functions}
    return {function: item for function, item in nearest.items() if item is not None}


def _as_of[T: (Policy, "Breaker")](function: str, one: T) -> T:
    """What is stored under the name alone is no version of the function's own."""
    return one if one.function == function else replace(one, function=function, version=0)


def _save(item: StoredItem, name: str) -> None:
    try:
        item.write()
    except (PutError, UpdateError) as error:
        if condition_failed(error):
            raise StaleVersionError(name) from None
        raise
