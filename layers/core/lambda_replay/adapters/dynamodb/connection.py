"""Pointing the models that every function needs at the table."""

from lambda_replay.adapters.dynamodb.executions.items import MODELS
from lambda_replay.adapters.dynamodb.groups.items import GROUP_MODELS
from lambda_replay.adapters.dynamodb.shared.connection import connect


def bind(table_name: str, region: str) -> None:
    """Makes no call to AWS. Binding again starts afresh."""
    # All indexes of the table are among theirs.
    connect(table_name, region, (*MODELS, *GROUP_MODELS))
