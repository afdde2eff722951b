"""Who takes care of a group, and where else it is worked on."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from lambda_replay.domain.unknown_fields import Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """People are IAM ARNs or names; `ticket` is an https address."""

    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    assignee: str | None = None
    ticket: str | None = None
    unknown: Unknown = field(default_factory=dict, compare=False, repr=False)

    @property
    def owner(self) -> str | None:
        """The assignee, or else the person who acknowledged it."""
        return self.assignee or self.acknowledged_by

    def acknowledged(self, by: str, at: datetime) -> "Ownership":
        """By this person, who keeps the time of their first acknowledgement."""
        if self.acknowledged_by == by:
            return self
        return replace(self, acknowledged_by=by, acknowledged_at=at)

    def unacknowledged(self) -> "Ownership":
        """Without the acknowledgement."""
        return replace(self, acknowledged_by=None, acknowledged_at=None)

    def assigned(self, to: str | None) -> "Ownership":
        """With None, the assignment is taken back."""
        return replace(self, assignee=to)

    def linked(self, ticket: str | None) -> "Ownership":
        """With this ticket, or with none."""
        return replace(self, ticket=ticket)


def is_same_person(one: str, other: str) -> bool:
    """Two ARNs must be equal. An ARN and a name are one person where the ARN ends with the name: that of an
    IAM user, or of the session of an assumed role, which IAM Identity Center names after the user."""
    if one.startswith("arn:") and other.startswith("arn:"):
        return one == other
    return _name(one) == _name(other)


def _name(person: str) -> str:
    return (person.rpartition("/")[2] if person.startswith("arn:") else person).casefold()
