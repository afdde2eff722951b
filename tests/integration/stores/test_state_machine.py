"""The service's life in every order, on the stores in DynamoDB (moto's): the same machine and invariants as
in memory, with conditions, transactions and statements that the table itself judges."""

from typing import Any

import pytest
from hypothesis import settings
from moto import mock_aws

from tests.support.partiql import complete_moto
from tests.support.table import create_storage
from tests.support.world.service import World
from tests.support.world.state_machine import Lives


def _world() -> World:
    storage = create_storage()
    return World(
        storage.entries, storage.records, storage.groups, storage.jobs, storage.policies, storage.functions
    )


class InDynamoDb(Lives):
    """Each life has an AWS of its own."""

    make_world = staticmethod(_world)
    turns = 40  # a sweep takes a hundred times as long as in memory

    def __init__(self) -> None:
        self._patch, self._aws = pytest.MonkeyPatch(), mock_aws()
        complete_moto(self._patch)
        self._aws.start()
        super().__init__()

    def teardown(self) -> None:
        try:
            super().teardown()
        finally:
            self._aws.stop()
            self._patch.undo()


TestLives: Any = InDynamoDb.TestCase
TestLives.settings = settings(max_examples=3, stateful_step_count=12)
