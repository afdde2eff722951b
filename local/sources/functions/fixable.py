"""Fails until its configuration is fixed: it needs the environment variable TABLE_NAME."""

import os


def handler(_event: object, _context: object) -> dict[str, str]:
    table = os.environ["TABLE_NAME"]
    if not table:
        raise KeyError("TABLE_NAME")
    return {"stored in": table}
