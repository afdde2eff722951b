"""What an edited payload changes, as the JSON Patch that is sent. Numbers are compared as they stand."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lambda_replay_cli.console.client import UsageError

MOST_OPERATIONS = 200
"""As many as the API takes."""


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


class _Object(dict[str, Any]):
    """With how many of its names stood there twice."""

    repeated = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One operation, for a person: what was there and what will be, as text; None where there is nothing."""

    path: str
    was: str | None
    becomes: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """`warnings` say what the patched payload loses that no operation shows."""

    operations: list[dict[str, Any]]
    changes: list[Change]
    warnings: list[str]


def difference(before: str, after: str) -> Difference:
    """Raises `UsageError` where one is no JSON, and where nothing or too much has changed."""
    old, new = _read(before, "the payload"), _read(after, "the edited text")
    operations: list[dict[str, Any]] = []
    changes: list[Change] = []
    warnings: list[str] = []
    try:
        for operation, was in _compared(old, new, ""):
            if len(operations) == MOST_OPERATIONS:
                raise UsageError(
                    f"more than {MOST_OPERATIONS} places have changed, which is more than a patch may hold: "
                    "change fewer, or send the event by hand"
                )
            becomes = operation.get("value", _NOTHING)
            changes.append(Change(operation["path"] or "(all of it)", _text(was), _text(becomes)))
            if becomes is not _NOTHING:
                operation["value"] = _sendable(becomes, operation["path"], warnings)
            operations.append(operation)
    except RecursionError:
        raise UsageError("the payload is nested too deeply to be edited here") from None
    if not operations:
        raise UsageError("nothing was changed: edit the text first, or replay it as it is")
    if _repeats(old):
        warnings.append("of equal names the last one is kept: a patched payload is written again")
    return Difference(operations, changes, warnings)


_NOTHING: Any = object()


def _read(text: str, what: str) -> Any:
    def gathered(pairs: list[tuple[str, Any]]) -> _Object:
        found = _Object(pairs)
        found.repeated = len(pairs) - len(found)
        return found

    try:
        return json.loads(
            text, parse_int=_Number, parse_float=_Number, parse_constant=_no, object_pairs_hook=gathered
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UsageError(f"{what} is no JSON: {error.msg} ({place})") from None
    except RecursionError:
        raise UsageError(f"{what} is nested too deeply to be edited here") from None


def _no(name: str) -> Any:
    raise UsageError(f"{name} is no JSON")


def _compared(old: Any, new: Any, path: str) -> Iterator[tuple[dict[str, Any], Any]]:
    """Each operation with what was there before."""
    if isinstance(old, _Object) and isinstance(new, _Object):
        for name, was in old.items():
            at = f"{path}/{_escaped(name)}"
            if name in new:
                yield from _compared(was, new[name], at)
            else:
                yield {"op": "remove", "path": at}, was
        for name, becomes in new.items():
            if name not in old:
                yield {"op": "add", "path": f"{path}/{_escaped(name)}", "value": becomes}, _NOTHING
    elif isinstance(old, list) and isinstance(new, list):
        yield from _compared_lists(old, new, path)
    elif not _same(old, new):
        yield {"op": "replace", "path": path, "value": new}, old


def _compared_lists(old: list[Any], new: list[Any], path: str) -> Iterator[tuple[dict[str, Any], Any]]:
    """What is equal at both ends stays; between, places are compared one by one."""
    least = min(len(old), len(new))
    first = next((n for n in range(least) if not _same(old[n], new[n])), least)
    last = next((n for n in range(least - first) if not _same(old[-1 - n], new[-1 - n])), least - first)
    middle_old, middle_new = old[first : len(old) - last], new[first : len(new) - last]
    both = min(len(middle_old), len(middle_new))
    for place in range(both):
        yield from _compared(middle_old[place], middle_new[place], f"{path}/{first + place}")
    # From the end, for each removal moves what is behind it.
    for place in reversed(range(both, len(middle_old))):
        yield {"op": "remove", "path": f"{path}/{first + place}"}, middle_old[place]
    for place in range(both, len(middle_new)):
        yield {"op": "add", "path": f"{path}/{first + place}", "value": middle_new[place]}, _NOTHING


def _same(old: Any, new: Any) -> bool:
    """`"1"` and `1` are texts here both, and not the same."""
    if type(old) is not type(new):
        return False
    if isinstance(old, _Object):
        return old.keys() == new.keys() and all(_same(old[name], new[name]) for name in old)
    if isinstance(old, list):
        return len(old) == len(new) and all(map(_same, old, new))
    return bool(old == new)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _sendable(value: Any, path: str, warnings: list[str]) -> Any:
    """With numbers that JSON's readers know."""
    if isinstance(value, _Number):
        return _number(value, path, warnings)
    if isinstance(value, dict):
        return {name: _sendable(part, path, warnings) for name, part in value.items()}
    if isinstance(value, list):
        return [_sendable(part, path, warnings) for part in value]
    return value


def _number(text: _Number, path: str, warnings: list[str]) -> int | float:
    try:
        found: int | float = int(text) if text.lstrip("-").isdigit() else float(text)
        sent = json.dumps(found, allow_nan=False)
    except ValueError:
        raise UsageError(f"{path}: the number has more digits than a patch can carry") from None
    if sent != text:
        warnings.append(f"{path}: {text[:40]} is sent as {sent}, the same number written otherwise")
    return found


def _text(value: Any) -> str | None:
    if value is _NOTHING:
        return None
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{json.dumps(k, ensure_ascii=False)}: {_text(v)}" for k, v in value.items())
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(str(_text(part)) for part in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _repeats(value: Any) -> bool:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, _Object):
            if one.repeated:
                return True
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return False
