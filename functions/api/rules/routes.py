"""The team's own rules of classification."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Body

from api.caller import caller
from api.composition_root import storage
from api.groups.models import RulesRequest, RulesView
from api.groups.views import rules_view
from api.openapi_docs import documented
from api.replay_commands import send

router = Router()
_OK = HTTPStatus.OK


@router.get(
    "/rules",
    summary="The team's own rules, tried before the service's",
    responses=documented((_OK, RulesView, "The version in effect")),
)
def get_rules() -> RulesView:
    return rules_view(storage().rules.current())


@router.put(
    "/rules",
    summary="Replace the team's own rules",
    responses=documented((_OK, RulesView, "The version in effect")),
)
def put_rules(request: Annotated[RulesRequest, Body()]) -> RulesView:
    """All of them at once, as a new version; an empty list takes them back. A rule that can't be used is
    refused by name, and nothing has changed then. Triage uses them within a minute."""
    send("set_rules", rules=request.rules, by=caller(router), reason=request.reason)
    return rules_view(storage().rules.current())
