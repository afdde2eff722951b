"""What triage needs from its environment, put together once."""

import os
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from lambda_replay.adapters.aws.clients import lazy
from lambda_replay.adapters.aws.function_roles import LambdaFunctionRoles
from lambda_replay.adapters.aws.metrics import counter, metrics_of
from lambda_replay.adapters.aws.sqs_queues import SqsQueues
from lambda_replay.adapters.clock import now
from lambda_replay.adapters.logs import logger_of
from lambda_replay.adapters.storage import Storage, object_store
from lambda_replay.domain.functions.allow_list import AllowList
from lambda_replay.domain.intake.dead_letter import DeadLetterOwners
from lambda_replay.domain.team_rules import RuleSet
from lambda_replay.ports.alerts import Count
from lambda_replay.settings import Environment, TableSettings
from lambda_replay.use_cases.groups.auto_resolve import RecoveryChecks
from lambda_replay.use_cases.groups.count import GroupCounter
from lambda_replay.use_cases.intake.batch import BatchFactory
from lambda_replay.use_cases.intake.keep import Keeping
from lambda_replay.use_cases.intake.origins import Origins
from lambda_replay.use_cases.intake.read_message import Intake, Message
from lambda_replay.use_cases.intake.refuse import Refusing
from lambda_replay.use_cases.intake.triage import Triage
from lambda_replay.use_cases.policies.policies import CurrentPolicies, SeenFunctions
from lambda_replay.use_cases.team_rules import CurrentRules

logger = logger_of("triage")
metrics = metrics_of("triage")

# A payload of 1 MB and a response of 6 MB, or a batch of a stream of 6 MB as a text inside a text.
_LARGEST_OBJECT = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Parts:
    intake: Intake
    batches: BatchFactory
    refusing: Refusing
    keeping: Keeping
    shuffled: Callable[[list[Message]], list[Message]]
    queues: frozenset[str]
    """ARNs of the queues that the template maps to the function."""
    queue_alias: str | None
    """The alias that they are mapped to; None where they are mapped to the function itself."""


@cache
def parts() -> Parts:
    environment = Environment(os.environ)
    settings = TableSettings.read(environment)
    storage = Storage(settings, _unreadable)
    triage = Triage(
        store=storage.entries,
        records=storage.records,
        rules=CurrentRules(storage.rules, now, _refused, _unread),
        count=counter(metrics),
        now=now,
        retention=settings.retention,
        policies=CurrentPolicies(
            storage.policies, environment.words("AUTOMATIC_CATEGORIES"), now, _policy_unread
        ),
        seen=SeenFunctions(storage.functions, now, _unnoted),
        recovered=RecoveryChecks(storage.groups, now),
        origin_of=Origins(
            LambdaFunctionRoles(now), AllowList.parse(environment.text("REPLAYABLE_FUNCTIONS"))
        ),
    )
    bucket = environment.text("FAILURE_BUCKET")
    owners = DeadLetterOwners.parse(environment.optional("DEAD_LETTERS"))
    queues = SqsQueues(lazy("sqs", region_name=settings.region, connect_timeout=2, read_timeout=5))
    return Parts(
        Intake(
            owners=owners,
            bucket=bucket,
            fetch=object_store(bucket, settings.region, largest=_LARGEST_OBJECT).get,
            from_bus=AllowList.parse(environment.text("REPLAYABLE_FUNCTIONS")),
        ),
        BatchFactory(
            triage,
            storage.records,
            storage.groups,
            now,
            _new_id,
            GroupCounter(storage.groups, storage.records, now),
        ),
        Refusing(queues, environment.text("FAILURE_QUEUE_DLQ"), now, counter(metrics)),
        Keeping(queues, now, counter(metrics), random.random),
        lambda messages: random.sample(messages, len(messages)),
        frozenset({environment.text("FAILURE_QUEUE"), *owners.functions}),
        environment.optional("QUEUE_ALIAS") or None,
    )


def _unreadable(item_id: str, fault: Exception) -> None:
    counter(metrics)(Count.ITEM_UNREADABLE)
    logger.warning("item can't be read", item=item_id, reason=repr(fault))


def _unread(fault: Exception) -> None:
    logger.warning("own rules not read; those before are still used", exc_info=fault)


def _policy_unread(fault: Exception) -> None:
    logger.warning("a policy not read; the one before is still used, if any", exc_info=fault)


def _unnoted(fault: Exception) -> None:
    logger.warning("not noted that a function failed; its next failure will", exc_info=fault)


def _refused(rules: RuleSet, error: Exception) -> None:
    counter(metrics)(Count.RULES_REFUSED)
    logger.error("own rules refused", version=rules.version, reason=str(error))


def _new_id() -> str:
    return uuid.uuid4().hex
