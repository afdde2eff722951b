"""An operator's decisions about groups."""

from collections.abc import Callable
from dataclasses import replace

from lambda_replay.domain import group as domain
from lambda_replay.domain.group import Group, GroupDecision, GroupVerb
from lambda_replay.domain.reasons import Reason, Refused
from lambda_replay.ports import GroupEvent, GroupStore, StaleVersion

_ROUNDS = 10


def decide(
    groups: GroupStore, fingerprint: str, decision: GroupDecision, *, more: int | None = None
) -> Group:
    """The group with the decision in force; with `more`, until so many more failed runs have come. Raises
    `Refused`."""

    def decided(found: dict[str, Group]) -> list[Group]:
        group = found[fingerprint]
        return [] if decision.verb is GroupVerb.NOTED else [group.decide(bounded(group))]

    def bounded(group: Group) -> GroupDecision:
        if more is None:
            return decision
        total = group.count + sum(member.count for member in groups.get(group.members).values())
        return replace(decision, until_count=total + more)

    return _change(groups, [fingerprint], decided, decision)[fingerprint]


def merge(groups: GroupStore, fingerprint: str, into: str, decision: GroupDecision) -> Group:
    """The group as a member of `into`. Raises `Refused`."""
    both = [fingerprint, into]
    return _change(groups, both, lambda f: list(domain.merge(f[fingerprint], f[into])), decision)[fingerprint]


def unmerge(groups: GroupStore, fingerprint: str, decision: GroupDecision) -> Group:
    """The group on its own again, with what it counted all along. Raises `Refused`."""
    head = _load(groups, [fingerprint])[fingerprint].head
    if head is None:
        raise Refused(Reason.GROUP_NOT_MERGED, "the group is not merged into another one")
    both = [fingerprint, head]
    return _change(groups, both, lambda f: list(domain.unmerge(f[fingerprint], f[head])), decision)[
        fingerprint
    ]


def _change(
    groups: GroupStore,
    fingerprints: list[str],
    change: Callable[[dict[str, Group]], list[Group]],
    decision: GroupDecision,
) -> dict[str, Group]:
    """Decide on fresh copies until nobody else came in between, and write the decision into the history."""
    for _ in range(_ROUNDS):
        found = _load(groups, fingerprints)
        changed = change(found)
        try:
            groups.save(changed, [_event(name, changed, decision) for name in fingerprints])
        except StaleVersion:
            continue
        return found | {group.fingerprint: group for group in changed}
    raise StaleVersion(f"group {fingerprints[0]} kept changing")


def _event(fingerprint: str, changed: list[Group], decision: GroupDecision) -> GroupEvent:
    """As it came into force, where it did."""
    in_force = [g.decision for g in changed if g.fingerprint == fingerprint and g.decision is not None]
    same = [found for found in in_force if found.verb is decision.verb]
    return GroupEvent(fingerprint, same[0] if same else decision)


def _load(groups: GroupStore, fingerprints: list[str]) -> dict[str, Group]:
    found = groups.get(fingerprints)
    for fingerprint in fingerprints:
        if fingerprint not in found:
            raise Refused(Reason.GROUP_NOT_FOUND, f"no group has the fingerprint {fingerprint[:64]}")
    return found
