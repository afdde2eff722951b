"""Groups and rules as the API shows them."""

import json
from datetime import datetime

from api.groups.models import (
    GroupDecisionView,
    GroupDetail,
    GroupView,
    HourView,
    MemberView,
    OwnershipView,
    RulesView,
    WhyView,
)
from lambda_replay.domain.groups.group import Group, GroupDecision, GroupExplanation
from lambda_replay.domain.redaction import redact_all
from lambda_replay.domain.team_rules import RuleSet


def group_view(group: Group, members: tuple[Group, ...]) -> GroupView:
    family = (group, *members)
    return GroupView(
        fingerprint=group.fingerprint,
        function=group.function,
        title=group.title,
        count=sum(one.count for one in family),
        first_seen=min(one.first_seen for one in family),
        last_seen=max(one.last_seen for one in family),
        status=group.status,
        category=group.category,
        verdict=group.verdict,
        functions=sorted({one.function for one in family}),
        algorithm=group.algorithm,
        decision=None if group.decision is None else GroupDecisionView.model_validate(group.decision),
        ownership=OwnershipView.model_validate(group.ownership),
        alert=group.alert,
        merged_into=group.head,
        members=[MemberView.model_validate(member) for member in members],
    )


def group_detail(
    group: Group,
    members: tuple[Group, ...],
    *,
    why: GroupExplanation | None,
    classified: bool,
    hours: dict[datetime, int],
    history: list[GroupDecision],
) -> GroupDetail:
    return GroupDetail(
        **dict(group_view(group, members)),
        why=None if why is None else _why(why),
        classified_by_team=classified,
        hours=[HourView(hour=hour, count=count) for hour, count in sorted(hours.items())],
        history=[GroupDecisionView.model_validate(decision) for decision in history],
    )


def _why(why: GroupExplanation) -> WhyView:
    return WhyView(
        parts=redact_all(json.loads(why.parts)),
        algorithm=why.algorithm,
        rule=why.rule,
        reasons=list(why.reasons),
        example=why.example,
    )


def rules_view(rules: RuleSet | None) -> RulesView:
    if rules is None:
        return RulesView(version=0, rules=[], at=None, by=None, reason=None)
    return RulesView(
        version=rules.version, rules=json.loads(rules.rows), at=rules.at, by=rules.by, reason=rules.reason
    )
