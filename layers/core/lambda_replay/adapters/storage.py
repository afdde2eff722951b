"""Both stores of a function, bound to the stack's table and bucket."""

from dataclasses import dataclass

from lambda_replay.adapters.clients import lazy
from lambda_replay.adapters.dynamodb.entries import DynamoEntryStore
from lambda_replay.adapters.dynamodb.items import bind
from lambda_replay.adapters.dynamodb.records import DynamoRecordStore
from lambda_replay.adapters.objects import S3ObjectStore
from lambda_replay.settings import TableSettings


@dataclass(frozen=True, slots=True)
class Storage:
    entries: DynamoEntryStore
    records: DynamoRecordStore


def open_storage(settings: TableSettings) -> Storage:
    """No call to AWS is made before the stores are used."""
    bind(settings.table, settings.region)
    client = lazy("s3", region_name=settings.region, connect_timeout=2, read_timeout=10)
    return Storage(DynamoEntryStore(), DynamoRecordStore(S3ObjectStore(client, settings.bucket)))
