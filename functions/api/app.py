"""Entry point of the REST API; the routes stand in `api.router`."""

import base64
import os
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from api import errors
from api.errors import ApiError
from api.models import ErrorCode
from api.router import app
from lambda_replay.adapters.logs import logger_of
from lambda_replay.settings import STACK_VARIABLE

logger = logger_of("api")


def _as_json(event: dict[str, Any]) -> dict[str, Any]:
    """Bodies are JSON whatever their content type says: `curl -d` calls them forms."""
    headers = {k: v for k, v in (event.get("headers") or {}).items() if k.lower() != "content-type"}
    lists = {k: v for k, v in (event.get("multiValueHeaders") or {}).items() if k.lower() != "content-type"}
    kind = "application/json"
    return {
        **event,
        "headers": {**headers, "Content-Type": kind},
        "multiValueHeaders": {**lists, "Content-Type": [kind]},
        "body": _text(event),
        "isBase64Encoded": False,
    }


def _text(event: dict[str, Any]) -> str | None:
    """The body. Raises `ApiError` for one that is no text."""
    body: str | None = event.get("body")
    if body is None or not event.get("isBase64Encoded"):
        return body
    try:
        return base64.b64decode(body, validate=True).decode()
    except UnicodeDecodeError as error:
        raise _bad(f"body: not UTF-8 text: {error.reason} at byte {error.start}") from None
    except ValueError as error:
        raise _bad(f"body: not valid base64: {error}") from None


def _bad(message: str) -> ApiError:
    return ApiError(HTTPStatus.BAD_REQUEST, ErrorCode.INVALID_REQUEST, message)


def _answer(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    try:
        return app.resolve(_as_json(event), context)
    except ApiError as problem:  # before there was a route
        return errors.plain(problem)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    answer = _answer(event, context)
    logger.info(
        "request",
        route=event.get("resource"),
        method=event.get("httpMethod"),
        status=answer["statusCode"],
        caller=(event.get("requestContext", {}).get("identity") or {}).get("userArn"),
        stack=os.environ.get(STACK_VARIABLE),
    )
    return answer
