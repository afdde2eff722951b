"""Fails until its configuration is fixed: it needs the environment variable TABLE_NAME."""

import os
from typing import Any


def handler(event: Any, _context: object) -> dict[str, Any]:
    table = os.environ["TABLE_NAME"]
    if not table:
        raise KeyError("TABLE_NAME")
    return {"table": table, "stored": event}
