"""The list of executions: every filter of the API, in the address."""

import time
from typing import Any

from starlette.responses import Response

from lambda_replay.domain.category import Category, Verdict
from lambda_replay.domain.executions.execution import ExecutionStatus
from lambda_replay_cli.console.backend.page_request import PageRequest, address
from lambda_replay_cli.console.client import time_format

_PLAIN = ("function", "group", "category", "verdict", "status", "error_type")
_TIMES = ("from", "to")
FILTERS = (*_PLAIN, *_TIMES)
_ROWS = 50
_PAGES, _SECONDS = 8, 1.5
"""What one page reads is bounded by the API, so a page of a rare kind may be empty: so many are read."""


def executions(visit: PageRequest) -> Response:
    query = wanted(visit)
    rows, cursor, unreadable = _listed(visit, query)
    return visit.page(
        "executions.html",
        rows=rows,
        page={"unreadable": unreadable},
        filters={name: visit.query.get(name, "") for name in FILTERS},
        frozen=query,
        next=None if cursor is None else address("/executions", [*query.items(), ("cursor", cursor)]),
        first="cursor" not in visit.query,
        choices={"category": list(Category), "verdict": list(Verdict), "status": list(ExecutionStatus)},
        listing=address("/executions", query.items()),
    )


def wanted(visit: PageRequest) -> dict[str, str]:
    """The API's query. Times are made exact: a cursor belongs to one query. Raises `UsageError`."""
    plain = {name: visit.query[name].strip() for name in _PLAIN if name in visit.query}
    return plain | {name: time_format.query(visit.query[name]) for name in _TIMES if name in visit.query}


def _listed(visit: PageRequest, query: dict[str, str]) -> tuple[list[dict[str, Any]], str | None, list[str]]:
    """The rows, the cursor of the next page, and ids of what the API could not read."""
    rows: list[dict[str, Any]] = []
    unreadable: list[str] = []
    cursor, begun = visit.query.get("cursor"), time.monotonic()
    for _ in range(_PAGES):
        after = {} if cursor is None else {"cursor": cursor}
        page = visit.backend.get("/executions", **query, limit=str(_ROWS - len(rows)), **after)
        rows += page["executions"]
        unreadable += page.get("unreadable") or []
        cursor = page["cursor"]
        if cursor is None or len(rows) >= _ROWS or time.monotonic() - begun > _SECONDS:
            break
    return rows, cursor, unreadable
