"""What a patch changes, as anyone who may not read payloads may see it (docs/decisions/0009)."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

Change = dict[str, Any]
_REPORTED = ("op", "from", "path", "value")
_NOTHING = object()


def changes(payload: bytes | None, patch: str | None) -> list[Change] | None:
    """What the patch does to the payload, place by place: `{"op", "path", "was", "value"}`, of a `move` or
    `copy` also `from`. What was there is described by its kind and size alone, and the values are the patch's
    own. None without a patch; the patch can be applied."""
    if payload is None or patch is None:
        return None
    # A comparison of the payload before and after would tell values of it: of what was copied, or moved up in
    # a list when another element was removed.
    document, asked = json.loads(payload.decode()), json.loads(patch)
    return list(_merged(document, asked, "") if isinstance(asked, dict) else _stepwise(document, asked))


def _stepwise(document: Any, operations: list[Change]) -> Iterator[Change]:
    # Loaded here: few replays are patched.
    from jsonpatch import JsonPatch
    from jsonpointer import JsonPointer

    for operation in operations:
        pointer, name = JsonPointer(operation["path"]), operation["op"]
        parent, _ = pointer.to_last(document)
        # In a list, only these two take the place of what was there.
        replaces = name in ("replace", "remove") or not isinstance(parent, list)
        was = pointer.resolve(document, _NOTHING) if replaces else _NOTHING
        if name != "test":
            reported: Change = {key: operation[key] for key in _REPORTED if key in operation}
            yield reported if was is _NOTHING else {**reported, "was": _kind(was)}
        # A copy, for later operations may put something of the payload into the value.
        document = JsonPatch([deepcopy(operation)]).apply(document, in_place=True)


def _merged(document: Any, asked: Change, path: str) -> Iterator[Change]:
    from jsonpointer import escape

    for name, value in asked.items():
        place = f"{path}/{escape(name)}"
        was = document.get(name, _NOTHING) if isinstance(document, dict) else _NOTHING
        reported: Change = {} if was is _NOTHING else {"was": _kind(was)}
        if value is None:
            if reported:
                yield {"op": "remove", "path": place, **reported}
        elif isinstance(value, dict) and isinstance(was, dict):
            yield from _merged(was, value, place)
        else:
            yield {"op": "replace" if reported else "add", "path": place, "value": value, **reported}


def _kind(value: Any) -> str:
    match value:
        case str():
            return f"a text of {len(value)} characters"
        case bool() | None:
            return "true, false or null"
        case dict():
            return f"an object of {len(value)}"
        case list():
            return f"a list of {len(value)}"
        case _:
            return "a number"
