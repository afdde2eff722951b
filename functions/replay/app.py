"""Entry point of the replay function: one command in, what became of it out.

A command is `{"command": NAME, …}`; the schedule sends `sweep`, the API the others. The answer is
`{"execution_id": …, …}` or the like, or, when the command was refused, `{"refused": {"reason": …,
"message": …}}`.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambda_replay.adapters.aws.metrics import published
from lambda_replay.domain.refusals import Reason, RefusedError, meaning
from lambda_replay.ports.common import StaleVersionError, UnreadableItemError
from replay.commands import COMMANDS, Answer
from replay.composition_root import invoker, logger, metrics, sweep
from replay.job_commands import JOB_COMMANDS, SENDING_SPARE_MS

# The sweep stops in time to return, sending as early as a job's turn; what is left is due at the next one.
_SPARE_MS = 10_000


def _sweep(context: LambdaContext) -> Answer:
    handled = sweep().run(
        has_time=lambda: context.get_remaining_time_in_millis() > _SPARE_MS,
        may_send=lambda: context.get_remaining_time_in_millis() > SENDING_SPARE_MS,
    )
    logger.info("swept", handled=handled)
    return {"handled": handled}


@published(metrics)
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Answer:
    # The process may have slept since its last call.
    invoker().renew()
    name = str(event.get("command") if isinstance(event, dict) else None)
    if name == "sweep":
        return _sweep(context)
    if name not in COMMANDS and name not in JOB_COMMANDS:
        known = ", ".join(["sweep", *COMMANDS, *JOB_COMMANDS])
        raise ValueError(f"unknown command {name!r}: expected {known}")
    about = {key: event[key] for key in ("execution_id", "group", "job_id", "by") if key in event}
    logger.append_keys(command=name, **about)
    try:
        return COMMANDS[name](event) if name in COMMANDS else JOB_COMMANDS[name](event, context)
    except RefusedError as refused:
        return _refused(refused)
    except UnreadableItemError as item:
        return _refused(RefusedError(Reason.UNREADABLE, f"{item}: {meaning(Reason.UNREADABLE)}"))
    except StaleVersionError:
        return _refused(RefusedError(Reason.CHANGED_CONCURRENTLY))


def _refused(refused: RefusedError) -> Answer:
    logger.info("refused", reason=refused.reason)
    return {"refused": {"reason": refused.reason, "message": str(refused)}}
