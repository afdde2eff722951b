"""Failures with one cause, as one thing to look at, decide about and be alerted to.

A group's id is its fingerprint. What it counts are failed runs: the original invocations, and the replays
that failed again, each by its own request id. Groups can be merged: a member points to its head, which stands
for both, and keeps its own count, so that taking them apart again is exact.
"""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.groups.ownership import Ownership
from lambda_replay.domain.refusals import Reason, RefusedError
from lambda_replay.domain.unknown_fields import Unknown

if TYPE_CHECKING:
    from lambda_replay.domain.diagnosis import Diagnosis


class GroupStatus(StrEnum):
    OPEN = "open"
    REGRESSED = "regressed"
    RESOLVED = "resolved"
    IGNORED = "ignored"


class GroupVerb(StrEnum):
    """What was done to a group, by a person or by the service itself."""

    RESOLVED = "resolved"
    IGNORED = "ignored"
    REOPENED = "reopened"
    REGRESSED = "regressed"
    WOKEN = "woken"
    MERGED = "merged"
    UNMERGED = "unmerged"
    NOTED = "noted"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"
    LINKED = "linked"
    UNLINKED = "unlinked"


class AlertKind(StrEnum):
    """Why a group needs attention."""

    NEW = "new"
    REGRESSED = "regressed"
    WOKEN = "woken"


STATUS_AFTER: dict[GroupVerb, GroupStatus] = {
    GroupVerb.RESOLVED: GroupStatus.RESOLVED,
    GroupVerb.IGNORED: GroupStatus.IGNORED,
    GroupVerb.REOPENED: GroupStatus.OPEN,
    GroupVerb.REGRESSED: GroupStatus.REGRESSED,
    GroupVerb.WOKEN: GroupStatus.OPEN,
}

# By whom a group is resolved when all its failures have recovered.
RECOVERY = "lambda-replay:sweep"
# A page of groups reads every member of each.
MOST_MEMBERS = 20
# Longer than any execution is kept: a cause that comes back after a silence is a regression, not news.
KEPT = timedelta(days=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDecision:
    """Who did what to a group, when and why. An ignoring ends at `until`, or when the group's count exceeds
    `until_count`. `other` is the other group of a merge."""

    verb: GroupVerb
    at: datetime
    by: str
    reason: str | None = None
    until: datetime | None = None
    until_count: int | None = None
    other: str | None = None
    unknown: Unknown = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFacts:
    """What a diagnosis says about the group that a failure belongs to. `former` are the fingerprints that
    earlier algorithms would have given it, the newest first."""

    fingerprint: str
    algorithm: int
    function: str
    title: str
    category: str
    verdict: str
    former: tuple[str, ...] = ()

    @classmethod
    def of(cls, diagnosis: "Diagnosis", function: FunctionArn) -> Self:
        """What a diagnosis says about the group."""
        return cls(
            fingerprint=diagnosis.fingerprint,
            algorithm=diagnosis.algorithm,
            function=function.name,
            title=diagnosis.title,
            category=diagnosis.category.value,
            verdict=diagnosis.verdict.value,
            former=diagnosis.former,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupExplanation:
    """Why these failures are one group, as the first of them showed."""

    fingerprint: str
    parts: str
    """The fingerprint's components, as canonical JSON."""
    algorithm: int
    rule: str
    reasons: tuple[str, ...]
    example: str
    """The request id of the run it was made from."""
    expires_at: datetime

    @classmethod
    def of(cls, diagnosis: "Diagnosis", example: str, expires_at: datetime) -> Self:
        """Made of the group's first diagnosis; `example` is the id of that execution."""
        return cls(
            fingerprint=diagnosis.fingerprint,
            parts=json.dumps(dict(diagnosis.fingerprint_parts), sort_keys=True, separators=(",", ":")),
            algorithm=diagnosis.algorithm,
            rule=diagnosis.rule,
            reasons=diagnosis.reasons,
            example=example,
            expires_at=expires_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """`count`, `first_seen` and `last_seen` are the group's own, without its members'. `active_at` is when it
    or a member was last seen: what lists are ordered by. `alert` waits to be sent."""

    fingerprint: str
    algorithm: int
    function: str
    title: str
    category: str
    verdict: str
    count: int
    first_seen: datetime
    last_seen: datetime
    active_at: datetime
    expires_at: datetime
    decision: GroupDecision | None = None
    ownership: Ownership = field(default_factory=Ownership)
    alert: AlertKind | None = None
    head: str | None = None
    members: tuple[str, ...] = ()
    version: int = 0

    @property
    def status(self) -> GroupStatus:
        """What its last decision makes of it."""
        # What another version of the service decided, and this one does not know, leaves it open.
        return STATUS_AFTER.get(self.decision.verb, GroupStatus.OPEN) if self.decision else GroupStatus.OPEN

    def counted(self, facts: GroupFacts, times: list[datetime], now: datetime) -> "Group":
        """With so many more failed runs. The newest diagnosis tells category and verdict: rules change."""
        return replace(
            self,
            expires_at=max(self.expires_at, now + KEPT),
            category=facts.category,
            verdict=facts.verdict,
            count=self.count + len(times),
            first_seen=min(self.first_seen, *times),
            last_seen=max(self.last_seen, *times),
        )

    def active(self, at: datetime, now: datetime) -> "Group":
        """With its last activity no earlier than `at`."""
        return replace(self, active_at=max(self.active_at, at), expires_at=max(self.expires_at, now + KEPT))

    def noticed(self, times: list[datetime], *, total: int, now: datetime) -> "Group":
        """After failed runs at these times, which make `total` with all members: a resolved group regresses,
        an ignored one may wake."""
        match self.status, self.decision:
            case GroupStatus.RESOLVED, GroupDecision(at=resolved_at) if max(times) > resolved_at:
                # What failed before it was resolved, and arrives late, says nothing about the fix.
                return self._after(
                    GroupVerb.REGRESSED, now, "failed again after it was resolved", AlertKind.REGRESSED
                )
            case GroupStatus.RESOLVED, GroupDecision(by=by) if by == RECOVERY:
                why = "a failure from before it was resolved came late, and has not recovered"
                return self._after(GroupVerb.REOPENED, now, why, self.alert)
            case GroupStatus.IGNORED, GroupDecision() as decision if _is_over(decision, total, now):
                return self._after(GroupVerb.WOKEN, now, "the ignoring has ended", AlertKind.WOKEN)
        return self

    def _after(self, verb: GroupVerb, now: datetime, reason: str, alert: AlertKind | None) -> "Group":
        decision = GroupDecision(verb=verb, at=now, by="lambda-replay:triage", reason=reason)
        # The fix did not hold, so a person has to look again and say so.
        regressed = verb is GroupVerb.REGRESSED
        ownership = self.ownership.unacknowledged() if regressed else self.ownership
        return replace(self, decision=decision, ownership=ownership, alert=alert)

    def decide(self, decision: GroupDecision) -> "Group":
        """With the decision in effect; an alert that was not sent yet is settled by it. Raises
        `RefusedError`."""
        if self.head is not None:
            raise RefusedError(
                Reason.GROUP_MERGED, f"the group is merged into {self.head}; decide about that one"
            )
        if decision.verb is GroupVerb.REOPENED and self.status is GroupStatus.OPEN:
            raise RefusedError(Reason.GROUP_OPEN)
        return replace(self, decision=decision, alert=None)

    def owned(self, ownership: Ownership) -> "Group":
        """With this ownership; its status and a waiting alert stay. Raises `RefusedError`."""
        if self.head is not None:
            raise RefusedError(Reason.GROUP_MERGED, f"the group is merged into {self.head}; take that one")
        return replace(self, ownership=ownership)

    def reported(self) -> "Group":
        """With its alert sent."""
        return replace(self, alert=None)


def _is_over(decision: GroupDecision, total: int, now: datetime) -> bool:
    if decision.until is not None and now >= decision.until:
        return True
    return decision.until_count is not None and total > decision.until_count


def new_group(facts: GroupFacts, times: list[datetime], now: datetime) -> Group:
    """The group of a fingerprint that was never seen before."""
    return Group(
        fingerprint=facts.fingerprint,
        algorithm=facts.algorithm,
        function=facts.function,
        title=facts.title,
        category=facts.category,
        verdict=facts.verdict,
        count=len(times),
        first_seen=min(times),
        last_seen=max(times),
        active_at=max(times),
        expires_at=now + KEPT,
        alert=AlertKind.NEW,
    )


def merge(member: Group, head: Group) -> tuple[Group, Group]:
    """Both after `member`, with members of its own, was put under `head`. Raises `RefusedError`."""
    if member.fingerprint == head.fingerprint:
        raise RefusedError(Reason.GROUP_MERGED, "a group can't be merged into itself")
    if head.head is not None:
        raise RefusedError(Reason.GROUP_MERGED, f"group {head.fingerprint} is itself merged into {head.head}")
    if member.head is not None:
        raise RefusedError(
            Reason.GROUP_MERGED, f"the group is already merged into {member.head}; unmerge it first"
        )
    if member.members:
        raise RefusedError(
            Reason.GROUP_MERGED, "other groups are merged into this one; merge the other way round"
        )
    if len(head.members) >= MOST_MEMBERS:
        raise RefusedError(Reason.GROUP_FULL)
    joined = replace(
        head,
        decision=_shifted(head.decision, member.count),
        members=(*head.members, member.fingerprint),
        active_at=max(head.active_at, member.active_at),
        expires_at=max(head.expires_at, member.expires_at),
    )
    return replace(member, head=head.fingerprint, alert=None), joined


def unmerge(member: Group, head: Group) -> tuple[Group, Group]:
    """Both after `member` was taken out of `head`. Raises `RefusedError`."""
    if member.head != head.fingerprint:
        raise RefusedError(Reason.GROUP_NOT_MERGED)
    left = tuple(name for name in head.members if name != member.fingerprint)
    decision = _shifted(head.decision, -member.count)
    # While it was merged, its head was active in its place.
    alone = replace(member, head=None, active_at=max(member.active_at, member.last_seen))
    return alone, replace(head, members=left, decision=decision)


def _shifted(decision: GroupDecision | None, count: int) -> GroupDecision | None:
    """The decision after the group's total changed by so many: what may still come stays the same."""
    if decision is None or decision.until_count is None:
        return decision
    return replace(decision, until_count=decision.until_count + count)
