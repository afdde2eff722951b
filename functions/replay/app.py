"""Entry point of the replay function: one command in, what became of it out.

A command is `{"command": NAME, …}`; the schedule sends `sweep`, the API the others. The answer is
`{"execution_id": …, …}` or, when the command was refused, `{"refused": {"reason": …, "message": …}}`.
"""

import os
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambda_replay.adapters.clock import now
from lambda_replay.adapters.invoker import LambdaInvoker
from lambda_replay.adapters.metrics import counter, metrics_of, published
from lambda_replay.adapters.storage import Storage, open_storage
from lambda_replay.domain.allow_list import AllowList
from lambda_replay.domain.execution import Decision, Verb
from lambda_replay.domain.reasons import Refused
from lambda_replay.domain.replay import ReplayMode
from lambda_replay.settings import Environment, TableSettings
from lambda_replay.use_cases.decide import decide
from lambda_replay.use_cases.replay import ReplayCommand, Replayer, ReplayLimits
from lambda_replay.use_cases.sweep import Sweep

logger = Logger(service="replay")
metrics = metrics_of("replay")

# The sweep stops in time to return; what is left is due at the next one.
_SPARE_MS = 10_000

Answer = dict[str, Any]


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


def _replay(event: dict[str, Any]) -> Answer:
    execution, attempt = replayer().replay(_command(event))
    logger.info(
        "replayed", replay=attempt.number, status=attempt.status, replay_request_id=attempt.request_id
    )
    return {"execution_id": execution.id, "replay": attempt.number}


def _preview(event: dict[str, Any]) -> Answer:
    preview = replayer().preview(_command(event))
    return {
        "execution_id": preview.execution.id,
        "target": str(preview.target),
        "would_be_refused": preview.refusal,
    }


def _decide(verb: Verb, event: dict[str, Any]) -> Answer:
    until = event.get("until")
    decision = Decision(
        verb=verb,
        at=now(),
        by=event["by"],
        reason=event.get("reason"),
        until=None if until is None else datetime.fromisoformat(until),
    )
    return {"execution_id": decide(storage().entries, event["execution_id"], decision).id}


def _command(event: dict[str, Any]) -> ReplayCommand:
    return ReplayCommand(
        execution_id=event["execution_id"],
        by=event["by"],
        mode=ReplayMode(event.get("mode", ReplayMode.IF_NOT_REPLAYED)),
        qualifier=event.get("qualifier"),
        reason=event.get("reason"),
        idempotency_key=event.get("idempotency_key"),
    )


COMMANDS: dict[str, Callable[[dict[str, Any]], Answer]] = {
    "replay": _replay,
    "preview": _preview,
    "ignore": partial(_decide, Verb.IGNORED),
    "reopen": partial(_decide, Verb.REOPENED),
}


def _sweep(context: LambdaContext) -> Answer:
    sweep = Sweep(storage().entries, counter(metrics), now)
    handled = sweep.run(has_time=lambda: context.get_remaining_time_in_millis() > _SPARE_MS)
    logger.info("swept", handled=handled)
    return {"handled": handled}


@published(metrics)
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Answer:
    name = event.get("command") if isinstance(event, dict) else None
    if name == "sweep":
        return _sweep(context)
    command = COMMANDS.get(str(name))
    if command is None:
        raise ValueError(f"unknown command {name!r}: expected sweep, {', '.join(COMMANDS)}")
    logger.append_keys(command=name, execution_id=event.get("execution_id"), by=event.get("by"))
    try:
        return command(event)
    except Refused as refused:
        logger.info("refused", reason=refused.reason)
        return {"refused": {"reason": refused.reason, "message": str(refused)}}
