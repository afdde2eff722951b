"""Groups: what is broken, why these belong together, and what was decided about them."""

from collections import Counter
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from api import errors
from api.caller import caller
from api.composition_root import storage
from api.errors import ApiError
from api.groups.models import (
    AcknowledgeRequest,
    AssignRequest,
    ClassifyRequest,
    Fingerprint,
    GroupDetail,
    GroupPage,
    GroupView,
    IgnoreGroupRequest,
    LinkRequest,
    MergeRequest,
    NoteRequest,
    Person,
    ReopenGroupRequest,
    ResolveRequest,
    UnclassifyRequest,
    UnmergeRequest,
)
from api.groups.views import group_detail, group_view
from api.models import ErrorCode, Name, Time
from api.openapi_docs import documented
from api.pagination import cursor_of, position, span
from api.replay_commands import send
from lambda_replay.adapters.clock import now
from lambda_replay.domain.category import Category, Verdict
from lambda_replay.domain.groups.filter import GroupFilter
from lambda_replay.domain.groups.group import KEPT, Group, GroupStatus
from lambda_replay.domain.refusals import Reason
from lambda_replay.ports.common import UnreadableItemError
from lambda_replay.use_cases.groups.category_rule import is_classified

router = Router()

GroupId = Annotated[Fingerprint, Path(description="The group's fingerprint")]
_OK = HTTPStatus.OK
_HOURS_SHOWN = timedelta(days=7)
_FILTERS = {"function", "category", "verdict", "status", "owner", "from", "to"}
_CALLER = "me"


@router.get(
    "/groups",
    summary="What is broken: groups of failures, the last active first",
    responses=documented((_OK, GroupPage, "A page")),
)
def list_groups(
    function: Annotated[Name | None, Query(description="Function name")] = None,
    category: Annotated[Category | None, Query()] = None,
    verdict: Annotated[Verdict | None, Query()] = None,
    status: Annotated[GroupStatus | None, Query()] = None,
    owner: Annotated[
        Person | None, Query(description="Who has it: a name, an IAM ARN, or `me` for the caller")
    ] = None,
    since: Annotated[Time | None, Query(alias="from", description="Active at or after")] = None,
    until: Annotated[Time | None, Query(alias="to", description="Last active before")] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="At most so many; a page may hold fewer")] = 50,
    cursor: Annotated[str | None, Query(description="From the page before")] = None,
) -> GroupPage:
    """A group that is merged into another is shown as its member. A page may hold fewer groups than the limit
    and still have a cursor, as a page of executions may."""
    oldest, newest = span(since, until, kept=KEPT)
    wanted = GroupFilter(
        since=oldest,
        until=newest,
        function=function,
        category=category,
        verdict=verdict,
        status=status,
        owner=_person(owner),
    )
    asked = router.current_event.query_string_parameters or {}
    given = {"list": "groups", **{k: v for k, v in asked.items() if k in _FILTERS}}
    page = storage().groups.page(wanted, limit=limit, after=position(cursor, given))
    return GroupPage(
        groups=[group_view(group, members) for group, members in page.groups],
        cursor=cursor_of(page.after, given),
        unreadable=list(page.unreadable),
    )


@router.get(
    "/groups/<group_id>",
    summary="One group: why, when, and what was decided",
    responses=documented((_OK, GroupDetail, "The group")),
)
def get_group(group_id: GroupId) -> GroupDetail:
    group, members = _load(group_id)
    hours: Counter[datetime] = Counter()
    for one in (group, *members):
        hours.update(storage().groups.hours(one.fingerprint, now() - _HOURS_SHOWN))
    return group_detail(
        group,
        members,
        why=storage().groups.why(group_id),
        classified=is_classified(storage().rules.current(), group_id),
        hours=dict(hours),
        history=storage().groups.history(group_id),
    )


@router.post(
    "/groups/<group_id>/resolve",
    summary="It is fixed; a failure after this is a regression",
    responses=documented((_OK, GroupView, "Resolved")),
)
def resolve_group(group_id: GroupId, request: Annotated[ResolveRequest | None, Body()] = None) -> GroupView:
    return _decided("resolve_group", group_id, reason=None if request is None else request.reason)


@router.post(
    "/groups/<group_id>/ignore",
    summary="Leave it alone, for good, until a time, or for a number of failures",
    responses=documented((_OK, GroupView, "Ignored")),
)
def ignore_group(group_id: GroupId, request: Annotated[IgnoreGroupRequest, Body()]) -> GroupView:
    if request.until is not None and request.until <= now():
        raise ApiError(HTTPStatus.BAD_REQUEST, ErrorCode.INVALID_REQUEST, "until: must be in the future")
    until = None if request.until is None else request.until.isoformat()
    return _decided("ignore_group", group_id, reason=request.reason, until=until, failures=request.failures)


@router.post(
    "/groups/<group_id>/reopen",
    summary="Take it up again",
    responses=documented((_OK, GroupView, "Open")),
)
def reopen_group(
    group_id: GroupId, request: Annotated[ReopenGroupRequest | None, Body()] = None
) -> GroupView:
    return _decided("reopen_group", group_id, reason=None if request is None else request.reason)


@router.post(
    "/groups/<group_id>/note",
    summary="Leave a note in its history",
    responses=documented((_OK, GroupView, "Noted")),
)
def note_group(group_id: GroupId, request: Annotated[NoteRequest, Body()]) -> GroupView:
    return _decided("note_group", group_id, reason=request.text)


@router.post(
    "/groups/<group_id>/merge",
    summary="Have another group stand for both",
    responses=documented((_OK, GroupView, "The group, merged")),
)
def merge_group(group_id: GroupId, request: Annotated[MergeRequest, Body()]) -> GroupView:
    """From now on the other group's list, count and status are about both. Nothing is moved: unmerging gives
    back what each counted."""
    return _decided("merge_group", group_id, into=request.into, reason=request.reason)


@router.post(
    "/groups/<group_id>/unmerge",
    summary="Stand for itself again",
    responses=documented((_OK, GroupView, "The group, on its own")),
)
def unmerge_group(group_id: GroupId, request: Annotated[UnmergeRequest | None, Body()] = None) -> GroupView:
    return _decided("unmerge_group", group_id, reason=None if request is None else request.reason)


@router.post(
    "/groups/<group_id>/classify",
    summary="Correct its category: a rule of the team's for this group",
    responses=documented((_OK, GroupView, "With the category that the team says")),
)
def classify_group(group_id: GroupId, request: Annotated[ClassifyRequest, Body()]) -> GroupView:
    """The rule is one of those under `/rules`, the first of them. Failures from now on have this category and
    verdict, within a minute; those before keep what was said of them."""
    given = request.model_dump(mode="json")
    return _decided("classify_group", group_id, **given)


@router.post(
    "/groups/<group_id>/unclassify",
    summary="Take the correction back",
    responses=documented((_OK, GroupView, "The group")),
)
def unclassify_group(
    group_id: GroupId, request: Annotated[UnclassifyRequest | None, Body()] = None
) -> GroupView:
    """Its next failure is classified by the other rules again."""
    return _decided("unclassify_group", group_id, reason=None if request is None else request.reason)


@router.post(
    "/groups/<group_id>/acknowledge",
    summary="The caller looks after it",
    responses=documented((_OK, GroupView, "The group, with who has it")),
)
def acknowledge_group(
    group_id: GroupId, request: Annotated[AcknowledgeRequest | None, Body()] = None
) -> GroupView:
    """It stays open; a regression takes the acknowledgement back, and so does `acknowledged: false`."""
    given = (request or AcknowledgeRequest()).model_dump()
    return _decided("acknowledge_group", group_id, **given)


@router.post(
    "/groups/<group_id>/assign",
    summary="Have a person look after it",
    responses=documented((_OK, GroupView, "The group, with who has it")),
)
def assign_group(group_id: GroupId, request: Annotated[AssignRequest, Body()]) -> GroupView:
    return _decided("assign_group", group_id, assignee=_person(request.assignee), reason=request.reason)


@router.post(
    "/groups/<group_id>/link",
    summary="Attach its one ticket",
    responses=documented((_OK, GroupView, "The group, with its ticket")),
)
def link_group(group_id: GroupId, request: Annotated[LinkRequest, Body()]) -> GroupView:
    return _decided("link_group", group_id, url=request.url)


def family(fingerprint: str) -> tuple[str, ...]:
    """The group and those that are merged into it."""
    group = storage().groups.get([fingerprint]).get(fingerprint)
    return (fingerprint,) if group is None else (fingerprint, *group.members)


def _person(name: str | None) -> str | None:
    return caller(router) if name == _CALLER else name


def _decided(command: str, group_id: str, **arguments: object) -> GroupView:
    send(command, group=group_id, by=caller(router), **arguments)
    return group_view(*_load(group_id))


def _load(fingerprint: str) -> tuple[Group, tuple[Group, ...]]:
    group = storage().groups.get([fingerprint]).get(fingerprint)
    if group is None:
        if storage().groups.holds(fingerprint):
            raise UnreadableItemError(f"group {fingerprint}")
        raise errors.refused(Reason.GROUP_NOT_FOUND, f"no group has the fingerprint {fingerprint}")
    members = storage().groups.get(group.members) if group.members else {}
    return group, tuple(members[name] for name in group.members if name in members)
