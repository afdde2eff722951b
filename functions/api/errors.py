"""Everything that can go wrong, as `{"error": {"code", "message"}}` with its status."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response, content_types

from api.models import ErrorCode
from lambda_replay.domain.executions.tenant import ASKED as TENANT
from lambda_replay.domain.refusals import Reason

# A refusal is a conflict with the execution's state, unless it is one of these.
_STATUS: dict[Reason, HTTPStatus] = {
    Reason.EXECUTION_NOT_FOUND: HTTPStatus.NOT_FOUND,
    Reason.GROUP_NOT_FOUND: HTTPStatus.NOT_FOUND,
    Reason.RULES_INVALID: HTTPStatus.BAD_REQUEST,
    Reason.POLICY_INVALID: HTTPStatus.BAD_REQUEST,
    Reason.JOB_NOT_FOUND: HTTPStatus.NOT_FOUND,
    Reason.JOB_LIMIT: HTTPStatus.TOO_MANY_REQUESTS,
    Reason.NOTHING_SELECTED: HTTPStatus.BAD_REQUEST,
    Reason.PATCH_INVALID: HTTPStatus.BAD_REQUEST,
    Reason.TARGET_INVALID: HTTPStatus.BAD_REQUEST,
    Reason.TENANT_REQUIRED: HTTPStatus.BAD_REQUEST,
    Reason.TENANT_NOT_FOUND: HTTPStatus.BAD_REQUEST,
    Reason.TENANT_PATH_INVALID: HTTPStatus.BAD_REQUEST,
    Reason.NOT_ALLOW_LISTED: HTTPStatus.FORBIDDEN,
    Reason.OWN_FUNCTION: HTTPStatus.FORBIDDEN,
    Reason.PAYLOAD_EXPIRED: HTTPStatus.GONE,
    Reason.PAYLOAD_FORGOTTEN: HTTPStatus.GONE,
    Reason.THROTTLED: HTTPStatus.TOO_MANY_REQUESTS,
    Reason.PAYLOAD_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Reason.ENDPOINT_UNREACHABLE: HTTPStatus.BAD_GATEWAY,
}


class ApiError(Exception):
    """Ends a request with this answer."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def refused(reason: Reason, message: str) -> ApiError:
    return ApiError(_STATUS.get(reason, HTTPStatus.CONFLICT), reason.value, message)


def answer(problem: ApiError) -> Response[str]:
    body = {"error": {"code": problem.code, "message": str(problem)}}
    return Response(problem.status, content_types.APPLICATION_JSON, json.dumps(body))


def plain(problem: ApiError) -> dict[str, Any]:
    """As the gateway takes it, for a request that never came to a route."""
    reported = answer(problem)
    return {
        "statusCode": reported.status_code,
        "headers": {"Content-Type": reported.content_type},
        "body": reported.body,
        "isBase64Encoded": False,
    }


def invalid(errors: Sequence[Any]) -> ApiError:
    """Pydantic's findings in one line each, every one named by its field; the values stay out of it."""
    return ApiError(
        HTTPStatus.BAD_REQUEST, ErrorCode.INVALID_REQUEST, "; ".join(_line(error) for error in errors[:5])
    )


def _line(error: dict[str, Any]) -> str:
    place, *path = [str(part) for part in error["loc"]]
    if error["type"] == "json_invalid":
        return "body: not valid JSON"
    field = ".".join(path) or place
    where = "" if place in ("body", field) else f" ({place})"
    return f"{field}{where}: {_said(error)}"


def _said(error: dict[str, Any]) -> str:
    """What is expected, as a sentence: pydantic quotes a pattern, and says that a check of ours raised."""
    if error["type"] == "string_pattern_mismatch":
        return FORMS[error["ctx"]["pattern"]]
    raised: str = error["msg"]
    return _MESSAGE.get(error["type"], raised.removeprefix("Value error, "))


_NAME = "letters, digits, - and _"
FORMS = {
    r"^[0-9a-f]{8,64}$": "a group's fingerprint is 8 to 64 hex digits in lower case; GET /groups lists them",
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$": "an execution's id is at most 128 letters, digits, dots, - and _, "
    "and begins with a letter or a digit",
    r"^[\x21-\x7e]{1,128}$": "expected 1 to 128 printable ASCII characters without spaces",
    r"^(\$LATEST|[A-Za-z0-9_-]{1,128})$": f"an alias or a version is $LATEST, or 1 to 128 {_NAME}",
    TENANT: "a tenant is an id of 1 to 256 letters, digits, spaces and . _ : / = + - @, or jmespath: and a "
    "path into the payload",
    r"^(arn:aws[a-z-]*:lambda:[a-z0-9-]{1,30}:[0-9]{12}:function:)?[A-Za-z0-9_-]{1,140}$": "expected a "
    f"function's name (1 to 140 {_NAME}), or its ARN, without an alias",
}
"""What each pattern of the models means."""

_MESSAGE = {
    "extra_forbidden": "no such field",
    "timezone_aware": "needs a time zone, as in 2026-01-31T09:00:00Z",
    "model_attributes_type": "expected a JSON object",
}
