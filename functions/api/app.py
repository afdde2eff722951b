"""Entry point of the REST API; the routes stand in `api.routes`."""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from api.routes import app
from lambda_replay.settings import STACK_VARIABLE

logger = Logger(service="api")


def _as_json(event: dict[str, Any]) -> dict[str, Any]:
    """Bodies are JSON whatever their content type says: `curl -d` calls them forms."""
    headers = {k: v for k, v in (event.get("headers") or {}).items() if k.lower() != "content-type"}
    lists = {k: v for k, v in (event.get("multiValueHeaders") or {}).items() if k.lower() != "content-type"}
    kind = "application/json"
    return {
        **event,
        "headers": {**headers, "Content-Type": kind},
        "multiValueHeaders": {**lists, "Content-Type": [kind]},
    }


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    answer = app.resolve(_as_json(event), context)
    logger.info(
        "request",
        route=event.get("resource"),
        method=event.get("httpMethod"),
        status=answer["statusCode"],
        caller=(event.get("requestContext", {}).get("identity") or {}).get("userArn"),
        stack=os.environ.get(STACK_VARIABLE),
    )
    return answer
