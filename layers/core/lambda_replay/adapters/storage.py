"""The stores of a function, bound to the stack's table and bucket."""

from dataclasses import dataclass

from lambda_replay.adapters.clients import lazy
from lambda_replay.adapters.dynamodb.binding import bind
from lambda_replay.adapters.dynamodb.entries import DynamoEntryStore
from lambda_replay.adapters.dynamodb.groups import DynamoGroupStore
from lambda_replay.adapters.dynamodb.records import DynamoRecordStore
from lambda_replay.adapters.dynamodb.rule_sets import DynamoRuleStore
from lambda_replay.adapters.objects import S3ObjectStore
from lambda_replay.settings import TableSettings


@dataclass(frozen=True, slots=True)
class Storage:
    entries: DynamoEntryStore
    records: DynamoRecordStore
    groups: DynamoGroupStore
    rules: DynamoRuleStore


def open_storage(settings: TableSettings) -> Storage:
    """No call to AWS is made before the stores are used."""
    bind(settings.table, settings.region)
    return Storage(
        DynamoEntryStore(),
        DynamoRecordStore(object_store(settings.bucket, settings.region)),
        DynamoGroupStore(),
        DynamoRuleStore(),
    )


def object_store(bucket: str, region: str, *, largest: int | None = None) -> S3ObjectStore:
    client = lazy("s3", region_name=region, connect_timeout=2, read_timeout=10)
    return S3ObjectStore(client, bucket, largest)
