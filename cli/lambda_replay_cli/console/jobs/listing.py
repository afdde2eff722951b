"""The list of jobs."""

from starlette.responses import Response

from lambda_replay_cli.console.backend.page_request import PageRequest, address

_ROWS = "25"


def jobs(visit: PageRequest) -> Response:
    after = {"cursor": visit.query["cursor"]} if "cursor" in visit.query else {}
    page = visit.backend.get("/jobs", limit=_ROWS, **after)
    cursor = page["cursor"]
    return visit.page(
        "jobs.html",
        rows=page["jobs"],
        page=page,
        next=cursor and address("/jobs", [("cursor", cursor)]),
        first=not after,
    )
