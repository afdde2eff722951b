"""One connection to the table for all models.

PynamoDB gives every model a connection of its own, and each of those would load botocore's description of
DynamoDB and make a client: a cold start would pay for that a dozen times.
"""

from collections.abc import Iterable
from typing import Any

from pynamodb.connection.base import Connection, MetaTable
from pynamodb.connection.table import TableConnection
from pynamodb.models import Model

from lambda_replay.adapters.dynamodb.shared.base_item import TableMeta

# As many as the sweep has steps, and a bulk replay batches, under way at once; botocore keeps ten.
_CONNECTIONS = 16
_adopted: dict[type[Model], None] = {}
_connections: list[TableConnection] = []


def connect(table_name: str, region: str, models: Iterable[type[Model]]) -> None:
    """Point these models, and all that were adopted before, at the table. Makes no call to AWS; connecting
    again starts afresh."""
    models = list(models)
    connection = TableConnection(
        table_name,
        region=region,
        connect_timeout_seconds=TableMeta.connect_timeout_seconds,
        read_timeout_seconds=TableMeta.read_timeout_seconds,
        max_retry_attempts=TableMeta.max_retry_attempts,
        max_pool_connections=_CONNECTIONS,
        meta_table=_schema(table_name, models),
    )
    _connections[:] = [connection]
    adopt([*models, *_adopted])


def adopt(models: Iterable[type[Model]]) -> None:
    """Have these share the connection too: models that not every function loads."""
    for model in models:
        _adopted[model] = None
        for connection in _connections:
            meta: Any = model.Meta
            meta.table_name, meta.region = connection.table_name, connection.connection.region
            model._connection = connection


def current() -> Connection:
    """The connection that `connect` made last."""
    return _connections[0].connection


def _schema(table_name: str, models: Iterable[type[Model]]) -> MetaTable:
    """Keys and indexes of all models together; they are of one table."""
    schemas: list[dict[str, Any]] = [dict(model._get_schema()) for model in models]
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
