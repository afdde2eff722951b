"""`RuleStore` on the records table: every version an item, and the one in effect once more."""

from dataclasses import dataclass

from pynamodb.exceptions import DoesNotExist
from pynamodb.transactions import TransactWrite

from lambda_replay.adapters.dynamodb.groups.items import RuleSetItem
from lambda_replay.adapters.dynamodb.shared.base_store import DynamoStore
from lambda_replay.adapters.dynamodb.shared.transactions import commit
from lambda_replay.adapters.dynamodb.shared.values import from_text, text
from lambda_replay.domain.team_rules import RuleSet

_KEY, _CURRENT = "rules", "current"


@dataclass(frozen=True, slots=True)
class DynamoRuleStore(DynamoStore):
    def current(self) -> RuleSet | None:
        return self._get(_CURRENT)

    def version(self, number: int) -> RuleSet | None:
        return self._get(_part(number))

    def add(self, rules: RuleSet) -> None:
        def fill(transaction: TransactWrite) -> None:
            transaction.save(_item(rules, _part(rules.version)), RuleSetItem.id.does_not_exist())
            transaction.save(_item(rules, _CURRENT))

        commit(fill, f"rules {rules.version}", self.pause)

    def _get(self, part: str) -> RuleSet | None:
        try:
            return self.alone(RuleSetItem.get(_KEY, part, consistent_read=True), _rule_set)
        except DoesNotExist:
            return None


def _rule_set(item: RuleSetItem) -> RuleSet:
    return RuleSet(
        version=int(item.number),
        rows=item.rows,
        at=from_text(item.at),
        by=item.by,
        reason=item.why,
    )


def _item(rules: RuleSet, part: str) -> RuleSetItem:
    return RuleSetItem(
        _KEY,
        part,
        number=rules.version,
        rows=rules.rows,
        at=text(rules.at),
        by=rules.by,
        why=rules.reason,
    )


def _part(number: int) -> str:
    return f"v{number:08}"
