"""The home page: what is broken now."""

from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response

from lambda_replay_cli.console.backend.page_request import PageRequest
from lambda_replay_cli.console.backend.service import Missing, if_possible
from lambda_replay_cli.console.client import segment
from lambda_replay_cli.console.rendering.charts import hourly

Group = dict[str, Any]

_ROWS = 50
_SORTED_PAGES = 5
"""By count, so many pages of a hundred are read: the API knows the order by time alone."""
FILTERS = ("function", "category", "verdict", "owner")
_BROKEN = ("regressed", "open")
TABS = ("broken", "open", "regressed", "ignored", "resolved")
_ACTIVE_JOBS = frozenset({"planned", "running", "paused"})
_HOURS = 24


def groups(visit: PageRequest) -> Response:
    tab = visit.query.get("tab", "broken")
    tab = tab if tab in TABS else "broken"
    order = "count" if visit.query.get("sort") == "count" else "last"
    found = visit.backend.together(
        list=lambda: _listed(visit, tab, order),
        stats=if_possible(lambda: _stats(visit)),
        jobs=if_possible(lambda: visit.backend.get("/jobs", limit="25")["jobs"]),
        outputs=if_possible(lambda: visit.backend.service.outputs),
    )
    rows, cursor, complete = found["list"]
    jobs = found["jobs"]
    return visit.page(
        "groups.html",
        rows=rows,
        tab=tab,
        tabs=TABS,
        order=order,
        cursor=cursor,
        complete=complete,
        sparks=_sparks(visit, rows),
        stats=None if isinstance(found["stats"], Missing) else found["stats"],
        hours=_hours(found["stats"]),
        jobs=[] if isinstance(jobs, Missing) else [one for one in jobs if one["status"] in _ACTIVE_JOBS],
        outputs={} if isinstance(found["outputs"], Missing) else found["outputs"],
        filters={name: visit.query.get(name, "") for name in FILTERS},
    )


def _listed(visit: PageRequest, tab: str, order: str) -> tuple[list[Group], str | None, bool]:
    """The rows, the cursor of the next page, and whether the order is that of all there are."""
    filters = {name: visit.query[name] for name in FILTERS if name in visit.query}
    statuses = _BROKEN if tab == "broken" else (tab,)
    if order == "count":
        read = [_pages(visit, {**filters, "status": status}) for status in statuses]
        rows = sorted((row for part, _ in read for row in part), key=lambda row: -int(row["count"]))
        return rows[:_ROWS], None, all(whole for _, whole in read) and len(rows) <= _ROWS
    if len(statuses) == 1:
        page = visit.backend.get("/groups", **filters, status=tab, limit=str(_ROWS), **_cursor(visit))
        return page["groups"], page["cursor"], True
    pages = visit.backend.each(
        lambda status: visit.backend.get("/groups", **filters, status=status, limit=str(_ROWS)),
        list(statuses),
    )
    rows = [row for page in pages for row in page["groups"]]
    return rows, None, not any(page["cursor"] for page in pages)


def _pages(visit: PageRequest, query: dict[str, str]) -> tuple[list[Group], bool]:
    rows: list[Group] = []
    cursor: dict[str, str] = {}
    for _ in range(_SORTED_PAGES):
        page = visit.backend.get("/groups", **query, limit="100", **cursor)
        rows += page["groups"]
        if page["cursor"] is None:
            return rows, True
        cursor = {"cursor": page["cursor"]}
    return rows, False


def _cursor(visit: PageRequest) -> dict[str, str]:
    return {"cursor": visit.query["cursor"]} if "cursor" in visit.query else {}


def _stats(visit: PageRequest) -> Any:
    since = visit.now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=_HOURS - 1)
    return visit.backend.get("/stats", **{"from": since.isoformat()})


def _hours(stats: Any) -> list[tuple[datetime, int]]:
    if isinstance(stats, Missing):
        return []
    return [(datetime.fromisoformat(one["at"]), one["failures"]) for one in stats["buckets"]]


def _sparks(visit: PageRequest, rows: list[Group]) -> dict[str, list[tuple[datetime, int]]]:
    """The last 24 hours of each group; of one that has not failed again since, as it was read before. What
    has been quiet for longer has none, and is not asked for."""
    quiet = visit.now - timedelta(hours=_HOURS)

    def hours(row: Group) -> list[Any]:
        if datetime.fromisoformat(row["last_seen"]) < quiet:
            return []
        key = ("hours", row["fingerprint"], row["count"], row["last_seen"])
        look = if_possible(lambda: visit.backend.get(f"/groups/{segment(row['fingerprint'])}")["hours"])
        found = visit.backend.remembered(key, look)
        return [] if isinstance(found, Missing) else found

    reported = visit.backend.each(hours, rows)
    return {
        row["fingerprint"]: hourly(one, visit.now, _HOURS) for row, one in zip(rows, reported, strict=True)
    }
