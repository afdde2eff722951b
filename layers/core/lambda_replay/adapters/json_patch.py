"""Payloads with a patch applied: JSON Patch (RFC 6902) or JSON Merge Patch (RFC 7396).

What a patch doesn't touch keeps its value to the last digit (`1.10`, `1e400`): numbers are read as decimals.
White space, escapes and all but the last of equal names are not kept: a patched payload is a new text.
"""

import json
from decimal import Decimal
from typing import Any

from lambda_replay.domain.refusals import Reason, RefusedError

_DEEPEST = 200


def patch(payload: bytes, patch_text: str) -> bytes:
    """A list is a JSON Patch, an object a JSON Merge Patch. Raises `RefusedError`."""
    operations = read(patch_text)
    # Loaded here: few replays are patched.
    from json_merge_patch import merge
    from jsonpatch import JsonPatch, JsonPatchException
    from jsonpointer import JsonPointerException

    try:
        document = _parse(payload.decode())
        if isinstance(operations, list):
            patched = JsonPatch(operations).apply(document)
        else:
            patched = merge(document, operations)
        return _write(patched, 0).encode()
    except (JsonPatchException, JsonPointerException, TypeError, KeyError, IndexError) as error:
        raise RefusedError(
            Reason.PATCH_FAILED, f"the patch can't be applied: {type(error).__name__}"
        ) from None
    except (ValueError, RecursionError):
        raise RefusedError(Reason.PATCH_FAILED, "the payload can't be read for patching") from None


def read(text: str) -> Any:
    """The patch, as JSON. Raises `RefusedError` when it is none."""
    from jsonpatch import JsonPatch, JsonPatchException
    from jsonpointer import JsonPointerException

    try:
        operations = _parse(text)
        # What is neither has no operations either.
        if not isinstance(operations, dict):
            JsonPatch(operations)
    except (JsonPatchException, JsonPointerException, TypeError, ValueError, RecursionError):
        raise RefusedError(Reason.PATCH_INVALID) from None
    return operations


def _parse(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def _write(value: Any, depth: int) -> str:
    """As `json.dumps`, which knows no decimals."""
    if depth > _DEEPEST:
        raise RecursionError
    match value:
        case Decimal():
            return str(value)
        case dict():
            parts = (f"{json.dumps(name)}:{_write(part, depth + 1)}" for name, part in value.items())
            return "{" + ",".join(parts) + "}"
        case list():
            return "[" + ",".join(_write(part, depth + 1) for part in value) + "]"
        case _:
            return json.dumps(value)
