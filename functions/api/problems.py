"""Everything that can go wrong, as `{"error": {"code", "message"}}` with its status."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response, content_types

from api.models import ErrorCode
from lambda_replay.domain.reasons import Reason

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
    Reason.NOT_ALLOW_LISTED: HTTPStatus.FORBIDDEN,
    Reason.OWN_FUNCTION: HTTPStatus.FORBIDDEN,
    Reason.PAYLOAD_EXPIRED: HTTPStatus.GONE,
    Reason.THROTTLED: HTTPStatus.TOO_MANY_REQUESTS,
    Reason.PAYLOAD_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Reason.ENDPOINT_UNREACHABLE: HTTPStatus.BAD_GATEWAY,
}


class Problem(Exception):
    """Ends a request with this answer."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def refused(reason: Reason, message: str) -> Problem:
    return Problem(_STATUS.get(reason, HTTPStatus.CONFLICT), reason.value, message)


def answer(problem: Problem) -> Response[str]:
    body = {"error": {"code": problem.code, "message": str(problem)}}
    return Response(problem.status, content_types.APPLICATION_JSON, json.dumps(body))


def invalid(errors: Sequence[Any]) -> Problem:
    """Pydantic's findings in one line each, every one named by its field; the values stay out of it."""
    return Problem(
        HTTPStatus.BAD_REQUEST, ErrorCode.INVALID_REQUEST, "; ".join(_line(error) for error in errors[:5])
    )


def _line(error: dict[str, Any]) -> str:
    place, *path = [str(part) for part in error["loc"]]
    if error["type"] == "json_invalid":
        return "body: not valid JSON"
    field = ".".join(path) or place
    where = "" if place in ("body", field) else f" ({place})"
    return f"{field}{where}: {_MESSAGE.get(error['type'], error['msg'])}"


_MESSAGE = {
    "extra_forbidden": "no such field",
    "timezone_aware": "needs a time zone, as in 2026-01-31T09:00:00Z",
    "model_attributes_type": "expected a JSON object",
}
