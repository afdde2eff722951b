"""A policy's versions as items, and back. Apart from the policies: triage reads those alone, and starts
faster so.

| `id` | `part` | what |
|---|---|---|
| `function:` and the ARN without qualifier | `policy#` and the version, ten digits | the policy |
"""

from datetime import timedelta
from functools import cache
from typing import Any

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute

from lambda_replay.adapters.dynamodb.policies.items import function_key
from lambda_replay.adapters.dynamodb.policies.mapping import (
    function_of,
    maybe,
    policy_fields,
    to_policy_fields,
)
from lambda_replay.adapters.dynamodb.shared.base_item import StoredItem, TableMeta
from lambda_replay.adapters.dynamodb.shared.connection import adopt
from lambda_replay.adapters.dynamodb.shared.values import epoch, text
from lambda_replay.domain.policies.policy import Policy

PART = "policy#"
SHOWN = 50
# As long as a group's history.
_KEPT = timedelta(days=400)


class PolicyVersionItem(StoredItem):
    """`policy` is what the version says, in JSON."""

    class Meta(TableMeta): ...

    id = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True)
    expires_at = NumberAttribute()
    number = NumberAttribute()
    policy: JSONAttribute = JSONAttribute()
    at = UnicodeAttribute()
    by = UnicodeAttribute(null=True)
    why = UnicodeAttribute(null=True)
    removed = BooleanAttribute(null=True)


@cache
def model() -> type[PolicyVersionItem]:
    """The model, once it shares the connection."""
    adopt([PolicyVersionItem])
    return PolicyVersionItem


def version_item(policy: Policy) -> PolicyVersionItem | None:
    """Of a policy as it stands after its save; None for one that does not say when it was changed."""
    if policy.at is None:
        return None
    return model()(
        id=function_key(policy.function),
        part=f"{PART}{policy.version:010}",
        expires_at=epoch(policy.at + _KEPT),
        number=policy.version,
        policy=policy_fields(policy),
        at=text(policy.at),
        by=policy.by,
        why=policy.reason,
        removed=policy.removed or None,
    )


def to_version(item: PolicyVersionItem) -> Policy:
    fields: dict[str, Any] = to_policy_fields(item.policy)
    return Policy(
        function=function_of(item.id),
        **fields,
        at=maybe(item.at),
        by=item.by,
        reason=item.why,
        removed=bool(item.removed),
        version=int(item.number),
    )


def versions(function: str) -> Any:
    """The items of the newest versions, the newest first."""
    found = model()
    return found.query(
        function_key(function),
        found.part.startswith(PART),
        scan_index_forward=False,
        limit=SHOWN,
        consistent_read=True,
    )
