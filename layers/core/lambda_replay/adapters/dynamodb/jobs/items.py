"""Items about jobs, and the models that hold them: a job and the pages of its selection stand under one hash
key, the list of running jobs under one of its own."""

from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
    VersionAttribute,
)
from pynamodb.models import Model

from lambda_replay.adapters.dynamodb.executions.items import DecisionMap
from lambda_replay.adapters.dynamodb.shared.base_item import StoredItem, StoredMap, TableMeta

JOB, RUNNING = "job", "running"
JOBS = "jobs"
"""Where jobs are listed, where they are due, and the key of the list of running ones."""


def job_key(job_id: str) -> str:
    # No request id has a colon.
    return f"job:{job_id}"


def page_part(number: int) -> str:
    return f"page#{number:06}"


class PlaceMap(StoredMap):
    at = UnicodeAttribute()
    id = UnicodeAttribute()


class WantedMap(StoredMap):
    """No list of groups: of any group; an empty one: of none."""

    since = UnicodeAttribute()
    until = UnicodeAttribute()
    function = UnicodeAttribute(null=True)
    groups: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute, null=True)
    category = UnicodeAttribute(null=True)
    verdict = UnicodeAttribute(null=True)
    status = UnicodeAttribute(null=True)
    error_type = UnicodeAttribute(null=True)


class OrderMap(StoredMap):
    mode = UnicodeAttribute()
    qualifier = UnicodeAttribute(null=True)
    function = UnicodeAttribute(null=True)
    patch = UnicodeAttribute(null=True)
    not_before = UnicodeAttribute(null=True)
    named = BooleanAttribute(null=True)
    skip_never = BooleanAttribute(null=True)
    tenant = UnicodeAttribute(null=True)


class GuardMap(StoredMap):
    share = NumberAttribute()
    minimum = NumberAttribute()
    new_group = BooleanAttribute(null=True)


class PaceMap(StoredMap):
    """`rate` in replays per second, `patience` in seconds."""

    rate = NumberAttribute()
    ramp: ListAttribute[Any] = ListAttribute(of=NumberAttribute, null=True)
    patience = NumberAttribute(null=True)
    guard = GuardMap(null=True)


class SliceMap(StoredMap):
    page = NumberAttribute()
    offset = NumberAttribute()
    size = NumberAttribute()
    most = NumberAttribute()
    opened = UnicodeAttribute(null=True)
    generation = NumberAttribute(null=True)


class JobItem(StoredItem):
    """The job itself. It is written twice for each slice: what is long stands in the pages."""

    class Meta(TableMeta): ...

    fixed = (
        *("listed", "active", "by", "created_at", "digest", "runner"),
        *("wanted", "options", "pace", "functions"),
    )

    id = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True, default=JOB)
    version = VersionAttribute()
    expires_at = NumberAttribute()
    listed = UnicodeAttribute()
    active = UnicodeAttribute()
    due_shard = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)

    name = UnicodeAttribute(null=True)
    why = UnicodeAttribute(null=True)
    by = UnicodeAttribute()
    created_at = UnicodeAttribute()
    digest = UnicodeAttribute()
    runner = UnicodeAttribute()
    wanted = WantedMap(null=True)
    options = OrderMap()
    pace = PaceMap()
    functions: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute)

    status = UnicodeAttribute()
    decisions: ListAttribute[DecisionMap] = ListAttribute(of=DecisionMap, null=True)
    generation = NumberAttribute()
    frozen = BooleanAttribute()
    after = PlaceMap(null=True)
    pages = NumberAttribute()
    selected = NumberAttribute()

    page = NumberAttribute()
    offset = NumberAttribute()
    slice = SliceMap(null=True)
    claimed = NumberAttribute()
    skipped: JSONAttribute = JSONAttribute()
    cleared = NumberAttribute()
    time_to_outcome = NumberAttribute()
    started_at = UnicodeAttribute(null=True)
    claimed_at = UnicodeAttribute(null=True)
    tokens = NumberAttribute(null=True)
    ended_at = UnicodeAttribute(null=True)
    heard_by = UnicodeAttribute(null=True)
    stalled = NumberAttribute()
    unreported = BooleanAttribute()
    starting = BooleanAttribute(null=True)


class JobPageItem(StoredItem):
    """Part of a job's selection, in the order in which it is dealt with. `ids` is one text: a list of so many
    takes several times as long to read, and every slice reads it."""

    class Meta(TableMeta): ...

    id = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True)
    expires_at = NumberAttribute()
    ids = UnicodeAttribute()
    written_for = NumberAttribute()


class RunningItem(StoredItem):
    """Functions by the id of the job that may touch them. It never expires: it is what the limit rests on."""

    class Meta(TableMeta): ...

    id = UnicodeAttribute(hash_key=True, default=JOBS)
    part = UnicodeAttribute(range_key=True, default=RUNNING)
    version = VersionAttribute()
    jobs: JSONAttribute = JSONAttribute()


JOB_MODELS: tuple[type[Model], ...] = (JobItem, JobPageItem, RunningItem)
