"""Functions: which ones fail, and when their executions are replayed automatically."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from api.caller import caller
from api.composition_root import settings, storage
from api.errors import ApiError
from api.functions.models import FunctionListPage, FunctionName, PolicyHistory, PolicyRequest, StandingView
from api.functions.views import function_view, policy_view, standing_view, version_view
from api.models import ErrorCode, ReasonText
from api.openapi_docs import documented
from api.pagination import cursor_of, position
from api.replay_commands import send
from lambda_replay.adapters.clock import now
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.ports.policies import PolicyStatus
from lambda_replay.use_cases.policies.breaker_check import automatic_counts, looked_at
from lambda_replay.use_cases.policies.policies import own_or_stack

router = Router()

Function = Annotated[
    FunctionName,
    Path(description="The function's name; its ARN where functions of several accounts or regions have it"),
]
_OK = HTTPStatus.OK
_LIST = {"list": "functions"}


@router.get(
    "/functions",
    summary="Functions that have failed, the last seen first, with their policies",
    responses=documented((_OK, FunctionListPage, "A page")),
)
def list_functions(
    limit: Annotated[int, Query(ge=1, le=100, description="At most so many")] = 20,
    cursor: Annotated[str | None, Query(description="From the page before")] = None,
) -> FunctionListPage:
    """A function is listed for 400 days after it was last seen to fail."""
    page = storage().functions.page(limit=limit, after=position(cursor, _LIST))
    standings = storage().policies.standings([seen.function.unqualified for seen in page.functions])
    return FunctionListPage(
        functions=[
            function_view(seen, _shown(seen.function, standings[seen.function.unqualified]))
            for seen in page.functions
        ],
        cursor=cursor_of(page.after, _LIST),
    )


@router.get(
    "/functions/<function_name>/policy",
    summary="When this function's executions are replayed automatically, and how that goes",
    responses=documented((_OK, StandingView, "The policy in effect, its breaker, and what came of it")),
)
def get_policy(function_name: Function) -> StandingView:
    return _standing(_named(function_name))


@router.get(
    "/functions/<function_name>/policy/history",
    summary="Who changed the function's own policy, when, why, and what it said",
    responses=documented((_OK, PolicyHistory, "Its versions")),
)
def get_policy_history(function_name: Function) -> PolicyHistory:
    function = _named(function_name)
    versions = storage().policies.history(function.unqualified)
    return PolicyHistory(
        function=function.name,
        function_arn=function.unqualified,
        versions=[version_view(policy) for policy in versions],
    )


@router.put(
    "/functions/<function_name>/policy",
    summary="Replace the function's policy",
    responses=documented((_OK, StandingView, "The policy in effect")),
)
def put_policy(function_name: Function, request: Annotated[PolicyRequest, Body()]) -> StandingView:
    """The whole policy, as a new version. It is for failures from now on, within a minute; replays that are
    planned already go out only if it allows them too."""
    policy = request.model_dump(exclude={"by_category", "by_group", "reason"})
    for name, exceptions in (("by_category", request.by_category), ("by_group", request.by_group)):
        policy[name] = {key: one if one is None else one.given() for key, one in exceptions.items()}
    function = _named(function_name)
    send(
        "set_policy",
        function=function.unqualified,
        policy=policy,
        by=caller(router),
        reason=request.reason,
    )
    return _standing(function)


@router.delete(
    "/functions/<function_name>/policy",
    summary="Take the function's own policy back: the stack's is in effect again",
    responses=documented((_OK, StandingView, "The policy in effect")),
)
def delete_policy(
    function_name: Function, reason: Annotated[ReasonText | None, Query()] = None
) -> StandingView:
    function = _named(function_name)
    send("remove_policy", function=function.unqualified, by=caller(router), reason=reason)
    return _standing(function)


def _named(function: str) -> FunctionArn:
    """By its ARN, or by its name: the one of that name that failed, or else the one beside this service.
    Raises `ApiError` when several of that name failed."""
    if function.startswith("arn:"):
        return FunctionArn.parse(function)
    found = storage().functions.named(function)
    if len(found) > 1:
        arns = ", ".join(sorted(one.unqualified for one in found))
        message = f"function_name: {function} is several functions; name one by its ARN: {arns}"
        raise ApiError(HTTPStatus.CONFLICT, ErrorCode.AMBIGUOUS_FUNCTION, message)
    return found[0] if found else settings().beside(function)


def _standing(function: FunctionArn) -> StandingView:
    key = function.unqualified
    return _shown(function, storage().policies.standings([key])[key])


def _shown(function: FunctionArn, standing: PolicyStatus) -> StandingView:
    effective = own_or_stack(standing.policy, function.unqualified, settings().automatic_categories)
    counts = automatic_counts(storage().entries, function.unqualified)
    # As the next sweep will find it: it looks only when there is something to replay.
    breaker = looked_at(storage().entries, standing.breaker, counts, now())
    return standing_view(function, policy_view(standing.policy, effective), breaker, counts)
