"""Items about functions: policy, breaker, and that they failed.

| `id` | `part` | what |
|---|---|---|
| `function:` and the ARN without qualifier | `policy` | when its executions are replayed automatically |
| | `breaker` | how these replays fare |
| | `function` | that it has failed, and when; in the index of lists |
"""

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    VersionAttribute,
)
from pynamodb.models import Model

from lambda_replay.adapters.dynamodb.executions.items import RetryMap
from lambda_replay.adapters.dynamodb.shared.base_item import StoredItem, TableMeta

POLICY, BREAKER, FUNCTION = "policy", "breaker", "function"
# Of the index of what is due: breakers whose alert is still to be sent.
BREAKERS = "breakers"
LISTED = "functions"


def function_key(function: str) -> str:
    # No request id has a colon. Earlier versions put the name there.
    return f"function:{function}"


class PolicyItem(StoredItem):
    """The exceptions are JSON: rules by category and by fingerprint, null for never."""

    class Meta(TableMeta): ...

    id = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True, default=POLICY)
    version = VersionAttribute()
    enabled = BooleanAttribute()
    categories: JSONAttribute = JSONAttribute()
    rule = RetryMap()
    by_category: JSONAttribute = JSONAttribute()
    by_group: JSONAttribute = JSONAttribute()
    rate = NumberAttribute()
    at = UnicodeAttribute(null=True)
    by = UnicodeAttribute(null=True)
    why = UnicodeAttribute(null=True)
    removed = BooleanAttribute(null=True)


class BreakerItem(StoredItem):
    class Meta(TableMeta): ...

    id = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True, default=BREAKER)
    version = VersionAttribute()
    state = UnicodeAttribute()
    since = UnicodeAttribute(null=True)
    why = UnicodeAttribute(null=True)
    retry_at = UnicodeAttribute(null=True)
    pauses = NumberAttribute()
    trial = UnicodeAttribute(null=True)
    judged_failed = NumberAttribute()
    judged_passed = NumberAttribute()
    judged_at = UnicodeAttribute(null=True)
    sent = NumberAttribute()
    sent_at = UnicodeAttribute(null=True)
    booked_to = UnicodeAttribute(null=True)
    alert_pending = BooleanAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)


class FunctionItem(StoredItem):
    class Meta(TableMeta): ...

    id = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True, default=FUNCTION)
    expires_at = NumberAttribute()
    listed = UnicodeAttribute(default=LISTED)
    active = UnicodeAttribute()
    arn = UnicodeAttribute()


POLICY_MODELS: tuple[type[Model], ...] = (PolicyItem, BreakerItem, FunctionItem)
