"""The stores of a function, bound to the stack's table and bucket."""

from functools import cached_property
from typing import TYPE_CHECKING

from lambda_replay.adapters.aws.clients import lazy
from lambda_replay.adapters.aws.payload_bucket import S3ObjectStore
from lambda_replay.adapters.dynamodb.connection import bind
from lambda_replay.adapters.dynamodb.executions.record_store import DynamoRecordStore
from lambda_replay.adapters.dynamodb.executions.store import DynamoEntryStore
from lambda_replay.adapters.dynamodb.groups.store import DynamoGroupStore
from lambda_replay.adapters.dynamodb.policies.items import POLICY_MODELS
from lambda_replay.adapters.dynamodb.policies.store import DynamoFunctionStore, DynamoPolicyStore
from lambda_replay.adapters.dynamodb.shared.base_store import logged
from lambda_replay.adapters.dynamodb.shared.connection import adopt
from lambda_replay.adapters.dynamodb.team_rules import DynamoRuleStore
from lambda_replay.ports.common import Unread
from lambda_replay.settings import TableSettings

if TYPE_CHECKING:
    from lambda_replay.adapters.dynamodb.jobs.store import DynamoJobStore


class Storage:
    """Makes no call to AWS before the stores are used."""

    def __init__(self, settings: TableSettings, unread: Unread = logged) -> None:
        bind(settings.table, settings.region)
        adopt(POLICY_MODELS)
        self._unread = unread
        self.entries = DynamoEntryStore(unread=unread)
        self.records = DynamoRecordStore(object_store(settings.bucket, settings.region))
        self.groups = DynamoGroupStore(unread=unread)
        self.rules = DynamoRuleStore(unread=unread)
        self.policies = DynamoPolicyStore(unread=unread)
        self.functions = DynamoFunctionStore(unread=unread)

    @cached_property
    def jobs(self) -> "DynamoJobStore":
        # Triage knows nothing of jobs, and need not load them.
        from lambda_replay.adapters.dynamodb.jobs.items import JOB_MODELS
        from lambda_replay.adapters.dynamodb.jobs.store import DynamoJobStore

        adopt(JOB_MODELS)
        return DynamoJobStore(unread=self._unread)


def object_store(bucket: str, region: str, *, largest: int | None = None) -> S3ObjectStore:
    client = lazy("s3", region_name=region, connect_timeout=2, read_timeout=10)
    return S3ObjectStore(client, bucket, largest)
