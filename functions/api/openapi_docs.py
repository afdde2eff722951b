"""A route's answers, as the OpenAPI document shows them."""

from http import HTTPStatus
from typing import Any

from api.models import ErrorAnswer, GatewayAnswer

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
    HTTPStatus.SERVICE_UNAVAILABLE: "API Gateway could not hand the request over",
    HTTPStatus.GATEWAY_TIMEOUT: "The service did not answer in time; a change may have been made",
}
# API Gateway answers with these by itself too, or alone (Developer Guide, "Gateway response types").
_GATEWAYS_TOO = {
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
}
_GATEWAYS_ALONE = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}


def documented(*answers: tuple[HTTPStatus, Any, str]) -> Any:
    """For the `responses` of a route: the given ones, and the errors that every route may answer with."""
    errors = [(status, _shape(status), description) for status, description in _ERRORS.items()]
    return {
        int(status): {"description": description, "content": {"application/json": {"model": model}}}
        for status, model, description in [*answers, *errors]
    }


def _shape(status: HTTPStatus) -> Any:
    if status in _GATEWAYS_ALONE:
        return GatewayAnswer
    return ErrorAnswer | GatewayAnswer if status in _GATEWAYS_TOO else ErrorAnswer
