"""Puts the functions and their AWS together: without threads, chance or a clock of its own, so that a call
has the same number in every run."""

import random
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from moto import mock_aws

import replay.composition_root
from lambda_replay.adapters import clock
from lambda_replay.adapters.aws import clients
from lambda_replay.adapters.dynamodb.executions import bulk_writes
from lambda_replay.adapters.storage import Storage
from lambda_replay.use_cases.replays.replay_many import BulkReplayer
from tests.chaos.service import (
    FAILURE_QUEUE_DLQ,
    LEASE,
    MODULES,
    REGION,
    SOURCES,
    STATE_MACHINE,
    WINDOW,
    Clock,
    Service,
)
from tests.support.chaos import Chaos
from tests.support.events import FAILURE_QUEUE
from tests.support.partiql import complete_moto
from tests.support.table import FAILURES, SETTINGS, create_storage, create_topic

ENVIRONMENT = SETTINGS | {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "REPLAY_SERVICE_STACK": "test",
    "REPLAYABLE_FUNCTIONS": SOURCES,
    "OUTCOME_WINDOW_SECONDS": str(int(WINDOW.total_seconds())),
    "MAXIMUM_REPLAYS": "5",
    "LEASE_SECONDS": str(int(LEASE.total_seconds())),
    "MAXIMUM_JOBS": "2",
    "WAYS_IN": "arn:aws:sqs:eu-west-1:123456789012:failures",
    "FAILURE_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/failures",
    "REPLAY_FUNCTION": "replay-function",
    "STATE_MACHINE": STATE_MACHINE,
    "FAILURE_QUEUE": FAILURE_QUEUE,
    "FAILURE_QUEUE_DLQ": FAILURE_QUEUE_DLQ,
    "FAILURE_BUCKET": FAILURES,
}


@contextmanager
def service() -> Iterator[Service]:
    """One for many scenarios; `reset` before each."""
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        complete_moto(patch)
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        create_storage()
        topic = create_topic()
        patch.setenv("ALERT_TOPIC", topic)
        chaos = Chaos({})
        made = Service(chaos, topic)
        chaos.players |= {
            "lambda": made.lambda_, "sfn": made.step_functions, "iam": made.iam, "sqs": made.sqs,
        }  # fmt: skip
        _one_thing_at_a_time(patch, made.clock)
        _connections_stay(patch)
        chaos.install(patch)
        yield made
    made.start_again()


def _one_thing_at_a_time(patch: pytest.MonkeyPatch, its: Clock) -> None:
    patch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=random.getrandbits(128), version=4))
    patch.setattr(time, "sleep", its.sleep)
    patch.setattr(bulk_writes.execute, "__kwdefaults__", {"sleep": its.sleep})
    patch.setattr(replay.composition_root, "_WIDTH", 1)
    patch.setattr(replay.composition_root, "BulkReplayer", lambda *parts: BulkReplayer(*parts[:5]))
    for name, module in list(sys.modules.items()):
        its_own = name.startswith(("api.", "replay.", "triage.", "lambda_replay."))
        if its_own and module is not clock and getattr(module, "now", None) is clock.now:
            patch.setattr(module, "now", its)


def _connections_stay(patch: pytest.MonkeyPatch) -> None:
    """Clients know nothing that a new process would not; to make them again takes longer than a scenario."""
    made: dict[Any, Any] = {}
    session = clients._session()
    create = session.create_client

    def client(service_name: str, *, region_name: str, config: Any) -> Any:
        key = service_name, region_name, repr(sorted(config._user_provided_options.items()))
        if key not in made:
            made[key] = create(service_name, region_name=region_name, config=config)
        return made[key]

    patch.setattr(session, "create_client", client)
    storage = cache(Storage)
    for module in MODULES.values():
        patch.setattr(module, "Storage", storage)
