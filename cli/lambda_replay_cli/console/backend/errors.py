"""Whatever goes wrong, as a title, what happened, and what to do about it."""

from dataclasses import dataclass
from http import HTTPStatus

from lambda_replay_cli.console.backend.permissions import is_denied
from lambda_replay_cli.console.client import ApiError, ExternalError, UsageError, trouble

_SIGN_IN = "Sign in again in a terminal (aws sso login, or new keys), then load this page again."
_THROTTLED = "Too much was asked at once. Wait a few seconds and load the page again."
_STRUGGLING = "Nothing was lost. Load the page again; lambda-replay status tells how the service fares."
_AWAY = "Check the network. This page tries again when you load it; what runs in AWS goes on."
# Words in errors of AWS about credentials that have ended or are none.
_ENDED = ("expired", "does not know these credentials", "no aws credentials", "security token", "signature")


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """`what` may be text that others wrote. `fresh_credentials`: the connection must be made again."""

    status: HTTPStatus
    title: str
    what: str
    fix: str = ""
    code: str = ""
    fresh_credentials: bool = False


def problem(error: Exception) -> ErrorPage | None:
    """None for what is a fault of the console."""
    if isinstance(error, UsageError):
        return ErrorPage(HTTPStatus.BAD_REQUEST, "This can't be meant like this", str(error))
    if isinstance(error, ApiError):
        return _of_refusal(error)
    if isinstance(error, ExternalError):
        return _of_trouble(error)
    known = trouble(error)
    return None if known is None else _of_trouble(known)


def _of_refusal(error: ApiError) -> ErrorPage:
    status = HTTPStatus(error.status) if error.status in _STATUSES else HTTPStatus.BAD_GATEWAY
    if any(word in f"{error.code} {error.message}".lower() for word in _ENDED) and not error.by_service:
        return ErrorPage(status, "The AWS credentials have ended", error.message, _SIGN_IN, error.code, True)
    if is_denied(error):
        return ErrorPage(status, "You may not do this", error.message, _permission(error), error.code)
    if error.status == HTTPStatus.TOO_MANY_REQUESTS and error.code != "job_limit":
        return ErrorPage(status, "AWS asks for a slower pace", error.message, _THROTTLED, error.code)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ErrorPage(
            status, "The service did not answer as it should", error.message, _STRUGGLING, error.code
        )
    if error.status == HTTPStatus.NOT_FOUND:
        return ErrorPage(status, "There is no such thing here", error.message, code=error.code)
    return ErrorPage(status, "The service refused", error.message, code=error.code)


def _permission(error: ApiError) -> str:
    """API Gateway names the resource; without it, the policies that hold all of them are named."""
    _, _, resource = error.message.partition(" on resource: ")
    named = resource.split(" ")[0].rstrip(".")
    what = f"execute-api:Invoke on {named}" if named else "execute-api:Invoke on this route"
    policies = "The policy of the stack's output OperatorPolicyArn (to look: ViewerPolicyArn) has it."
    return f"Missing is the permission {what}. {policies}"


def _of_trouble(error: ExternalError) -> ErrorPage:
    text = str(error)
    if any(word in text.lower() for word in _ENDED):
        return ErrorPage(
            HTTPStatus.UNAUTHORIZED, "The AWS credentials have ended", text, _SIGN_IN, fresh_credentials=True
        )
    if "there is no stack" in text:
        return ErrorPage(HTTPStatus.BAD_GATEWAY, "The stack is not there", text)
    if "does not allow it" in text:
        return ErrorPage(HTTPStatus.FORBIDDEN, "You may not do this", text)
    return ErrorPage(HTTPStatus.BAD_GATEWAY, "AWS can't be reached", text, _AWAY)


_STATUSES = frozenset(status.value for status in HTTPStatus if status >= HTTPStatus.BAD_REQUEST)
