"""What can be decided about a group, and which options each decision takes."""

from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Fields:
    needed: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ("reason",)


_FIELDS = {
    Action.resolve: _Fields(),
    Action.ignore: _Fields(("reason",), ("reason", "until", "failures")),
    Action.reopen: _Fields(),
    Action.note: _Fields(("text",), ("text",)),
    Action.merge: _Fields(("into",), ("into", "reason")),
    Action.unmerge: _Fields(),
    Action.classify: _Fields(("category",), ("category", "verdict", "reason")),
    Action.unclassify: _Fields(),
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
            takes = ", ".join(map(_shown, fields.allowed))
            raise UsageError(f"{action} does not take {_shown(name)}, but {takes}")
    return body
