"""Commands to the replay function: the API itself may change nothing."""

import json
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from api.composition_root import settings
from api.errors import ApiError, refused
from api.models import ErrorCode
from lambda_replay.adapters.aws.clients import lazy
from lambda_replay.domain.refusals import Reason
from lambda_replay.domain.unknown_fields import known_or_kept

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@cache
def _client() -> "LambdaClient":
    # One call, one command: when its answer is lost, the caller's Idempotency-Key tells what became of it.
    # The gateway waits 29 seconds.
    options = {"connect_timeout": 2, "read_timeout": 27, "retries": {"total_max_attempts": 1}}
    client: LambdaClient = lazy("lambda", region_name=settings().tables.region, **options)()
    return client


def send(command: str, **arguments: Any) -> dict[str, Any]:
    """The replay function's answer. Raises `ApiError` when it refused or failed."""
    try:
        answer = _client().invoke(
            FunctionName=settings().replay_function,
            Payload=json.dumps({"command": command, **arguments}).encode(),
        )
    except (BotoCoreError, ClientError) as error:
        raise ApiError(
            HTTPStatus.BAD_GATEWAY,
            ErrorCode.INTERNAL_ERROR,
            f"the replay function did not answer ({type(error).__name__}); look at the execution before "
            "repeating this, or repeat it with the same Idempotency-Key",
        ) from error
    result: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise ApiError(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            ErrorCode.INTERNAL_ERROR,
            "the replay function failed; its log group tells why, under this call's time",
        )
    if "refused" in result:
        raise refused(known_or_kept(Reason, result["refused"]["reason"]), result["refused"]["message"])
    return result
