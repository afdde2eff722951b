"""What can be decided about a group, and which options each decision takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lambda_replay_cli.errors import UsageError


class Action(StrEnum):
    resolve = "resolve"
    ignore = "ignore"
    reopen = "reopen"
    note = "note"
    merge = "merge"
    unmerge = "unmerge"
    classify = "classify"
    unclassify = "unclassify"
    ack = "ack"
    unack = "unack"
    assign = "assign"
    unassign = "unassign"
    ticket = "ticket"
    unticket = "unticket"

    @property
    def route(self) -> str:
        """The last part of the API's path."""
        return _FIELDS[self].route or self.value

    @property
    def fields(self) -> dict[str, bool]:
        """What it takes, and whether it needs that."""
        return {name: name in _FIELDS[self].needed for name in _FIELDS[self].allowed}

    @property
    def fixed(self) -> Mapping[str, object]:
        """What every such request says."""
        return _FIELDS[self].fixed


@dataclass(frozen=True, slots=True)
class _Fields:
    """`route` is the name of the API's route where it is not the action's."""

    needed: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ("reason",)
    route: str = ""
    fixed: Mapping[str, object] = field(default_factory=dict)


_FIELDS = {
    Action.resolve: _Fields(),
    Action.ignore: _Fields(("reason",), ("reason", "until", "failures")),
    Action.reopen: _Fields(),
    Action.note: _Fields(("text",), ("text",)),
    Action.merge: _Fields(("into",), ("into", "reason")),
    Action.unmerge: _Fields(),
    Action.classify: _Fields(("category",), ("category", "verdict", "reason")),
    Action.unclassify: _Fields(),
    Action.ack: _Fields(route="acknowledge"),
    Action.unack: _Fields(route="acknowledge", fixed={"acknowledged": False}),
    Action.assign: _Fields(("assignee",), ("assignee", "reason")),
    Action.unassign: _Fields(route="assign", fixed={"assignee": None}),
    Action.ticket: _Fields(("url",), ("url",), route="link"),
    Action.unticket: _Fields(allowed=(), route="link", fixed={"url": None}),
}
# Given behind the action, without a name.
_POSITIONAL = {"category": "CATEGORY", "verdict": "VERDICT"}


def _shown(name: str) -> str:
    return _POSITIONAL.get(name, f"--{name}")


def body(action: Action | None, given: Mapping[str, object]) -> dict[str, object]:
    """Of the request. Raises `UsageError` for an option that this decision needs, or does not know."""
    body = {name: value for name, value in given.items() if value is not None}
    if action is None:
        if body:
            raise UsageError(f"{_shown(next(iter(body)))} goes with one of {', '.join(Action)}")
        return {}
    fields = _FIELDS[action]
    for name in fields.needed:
        if name not in body:
            raise UsageError(f"{action} needs {_shown(name)}")
    for name in body:
        if name not in fields.allowed:
            takes = ", ".join(map(_shown, fields.allowed)) or "nothing"
            raise UsageError(f"{action} does not take {_shown(name)}, but {takes}")
    return {**body, **fields.fixed}
