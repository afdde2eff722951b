"""The table's items as PynamoDB models. They stay inside this package: everybody else sees the domain.

Attribute names are words, for the table is read by people at night; the few that repeat in every replay are
what an entry's size is made of, and an entry should stay below 1 KB, one write unit.
"""

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    DiscriminatorAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
    VersionAttribute,
)
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from lambda_replay.adapters.dynamodb.shared.base_item import StoredItem, StoredMap, TableMeta

ENTRY = "entry"
RECORD = "record"
ANNOUNCED = "announced"


class RetryMap(StoredMap):
    """Times in seconds."""

    attempts = NumberAttribute()
    base = NumberAttribute()
    cap = NumberAttribute()
    oldest = NumberAttribute()
    idempotent = BooleanAttribute(null=True)
    unverified_origin = BooleanAttribute(null=True)
    qualifier = UnicodeAttribute(null=True)
    tenant = UnicodeAttribute(null=True)


class FailureMap(StoredMap):
    condition = UnicodeAttribute()
    count = NumberAttribute(null=True)
    ran = UnicodeAttribute(null=True)
    at = UnicodeAttribute()
    type = UnicodeAttribute(null=True)
    title = UnicodeAttribute()
    category = UnicodeAttribute()
    verdict = UnicodeAttribute()
    rule = UnicodeAttribute()
    confidence = NumberAttribute()
    group = UnicodeAttribute()
    rules = NumberAttribute(null=True)
    retry = RetryMap(null=True)


class ReplayMap(StoredMap):
    claim = UnicodeAttribute()
    mode = UnicodeAttribute()
    target = UnicodeAttribute()
    by = UnicodeAttribute()
    why = UnicodeAttribute(null=True)
    key = UnicodeAttribute(null=True)
    claimed = UnicodeAttribute()
    lease = UnicodeAttribute()
    trigger = UnicodeAttribute(null=True)
    job = UnicodeAttribute(null=True)
    code = UnicodeAttribute(null=True)
    patched = BooleanAttribute(null=True)
    sent = UnicodeAttribute(null=True)
    asked = UnicodeAttribute(null=True)
    status = UnicodeAttribute()
    run = UnicodeAttribute(null=True)
    accepted = UnicodeAttribute(null=True)
    closes = UnicodeAttribute(null=True)
    linked = BooleanAttribute(null=True)
    ended = UnicodeAttribute(null=True)
    rejection = UnicodeAttribute(null=True)
    failure = FailureMap(null=True)
    tenant = UnicodeAttribute(null=True)
    durable_name = UnicodeAttribute(null=True)
    durable_arn = UnicodeAttribute(null=True)
    look = UnicodeAttribute(null=True)


class DecisionMap(StoredMap):
    verb = UnicodeAttribute()
    at = UnicodeAttribute()
    by = UnicodeAttribute()
    why = UnicodeAttribute(null=True)
    until = UnicodeAttribute(null=True)
    until_count = NumberAttribute(null=True)
    other = UnicodeAttribute(null=True)


class ContestMap(StoredMap):
    """`differs` are names of differences, comma-separated."""

    other = UnicodeAttribute()
    differs = UnicodeAttribute()


class RunOfMap(StoredMap):
    execution = UnicodeAttribute()
    number = NumberAttribute()


class ForgottenMap(StoredMap):
    at = UnicodeAttribute()
    by = UnicodeAttribute()
    why = UnicodeAttribute()


class UncertainReplayMap(StoredMap):
    execution = UnicodeAttribute()
    number = NumberAttribute()
    since = UnicodeAttribute()
    until = UnicodeAttribute()


class FactMap(StoredMap):
    status = UnicodeAttribute()
    at = UnicodeAttribute()
    failure = FailureMap(null=True)


class TableItem(StoredItem):
    """What every entry has."""

    class Meta(TableMeta): ...

    id = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True)
    kind = DiscriminatorAttribute()
    expires_at = NumberAttribute()
    version = VersionAttribute()

    # The indexes' keys, present on executions only.
    month = UnicodeAttribute(null=True)
    function = UnicodeAttribute(null=True)
    group = UnicodeAttribute(null=True)
    seen = UnicodeAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)


class ExecutionItem(TableItem, discriminator="execution"):
    arn = UnicodeAttribute()
    stored_at = UnicodeAttribute()
    failure = FailureMap()
    size = NumberAttribute(null=True)
    sha256 = BinaryAttribute(null=True, legacy_encoding=False)
    unreplayable = UnicodeAttribute(null=True)
    channel = UnicodeAttribute()
    origin = UnicodeAttribute(null=True)
    contests: ListAttribute[ContestMap] = ListAttribute(of=ContestMap, null=True)
    alert_due = BooleanAttribute(null=True)
    run_of = RunOfMap(null=True)
    replays: ListAttribute[ReplayMap] = ListAttribute(of=ReplayMap, null=True)
    decisions: ListAttribute[DecisionMap] = ListAttribute(of=DecisionMap, null=True)
    postponed_to = UnicodeAttribute(null=True)
    forgotten = ForgottenMap(null=True)


class LinkItem(TableItem, discriminator="link"):
    execution = UnicodeAttribute()
    number = NumberAttribute()
    fact = FactMap(null=True)


class EarlySuccessItem(TableItem, discriminator="early_success"):
    at = UnicodeAttribute()


class UncertainReplaysItem(TableItem, discriminator="uncertain_replays"):
    replays: ListAttribute[UncertainReplayMap] = ListAttribute(of=UncertainReplayMap)


class AnnouncedItem(TableItem, discriminator="announced"):
    """Under a function's ARN: until then, replays of it may be on their way."""

    until = UnicodeAttribute()


class CountItem(StoredItem):
    """One number of a job, or of a function's automatic replays, in several parts: many count at once."""

    class Meta(TableMeta): ...

    id = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True)
    expires_at = NumberAttribute()
    n = NumberAttribute()


class RecordItem(StoredItem):
    """A record's two payloads: in the item while small, else under `*_object` in the bucket. `source_object`
    is the object of the failure bucket that the record came in; `forgotten` is when the two were deleted.
    """

    class Meta(TableMeta): ...

    id = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True, default=RECORD)
    expires_at = NumberAttribute()
    arn = UnicodeAttribute()
    condition = UnicodeAttribute()
    status_code = NumberAttribute(null=True)
    function_error = UnicodeAttribute(null=True)
    count_batch = UnicodeAttribute(null=True)
    payload = BinaryAttribute(null=True, legacy_encoding=False)
    payload_object = UnicodeAttribute(null=True)
    response = BinaryAttribute(null=True, legacy_encoding=False)
    response_object = UnicodeAttribute(null=True)
    source_object = UnicodeAttribute(null=True)
    source_version = UnicodeAttribute(null=True)
    forgotten = UnicodeAttribute(null=True)


class ListIndex(GlobalSecondaryIndex["KeyItem"]):
    """Newest first within one hash key. Keys only: entries are read from the table itself, so what a list
    shows is never older than the last answered write, and a change of state costs no index write."""


class ByMonth(ListIndex):
    class Meta:
        index_name = "by_month"
        projection = KeysOnlyProjection()

    month = UnicodeAttribute(hash_key=True)
    seen = UnicodeAttribute(range_key=True)


class ByFunction(ListIndex):
    class Meta:
        index_name = "by_function"
        projection = KeysOnlyProjection()

    function = UnicodeAttribute(hash_key=True)
    seen = UnicodeAttribute(range_key=True)


class ByGroup(ListIndex):
    class Meta:
        index_name = "by_group"
        projection = KeysOnlyProjection()

    group = UnicodeAttribute(hash_key=True)
    seen = UnicodeAttribute(range_key=True)


class Due(GlobalSecondaryIndex["KeyItem"]):
    """Sparse: only what the sweep has to look at. Sharded, for a bulk replay makes many due at once."""

    class Meta:
        index_name = "due"
        projection = KeysOnlyProjection()

    due_shard = UnicodeAttribute(hash_key=True)
    due_at = UnicodeAttribute(range_key=True)


class KeyItem(StoredItem):
    """What the indexes hold. A model of its own, for PynamoDB filters by `kind`, and no index has it."""

    class Meta(TableMeta): ...

    id = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True)
    seen = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)

    by_month = ByMonth()
    by_function = ByFunction()
    by_group = ByGroup()
    due = Due()


# Of these kinds an entry is, and may become another.
ENTRIES: tuple[type[Model], ...] = (ExecutionItem, LinkItem, EarlySuccessItem)

MODELS: tuple[type[Model], ...] = (
    TableItem,
    ExecutionItem,
    LinkItem,
    EarlySuccessItem,
    UncertainReplaysItem,
    AnnouncedItem,
    CountItem,
    RecordItem,
    KeyItem,
)
