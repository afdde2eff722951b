"""An operator's decisions about groups."""

from collections.abc import Callable
from dataclasses import replace

from lambda_replay.domain.groups import group as domain
from lambda_replay.domain.groups.group import Group, GroupDecision, GroupVerb
from lambda_replay.domain.groups.ownership import Ownership
from lambda_replay.domain.refusals import Reason, RefusedError, meaning
from lambda_replay.ports.groups import GroupEvent, GroupStore
from lambda_replay.use_cases.executions.update import until_written


def decide(
    groups: GroupStore, fingerprint: str, decision: GroupDecision, *, more: int | None = None
) -> Group:
    """The group with the decision in effect; with `more`, until so many more failed runs have come. Raises
    `RefusedError`."""

    def decided(found: dict[str, Group]) -> list[Group]:
        group = found[fingerprint]
        if decision.verb is GroupVerb.NOTED or _is_ours(group.decision, decision):
            return []
        return [group.decide(bounded(group))]

    def bounded(group: Group) -> GroupDecision:
        if more is None:
            return decision
        total = group.count + sum(member.count for member in groups.get(group.members).values())
        return replace(decision, until_count=total + more)

    return _change(groups, {fingerprint: decision}, decided)[fingerprint]


def own(
    groups: GroupStore,
    fingerprint: str,
    change: Callable[[Ownership], Ownership],
    decision: GroupDecision,
) -> Group:
    """The group with its ownership changed; where that changes nothing, its history stays as it is. Raises
    `RefusedError`."""

    def owned(found: dict[str, Group]) -> list[Group]:
        group = found[fingerprint]
        changed = group.owned(change(group.ownership))
        return [] if changed == group else [changed]

    group = _load(groups, [fingerprint])[fingerprint]
    if group.owned(change(group.ownership)) == group:
        return group
    return _change(groups, {fingerprint: decision}, owned)[fingerprint]


def _is_ours(stored: GroupDecision | None, decision: GroupDecision) -> bool:
    """The answer to its write was lost, and the client wrote it again."""
    return stored is not None and replace(stored, until_count=None) == decision


def merge(groups: GroupStore, fingerprint: str, into: str, decision: GroupDecision) -> Group:
    """The group as a member of `into`. Raises `RefusedError`."""

    def merged(found: dict[str, Group]) -> list[Group]:
        if found[fingerprint].head == into:
            return []
        return list(domain.merge(found[fingerprint], found[into]))

    return _change(groups, _both(fingerprint, into, decision), merged)[fingerprint]


def unmerge(groups: GroupStore, fingerprint: str, decision: GroupDecision) -> Group:
    """The group on its own again, with what it counted all along. Raises `RefusedError`."""
    head = _load(groups, [fingerprint])[fingerprint].head
    if head is None:
        raise RefusedError(Reason.GROUP_NOT_MERGED, "the group is not merged into another one")

    def unmerged(found: dict[str, Group]) -> list[Group]:
        member = found[fingerprint]
        return [] if member.head is None else list(domain.unmerge(member, found[head]))

    if head not in groups.get([head]):  # it has expired, so there is nothing to be taken out of

        def alone(found: dict[str, Group]) -> list[Group]:
            member = found[fingerprint]
            return [replace(member, head=None, active_at=max(member.active_at, member.last_seen))]

        return _change(groups, {fingerprint: replace(decision, other=head)}, alone)[fingerprint]
    return _change(groups, _both(fingerprint, head, decision), unmerged)[fingerprint]


def _both(fingerprint: str, other: str, decision: GroupDecision) -> dict[str, GroupDecision]:
    """What each of the two has in its history."""
    return {fingerprint: replace(decision, other=other), other: replace(decision, other=fingerprint)}


def _change(
    groups: GroupStore,
    decisions: dict[str, GroupDecision],
    change: Callable[[dict[str, Group]], list[Group]],
) -> dict[str, Group]:
    """Decide on fresh copies until no other writer came in between; the decisions go into the histories."""

    def change_and_save() -> dict[str, Group]:
        found = _load(groups, list(decisions))
        changed = change(found)
        groups.save(changed, [_event(name, changed, decisions[name]) for name in decisions])
        return found | {group.fingerprint: group for group in changed}

    return until_written(groups, change_and_save, f"groups {', '.join(decisions)}")


def _event(fingerprint: str, changed: list[Group], decision: GroupDecision) -> GroupEvent:
    """As it came into force, where it did."""
    effective = [g.decision for g in changed if g.fingerprint == fingerprint and g.decision is not None]
    same = [found for found in effective if found.verb is decision.verb]
    return GroupEvent(fingerprint, same[0] if same else decision)


def _load(groups: GroupStore, fingerprints: list[str]) -> dict[str, Group]:
    found = groups.get(fingerprints)
    for fingerprint in fingerprints:
        if fingerprint not in found:
            if groups.holds(fingerprint):
                raise RefusedError(Reason.UNREADABLE, f"group {fingerprint}: {meaning(Reason.UNREADABLE)}")
            raise RefusedError(Reason.GROUP_NOT_FOUND, f"no group has the fingerprint {fingerprint[:64]}")
    return found
