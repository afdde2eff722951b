"""What the API takes and gives about groups and rules."""

import json
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from api.models import Read, ReasonText, Request, Shown, Time, Unreadable
from lambda_replay.domain.category import Category, Verdict
from lambda_replay.domain.groups.group import AlertKind, GroupStatus, GroupVerb

_LONGEST_ADDRESS = 500


def _https(address: str) -> str:
    """People click on it: no other scheme, no name and password before the host, nothing unseen."""
    parts = urlsplit(address)
    if (
        len(address) > _LONGEST_ADDRESS
        or not address.isprintable()
        or " " in address
        or parts.scheme != "https"
        or not parts.hostname
        or "@" in parts.netloc
    ):
        raise ValueError(
            f"expected an address like https://tracker/PAY-12, at most {_LONGEST_ADDRESS} characters"
        )
    return address


def _printable(name: str) -> str:
    if not name.isprintable():
        raise ValueError("expected a name without control characters")
    return name


Person = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_printable),
]
Ticket = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_https)]
Fingerprint = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8,64}$")]


class ResolveRequest(Request):
    reason: ReasonText | None = Field(default=None, description="What was fixed, and in which version")


class IgnoreGroupRequest(Request):
    reason: ReasonText
    until: Time | None = Field(default=None, description="When the next failure wakes the group")
    failures: int | None = Field(
        default=None, ge=1, le=1_000_000_000, description="How many more failures may come before it wakes"
    )


class ReopenGroupRequest(Request):
    reason: ReasonText | None = None


class NoteRequest(Request):
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class MergeRequest(Request):
    into: Fingerprint = Field(description="The group that will stand for both")
    reason: ReasonText | None = None


class UnmergeRequest(Request):
    reason: ReasonText | None = None


class ClassifyRequest(Request):
    category: Category
    verdict: Verdict | None = Field(
        default=None, description="That of most failures of the category, if none"
    )
    reason: ReasonText | None = None


class UnclassifyRequest(Request):
    reason: ReasonText | None = None


class AcknowledgeRequest(Request):
    acknowledged: bool = Field(default=True, description="false takes it back")
    reason: ReasonText | None = None


class AssignRequest(Request):
    assignee: Person | None = Field(
        description="A name, an IAM ARN, or `me` for the caller; null takes the assignment back"
    )
    reason: ReasonText | None = None


class LinkRequest(Request):
    url: Ticket | None = Field(description="The ticket's https address; null takes the link away")


class OwnershipView(Read):
    acknowledged_by: str | None = Field(description="IAM ARN")
    acknowledged_at: datetime | None
    assignee: str | None
    ticket: str | None = Field(description="An https address")
    owner: str | None = Field(description="The assignee, or else who acknowledged it")


class GroupDecisionView(Read):
    verb: GroupVerb
    at: datetime
    by: str
    reason: str | None
    until: datetime | None
    until_count: int | None = Field(description="An ignoring ends when the group's count exceeds it")
    other: str | None = Field(description="The other group of a merge")


class MemberView(Read):
    """A group that is merged into this one, with what it counts itself."""

    fingerprint: str
    function: str
    title: Shown
    count: int
    first_seen: datetime
    last_seen: datetime


class GroupView(MemberView):
    """`count`, `first_seen` and `last_seen` are those of the group and its members together."""

    status: GroupStatus
    category: str
    verdict: str
    functions: list[str]
    algorithm: int
    decision: GroupDecisionView | None = Field(description="The decision in effect")
    ownership: OwnershipView = Field(description="A regression takes the acknowledgement back")
    alert: AlertKind | None = Field(description="An alert that is about to be sent")
    merged_into: str | None
    members: list[MemberView]


class HourView(Read):
    hour: datetime
    count: int


class WhyView(Read):
    """Why these failures are one group: what the fingerprint was made of, as the first of them showed."""

    parts: dict[str, Any]
    algorithm: int
    rule: str
    reasons: list[Shown]
    example: str = Field(description="Request id of the run that it was made from")


class GroupDetail(GroupView):
    why: WhyView | None
    classified_by_team: bool = Field(description="Its category is that of `POST /groups/{group_id}/classify`")
    hours: list[HourView] = Field(description="Failed runs by hour, of the last 7 days, the oldest first")
    history: list[GroupDecisionView] = Field(description="Decisions and notes, the newest first, at most 50")


class GroupPage(Read):
    groups: list[GroupView]
    cursor: str | None = Field(description="Ask for the next page with it; null on the last one")
    unreadable: Unreadable


class RulesRequest(Request):
    rules: list[dict[str, Any]] = Field(
        max_length=200, description="Tried in this order, before the service's"
    )
    reason: ReasonText | None = None

    @model_validator(mode="after")
    def _small_enough(self) -> "RulesRequest":
        if len(json.dumps(self.rules, ensure_ascii=False).encode(errors="replace")) > 200_000:
            raise ValueError("the rules are larger than 200 000 bytes")
        return self


class RulesView(Read):
    version: int = Field(description="0 where there are none yet")
    rules: list[dict[str, Any]]
    at: datetime | None
    by: str | None
    reason: str | None
