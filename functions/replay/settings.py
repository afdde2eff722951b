"""What the replay function needs from its environment, put together once."""

import os
import time
import uuid
from datetime import timedelta
from functools import cache

from aws_lambda_powertools import Logger

from lambda_replay.adapters.alerts import SnsAlerts
from lambda_replay.adapters.clients import lazy
from lambda_replay.adapters.clock import now
from lambda_replay.adapters.invoker import LambdaInvoker
from lambda_replay.adapters.metrics import counter, metrics_of
from lambda_replay.adapters.storage import Storage, open_storage
from lambda_replay.domain.allow_list import AllowList
from lambda_replay.settings import Environment, TableSettings
from lambda_replay.use_cases.alerting import Alerting
from lambda_replay.use_cases.counting import Counting
from lambda_replay.use_cases.replay import Replayer, ReplayLimits
from lambda_replay.use_cases.sweep import Sweep

logger = Logger(service="replay")
metrics = metrics_of("replay")


@cache
def storage() -> Storage:
    return open_storage(TableSettings.read(Environment(os.environ)))


@cache
def replayer() -> Replayer:
    environment = Environment(os.environ)
    return Replayer(
        store=storage().entries,
        records=storage().records,
        invoker=LambdaInvoker(sleep=time.sleep),
        allowed=AllowList.parse(environment.text("REPLAYABLE_FUNCTIONS")),
        limits=ReplayLimits(
            lease=timedelta(seconds=environment.number("LEASE_SECONDS")),
            outcome_window=timedelta(seconds=environment.number("OUTCOME_WINDOW_SECONDS")),
            maximum=environment.number("MAXIMUM_REPLAYS"),
        ),
        count=counter(metrics),
        now=now,
        new_id=lambda: uuid.uuid4().hex,
    )


@cache
def sweep() -> Sweep:
    topic = Environment(os.environ).text("ALERT_TOPIC")
    sns = lazy(
        "sns", region_name=Environment(os.environ).text("AWS_REGION"), connect_timeout=2, read_timeout=5
    )
    count = counter(metrics)
    return Sweep(
        store=storage().entries,
        groups=storage().groups,
        counting=Counting(storage().groups, storage().records, now),
        alerting=Alerting(storage().groups, SnsAlerts(sns, topic), count),
        count=count,
        now=now,
    )
