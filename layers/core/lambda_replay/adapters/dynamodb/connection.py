"""Pointing the models at the table.

PynamoDB gives every model a connection of its own, and each of those would load botocore's description of
DynamoDB and make a client: a cold start would pay for that a dozen times. Here all models share one.
"""

from collections.abc import Iterable
from typing import Any

from pynamodb.connection.base import MetaTable
from pynamodb.connection.table import TableConnection
from pynamodb.models import Model

from lambda_replay.adapters.dynamodb.executions.items import MODELS
from lambda_replay.adapters.dynamodb.groups.items import GROUP_MODELS
from lambda_replay.adapters.dynamodb.shared.base_item import TableMeta

# As many as the sweep has steps, and a bulk replay batches, under way at once; botocore keeps ten.
_CONNECTIONS = 16
# With all indexes among them.
_BASE: tuple[type[Model], ...] = (*MODELS, *GROUP_MODELS)
_adopted: dict[type[Model], None] = dict.fromkeys(_BASE)
_connections: list[TableConnection] = []


def bind(table_name: str, region: str) -> None:
    """Makes no call to AWS. Binding again starts afresh."""
    connection = TableConnection(
        table_name,
        region=region,
        connect_timeout_seconds=TableMeta.connect_timeout_seconds,
        read_timeout_seconds=TableMeta.read_timeout_seconds,
        max_retry_attempts=TableMeta.max_retry_attempts,
        max_pool_connections=_CONNECTIONS,
        meta_table=_schema(table_name),
    )
    _connections[:] = [connection]
    adopt(list(_adopted))


def adopt(models: Iterable[type[Model]]) -> None:
    """Have these share the connection too: models that not every function loads."""
    for model in models:
        _adopted[model] = None
        for connection in _connections:
            meta: Any = model.Meta
            meta.table_name, meta.region = connection.table_name, connection.connection.region
            model._connection = connection


def _schema(table_name: str) -> MetaTable:
    """Keys and indexes of all models together; they are of one table."""
    schemas: list[dict[str, Any]] = [dict(model._get_schema()) for model in _BASE]
    attributes = {a["AttributeName"]: a for schema in schemas for a in schema["attribute_definitions"]}
    indexes = {
        index["index_name"]: {"IndexName": index["index_name"], "KeySchema": index["key_schema"]}
        for schema in schemas
        for index in schema["global_secondary_indexes"]
    }
    return MetaTable(
        {
            "TableName": table_name,
            "KeySchema": schemas[0]["key_schema"],
            "AttributeDefinitions": list(attributes.values()),
            "GlobalSecondaryIndexes": list(indexes.values()),
            "LocalSecondaryIndexes": [],
        }
    )
