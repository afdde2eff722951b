"""Functions: which ones fail, and when their executions are replayed automatically."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from api.caller import caller
from api.commands import send
from api.documented import documented
from api.function_models import FunctionListPage, FunctionName, PolicyRequest, StandingView
from api.function_views import function_view, policy_view, standing_view
from api.listing import cursor_of, position
from api.models import ReasonText
from api.settings import settings, storage
from lambda_replay.adapters.clock import now
from lambda_replay.domain.score import automatic_scope
from lambda_replay.ports.policies import Standing
from lambda_replay.use_cases.breaking import looked_at
from lambda_replay.use_cases.policies import own_or_stack

router = Router()

Function = Annotated[FunctionName, Path(description="The function's name")]
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
    names = [seen.function.name for seen in page.functions]
    standings = storage().policies.standings(names)
    return FunctionListPage(
        functions=[
            function_view(seen, _shown(name, standings[name]))
            for seen, name in zip(page.functions, names, strict=True)
        ],
        cursor=cursor_of(page.after, _LIST),
    )


@router.get(
    "/functions/<function_name>/policy",
    summary="When this function's executions are replayed automatically, and how that goes",
    responses=documented((_OK, StandingView, "The policy in force, its breaker, and what came of it")),
)
def get_policy(function_name: Function) -> StandingView:
    return _standing(function_name)


@router.put(
    "/functions/<function_name>/policy",
    summary="Replace the function's policy",
    responses=documented((_OK, StandingView, "The policy in force")),
)
def put_policy(function_name: Function, request: Annotated[PolicyRequest, Body()]) -> StandingView:
    """The whole policy, as a new version. It is for failures from now on, within a minute; replays that are
    planned already go out only if it allows them too."""
    policy = request.model_dump(exclude={"by_category", "by_group", "reason"})
    for name, exceptions in (("by_category", request.by_category), ("by_group", request.by_group)):
        policy[name] = {key: one if one is None else one.given() for key, one in exceptions.items()}
    send("set_policy", function=function_name, policy=policy, by=caller(router), reason=request.reason)
    return _standing(function_name)


@router.delete(
    "/functions/<function_name>/policy",
    summary="Take the function's own policy back: the stack's is in force again",
    responses=documented((_OK, StandingView, "The policy in force")),
)
def delete_policy(
    function_name: Function, reason: Annotated[ReasonText | None, Query()] = None
) -> StandingView:
    send("remove_policy", function=function_name, by=caller(router), reason=reason)
    return _standing(function_name)


def _standing(function: str) -> StandingView:
    return _shown(function, storage().policies.standings([function])[function])


def _shown(function: str, standing: Standing) -> StandingView:
    in_force = own_or_stack(standing.policy, function, settings().automatic_categories)
    counts = storage().entries.counts(automatic_scope(function))
    # As the next sweep will find it: it looks only when there is something to replay.
    breaker = looked_at(storage().entries, standing.breaker, counts, now())
    return standing_view(function, policy_view(standing.policy, in_force), breaker, counts)
