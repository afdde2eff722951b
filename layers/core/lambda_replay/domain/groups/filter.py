"""Which groups a list shows."""

from dataclasses import dataclass
from datetime import datetime

from lambda_replay.domain.groups.group import Group, GroupStatus
from lambda_replay.domain.groups.ownership import is_same_person


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFilter:
    """Every given field must match; `function` that of the group or of a member; `owner` is an ARN or a
    name. `since` and `until` bound when the group was last active."""

    since: datetime
    until: datetime
    function: str | None = None
    category: str | None = None
    verdict: str | None = None
    status: GroupStatus | None = None
    owner: str | None = None

    def accepts(self, group: Group, members: tuple[Group, ...] = ()) -> bool:
        """Whether the group, with its members, matches every given field."""
        functions = {group.function, *(member.function for member in members)}
        return (
            self.since <= group.active_at < self.until
            and (self.function is None or self.function in functions)
            and self.category in (None, group.category)
            and self.verdict in (None, group.verdict)
            and self.status in (None, group.status)
            and (self.owner is None or _has(self.owner, group))
        )


def _has(person: str, group: Group) -> bool:
    owner = group.ownership.owner
    return owner is not None and is_same_person(owner, person)
