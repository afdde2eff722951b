"""Items about groups, and the models that hold them. Every part of a group stands under one hash key, so that
one query reads it all."""

from pynamodb.attributes import (
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    VersionAttribute,
)
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from lambda_replay.adapters.dynamodb.executions.items import DecisionMap
from lambda_replay.adapters.dynamodb.shared.base_item import StoredItem, StoredMap, TableMeta

GROUP, WHY, HISTORY, HOUR, CHECK = "group", "why", "history#", "hour#", "check"
COUNT_BATCH = "count_batch"
LISTED = "groups"
ALERTS = "alerts"
CHECKS = "checks"
COUNT_BATCH_SHARDS = tuple(f"count_batches-{number}" for number in range(4))


def group_key(fingerprint: str) -> str:
    # No request id has a colon.
    return f"group:{fingerprint}"


def count_batch_key(count_batch_id: str) -> str:
    return f"count_batch:{count_batch_id}"


class ByActivity(GlobalSecondaryIndex["GroupKeyItem"]):
    """Groups, the last active first. Members of a head are not in it."""

    class Meta:
        index_name = "by_activity"
        projection = KeysOnlyProjection()

    listed = UnicodeAttribute(hash_key=True)
    active = UnicodeAttribute(range_key=True)


class GroupKeyItem(StoredItem):
    """What the index holds."""

    class Meta(TableMeta): ...

    id = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True)
    listed = UnicodeAttribute(null=True)
    active = UnicodeAttribute(null=True)
    by_activity = ByActivity()


class OwnershipMap(StoredMap):
    acknowledged_by = UnicodeAttribute(null=True)
    acknowledged_at = UnicodeAttribute(null=True)
    assignee = UnicodeAttribute(null=True)
    ticket = UnicodeAttribute(null=True)


class GroupItem(StoredItem):
    """The group itself, below 1 KB unless a person has it: it is written whenever the group is seen."""

    class Meta(TableMeta): ...

    id = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True, default=GROUP)
    version = VersionAttribute()
    expires_at = NumberAttribute()
    listed = UnicodeAttribute(null=True)
    active = UnicodeAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)

    algorithm = NumberAttribute()
    source = UnicodeAttribute()
    title = UnicodeAttribute()
    category = UnicodeAttribute()
    verdict = UnicodeAttribute()
    runs = NumberAttribute()
    first_seen = UnicodeAttribute()
    last_seen = UnicodeAttribute()
    active_at = UnicodeAttribute()
    decision = DecisionMap(null=True)
    ownership = OwnershipMap(null=True)
    alert = UnicodeAttribute(null=True)
    head = UnicodeAttribute(null=True)
    members = UnicodeSetAttribute(null=True)


class WhyItem(StoredItem):
    class Meta(TableMeta): ...

    id = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True, default=WHY)
    expires_at = NumberAttribute()
    parts = UnicodeAttribute()
    algorithm = NumberAttribute()
    rule = UnicodeAttribute()
    reasons: JSONAttribute = JSONAttribute()
    example = UnicodeAttribute()


class HistoryItem(StoredItem):
    class Meta(TableMeta): ...

    id = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True)
    expires_at = NumberAttribute()
    decision = DecisionMap()


class HourItem(StoredItem):
    class Meta(TableMeta): ...

    id = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True)
    expires_at = NumberAttribute()
    runs = NumberAttribute()


class CountBatchItem(StoredItem):
    """Without `due_at` it has been settled."""

    class Meta(TableMeta): ...

    id = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True, default=COUNT_BATCH)
    expires_at = NumberAttribute()
    due_shard = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)
    facts: JSONAttribute = JSONAttribute(null=True)
    occurrences: JSONAttribute = JSONAttribute(null=True)


class CheckItem(StoredItem):
    """Whether all of the group's failures have recovered; without `due_at` no check is pending. Asking adds
    to `version` whatever it is, which PynamoDB's own attribute for versions can't."""

    class Meta(TableMeta): ...

    id = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True, default=CHECK)
    expires_at = NumberAttribute()
    version = NumberAttribute()
    due_shard = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)
    since = UnicodeAttribute(null=True)
    group_version = NumberAttribute(null=True)
    after = UnicodeAttribute(null=True)
    recovered = NumberAttribute(null=True)


class RuleSetItem(StoredItem):
    class Meta(TableMeta): ...

    id = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True)
    number = NumberAttribute()
    rows = UnicodeAttribute()
    at = UnicodeAttribute()
    by = UnicodeAttribute()
    why = UnicodeAttribute(null=True)


GROUP_MODELS: tuple[type[Model], ...] = (
    GroupKeyItem,
    GroupItem,
    WhyItem,
    HistoryItem,
    HourItem,
    CountBatchItem,
    CheckItem,
    RuleSetItem,
)
