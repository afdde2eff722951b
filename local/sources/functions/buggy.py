"""Has two bugs. An event names the one it runs into, {"bug": "first"}, and FIXED lists those that are fixed.

Any other event needs the warehouse, which is overloaded until WAREHOUSE says that it is idle.
"""

import os
from typing import Any


class TooManyRequestsException(Exception):  # noqa: N818
    """As AWS calls it."""


def handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    bug = event.get("bug", "none")
    if bug in os.environ["FIXED"].split(","):
        return {"handled": bug}
    if bug == "first":
        return {"total": event["order"]["total"]}
    if bug == "second":
        raise ConnectionResetError("the warehouse closed the connection")
    if os.environ["WAREHOUSE"] != "idle":
        raise TooManyRequestsException("Rate exceeded")
    return {"delivered by": "the warehouse"}
