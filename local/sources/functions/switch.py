"""Succeeds or fails as its event says: {"Success": true} or {"Success": false}."""

from typing import Any


class SwitchedOffError(Exception):
    """The event asked for a failure."""


def handler(event: Any, _context: object) -> dict[str, str]:
    if not isinstance(event, dict) or "Success" not in event:
        raise ValueError('the event must be an object with the key "Success"')
    if not event["Success"]:
        raise SwitchedOffError("Success is false, failing as requested")
    return {"result": "succeeded as requested"}
