"""A route's answers, as the OpenAPI document shows them."""

from http import HTTPStatus
from typing import Any

from api.models import ErrorAnswer

_ERRORS = {
    HTTPStatus.BAD_REQUEST: "A parameter or the body is not valid; the message names the field",
    HTTPStatus.FORBIDDEN: "Not signed, not allowed by IAM, or the function is not allow-listed",
    HTTPStatus.NOT_FOUND: "No such execution, group or job",
    HTTPStatus.CONFLICT: "Refused; the code is the reason",
    HTTPStatus.GONE: "The payload is no longer stored",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The payload is larger than an asynchronous Invoke accepts",
    HTTPStatus.TOO_MANY_REQUESTS: "Lambda throttled the Invoke call to the end, or too many jobs are running",
    HTTPStatus.INTERNAL_SERVER_ERROR: "The service failed; its log tells why",
    HTTPStatus.BAD_GATEWAY: "Lambda's answer was lost: the attempt is `uncertain`",
}


def documented(*answers: tuple[HTTPStatus, type, str]) -> Any:
    """For the `responses` of a route: the given ones, and the errors that every route may answer with."""
    errors = [(status, ErrorAnswer, description) for status, description in _ERRORS.items()]
    return {
        int(status): {"description": description, "content": {"application/json": {"model": model}}}
        for status, model, description in [*answers, *errors]
    }
