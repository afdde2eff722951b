"""What one does next about an execution, as commands to copy: by its status, and where it failed by the
verdict."""

from collections.abc import Iterator, Mapping
from typing import Any

Step = tuple[str, str]
"""A command, and what it is for."""

# `{id}` is the execution's, `{group}` the short name of its group, `{function}` the function's name, `{test}`
# asks for a test where the function is Python.
_REPLAY: Step = ("lambda-replay replay {id} --wait", "this one")
_GROUP: Step = ("lambda-replay job plan --group {group}", "all of its group")
_PULL: Step = ("lambda-replay pull {id}{test}", "its event as a file, to find the fault here")
_IGNORE: Step = ('lambda-replay ignore {id} --reason "…"', "when nothing is to be done")
_BY_VERDICT: Mapping[str, tuple[Step, ...]] = {
    "as_is": (_REPLAY, _GROUP),
    "after_fix": (
        _PULL,
        ('lambda-replay replay {id} --wait --reason "fixed in …"', "this one, once it is fixed"),
        ("lambda-replay job start --group {group} --ramp --watch", "then all of its group, a few at first"),
    ),
    "never": (
        ("lambda-replay replay {id} --dry-run --patch '{{…}}'", "with a payload that can succeed"),
        _IGNORE,
    ),
}
_BY_STATUS: Mapping[str, tuple[Step, ...]] = {
    "replaying": (("lambda-replay show {id}", "again: its replay is under way"),),
    "unconfirmed": (
        ("lambda-replay attach {function} --confirm-success", "from now on, successes are confirmed"),
        ("lambda-replay replay {id} --force --wait", "if it has had no effect"),
    ),
    "ignored": (("lambda-replay reopen {id}", "to take it up again"),),
}
_UNREPLAYABLE: tuple[Step, ...] = (_IGNORE,)
_POISONED: tuple[Step, ...] = (_PULL, _IGNORE)


def next_steps(execution: Mapping[str, Any]) -> Iterator[Step]:
    """None for what has recovered."""
    error = execution["error"]
    names = {
        "id": execution["id"],
        "group": execution["failure"]["group"][:8],
        "function": execution["function"],
        "test": " --pytest" if error and error["runtime"] == "python" else "",
    }
    for command, why in _steps(execution):
        yield command.format(**names), why


def _steps(execution: Mapping[str, Any]) -> tuple[Step, ...]:
    if execution["status"] != "failed":
        return _BY_STATUS.get(execution["status"], ())
    if execution["unreplayable"]:
        return _UNREPLAYABLE
    if execution["poisoned"]:
        return _POISONED
    return _BY_VERDICT.get(execution["failure"]["verdict"], ())
