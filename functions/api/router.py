"""The API: all routes, and what becomes of errors. A route is validated input in, one look or one command, a
view out."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from api import errors
from api.errors import ApiError
from api.executions import routes as execution_routes
from api.functions import routes as function_routes
from api.groups import routes as group_routes
from api.jobs import routes as job_routes
from api.models import ErrorCode
from api.rules import routes as rule_routes
from api.stats import routes as stats_routes
from lambda_replay.domain.refusals import Reason, meaning
from lambda_replay.ports.common import UnreadableItemError

app = APIGatewayRestResolver(enable_validation=True)
logger = Logger(service="api", child=True)

# What Python refuses in JSON by an error of no class of its own, by the error's class and words.
_UNREAD: dict[tuple[type[Exception], str], str] = {
    (ValueError, "integer string conversion"): "holds a number of more digits than can be read",
    (RecursionError, "while decoding a JSON"): "is nested too deeply",
}

for routes in (execution_routes, function_routes, group_routes, job_routes, rule_routes, stats_routes):
    app.include_router(routes.router)


def _names_are_not_empty(app: APIGatewayRestResolver, following: NextMiddleware) -> Response[Any]:
    """`/groups/` asks for one group, whose name is missing; the resolver takes it for the list."""
    path = app.current_event.path
    if path.endswith("/"):
        message = f"no such route: {path} ends where an id, a fingerprint or a name is expected"
        raise ApiError(HTTPStatus.NOT_FOUND, ErrorCode.NOT_FOUND, message)
    return following(app)


app.use(middlewares=[_names_are_not_empty])


@app.exception_handler(ApiError)
def _problem(problem: ApiError) -> Response[str]:
    return errors.answer(problem)


@app.exception_handler(RequestValidationError)
def _invalid(error: RequestValidationError) -> Response[str]:
    return errors.answer(errors.invalid(error.errors()))


@app.exception_handler(UnreadableItemError)
def _unreadable(item: UnreadableItemError) -> Response[str]:
    reason = Reason.UNREADABLE
    return errors.answer(errors.refused(reason, f"{item}: {meaning(reason)}"))


@app.exception_handler(Exception)
def _fault(fault: Exception) -> Response[str]:
    unread = next((said for (kind, words), said in _UNREAD.items() if _is(fault, kind, words)), None)
    if unread is not None:
        message = f"body: {unread}"
        return errors.answer(ApiError(HTTPStatus.BAD_REQUEST, ErrorCode.INVALID_REQUEST, message))
    logger.exception("request failed", exc_info=fault)
    message = "the service failed; its log tells why, under this request's time"
    return errors.answer(ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, ErrorCode.INTERNAL_ERROR, message))


def _is(fault: Exception, kind: type[Exception], words: str) -> bool:
    return isinstance(fault, kind) and words in str(fault)


@app.not_found
def _not_found(_: NotFoundError) -> Response[str]:
    path = app.current_event.path
    return errors.answer(ApiError(HTTPStatus.NOT_FOUND, ErrorCode.NOT_FOUND, f"no such route: {path}"))
