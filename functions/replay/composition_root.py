"""What the replay function needs from its environment, put together once."""

import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache, partial

from lambda_replay.adapters.aws.clients import lazy
from lambda_replay.adapters.aws.durable_runs import LambdaDurableRuns
from lambda_replay.adapters.aws.failure_queue import FailureQueue
from lambda_replay.adapters.aws.lambda_config import LambdaFunctions
from lambda_replay.adapters.aws.lambda_invoke import LambdaInvoker
from lambda_replay.adapters.aws.metrics import counter, metrics_of
from lambda_replay.adapters.aws.sns_alerts import SnsAlerts
from lambda_replay.adapters.aws.state_machine import StepFunctionsRunner
from lambda_replay.adapters.clock import now
from lambda_replay.adapters.jmespath_search import search
from lambda_replay.adapters.json_patch import patch
from lambda_replay.adapters.logs import logger_of
from lambda_replay.adapters.storage import Storage, object_store
from lambda_replay.domain.functions.allow_list import AllowList
from lambda_replay.domain.functions.channel_addresses import ChannelAddresses
from lambda_replay.domain.intake.channel import SourceObject
from lambda_replay.ports.alerts import Count
from lambda_replay.settings import Environment, TableSettings
from lambda_replay.use_cases.executions.contest_alerts import ContestAlerts
from lambda_replay.use_cases.function_lookup import FunctionLookup
from lambda_replay.use_cases.groups.alerting import GroupAlerts
from lambda_replay.use_cases.groups.auto_resolve import AutoResolver, RecoveryChecks
from lambda_replay.use_cases.groups.count import GroupCounter
from lambda_replay.use_cases.jobs.control import Jobs
from lambda_replay.use_cases.jobs.driving import JobDriver
from lambda_replay.use_cases.jobs.planning import JobPlanner
from lambda_replay.use_cases.jobs.watchdog import JobWatchdog
from lambda_replay.use_cases.policies.automatic_replay import AutomaticReplayer
from lambda_replay.use_cases.policies.breaker_check import BreakerAlerts
from lambda_replay.use_cases.policies.policies import effective_policy
from lambda_replay.use_cases.replays.checks import Checks
from lambda_replay.use_cases.replays.durable import DurableReplays
from lambda_replay.use_cases.replays.record import Recorder
from lambda_replay.use_cases.replays.replay_many import BulkReplayer
from lambda_replay.use_cases.replays.replay_one import Replayer
from lambda_replay.use_cases.replays.send import ReplayLimits, Sender
from lambda_replay.use_cases.sweep import Sweep

logger = logger_of("replay")
metrics = metrics_of("replay")

# Invokes, and steps of the sweep, that are under way at once: they wait for AWS most of the time.
_WIDTH = 16


@cache
def storage() -> Storage:
    return Storage(TableSettings.read(Environment(os.environ)), _unreadable)


def _unreadable(item_id: str, fault: Exception) -> None:
    counter(metrics)(Count.ITEM_UNREADABLE)
    logger.warning("item can't be read", item=item_id, reason=repr(fault))


def delete_source(source: SourceObject) -> None:
    environment = Environment(os.environ)
    bucket = object_store(environment.text("FAILURE_BUCKET"), environment.text("AWS_REGION"))
    bucket.delete(source.key, source.version)


@cache
def replayer() -> Replayer:
    return Replayer(storage().entries, storage().records, checks(), sender(), recorder())


@cache
def bulk() -> BulkReplayer:
    # The one of the process: jobs and all steps of the sweep share it.
    pool = ThreadPoolExecutor(_WIDTH)
    return BulkReplayer(storage().entries, storage().records, checks(), sender(), recorder(), pool)


@cache
def invoker() -> LambdaInvoker:
    return LambdaInvoker(sleep=time.sleep)


@cache
def limits() -> ReplayLimits:
    environment = Environment(os.environ)
    return ReplayLimits(
        lease=timedelta(seconds=environment.number("LEASE_SECONDS")),
        outcome_window=timedelta(seconds=environment.number("OUTCOME_WINDOW_SECONDS")),
        maximum=environment.number("MAXIMUM_REPLAYS"),
    )


@cache
def checks() -> Checks:
    environment = Environment(os.environ)
    return Checks(
        store=storage().entries,
        functions=functions(),
        patch=patch,
        search=search,
        allowed=AllowList.parse(environment.text("REPLAYABLE_FUNCTIONS")),
        ways=ChannelAddresses.parse(environment.text("WAYS_IN")),
        maximum=limits().maximum,
        now=now,
    )


@cache
def sender() -> Sender:
    return Sender(
        store=storage().entries,
        invoker=invoker(),
        functions=functions(),
        limits=limits(),
        now=now,
        new_id=lambda: uuid.uuid4().hex,
    )


@cache
def recorder() -> Recorder:
    asking = RecoveryChecks(storage().groups, now)
    return Recorder(store=storage().entries, recovered=asking, counter=counter(metrics), now=now)


@cache
def jobs() -> Jobs:
    environment = Environment(os.environ)
    region = environment.text("AWS_REGION")
    client = lazy("stepfunctions", region_name=region, connect_timeout=2, read_timeout=5)
    return Jobs(
        jobs=storage().jobs,
        entries=storage().entries,
        groups=storage().groups,
        runner=StepFunctionsRunner(client),
        retention=TableSettings.read(environment).retention,
        limit=environment.number("MAXIMUM_JOBS"),
        now=now,
    )


@cache
def driving() -> JobDriver:
    return JobDriver(jobs(), storage().entries, bulk(), functions(), now)


@cache
def planning() -> JobPlanner:
    return JobPlanner(storage().entries, storage().records, checks(), storage().functions, now)


@cache
def existing() -> FunctionLookup:
    return FunctionLookup(checks().allowed, functions(), storage().functions)


@cache
def functions() -> LambdaFunctions:
    return LambdaFunctions(clock=now)


@cache
def durable() -> DurableReplays:
    environment = Environment(os.environ)
    sqs = lazy("sqs", region_name=environment.text("AWS_REGION"), connect_timeout=2, read_timeout=5)
    report = FailureQueue(sqs, environment.text("FAILURE_QUEUE_URL"))
    return DurableReplays(storage().records, sender(), recorder(), LambdaDurableRuns(), report)


@cache
def sweep() -> Sweep:
    topic = Environment(os.environ).text("ALERT_TOPIC")
    sns = lazy(
        "sns", region_name=Environment(os.environ).text("AWS_REGION"), connect_timeout=2, read_timeout=5
    )
    alerts = SnsAlerts(sns, topic)
    count = counter(metrics)
    return Sweep(
        store=storage().entries,
        groups=storage().groups,
        counting=GroupCounter(storage().groups, storage().records, now),
        alerting=GroupAlerts(storage().groups, alerts, count),
        count=count,
        now=now,
        outcome_window=limits().outcome_window,
        recovered=RecoveryChecks(storage().groups, now),
        durable=durable(),
        first=(
            ContestAlerts(storage().entries, alerts, count).steps,
            JobWatchdog(jobs(), storage().entries, alerts, count, now).steps,
            AutoResolver(storage().entries, storage().groups, now).steps,
            BreakerAlerts(storage().policies, alerts, count).steps,
        ),
        automatic=automatic().steps,
        width=_WIDTH,
    )


@cache
def automatic() -> AutomaticReplayer:
    categories = Environment(os.environ).words("AUTOMATIC_CATEGORIES")
    return AutomaticReplayer(
        store=storage().entries,
        policies=storage().policies,
        policy_of=partial(effective_policy, storage().policies, categories=categories),
        bulk=bulk(),
        functions=functions(),
        now=now,
    )
