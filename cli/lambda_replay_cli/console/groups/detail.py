"""One group: why these failures are one, when they came, and what was done about them."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from lambda_replay.domain.category import Category, Verdict
from lambda_replay_cli.console.backend.page_request import PageRequest
from lambda_replay_cli.console.backend.service import Missing, if_possible
from lambda_replay_cli.console.client import segment
from lambda_replay_cli.console.rendering.charts import hourly

_WEEK = 7 * 24
_EXECUTIONS = 100
_SHOWN = 10


def group(visit: PageRequest) -> Response:
    fingerprint = visit.part("fingerprint")
    found = visit.backend.together(
        group=lambda: visit.backend.get(f"/groups/{segment(fingerprint)}"),
        failed=lambda: visit.backend.get(
            "/executions", group=fingerprint, status="failed", limit=str(_EXECUTIONS)
        ),
        jobs=if_possible(lambda: visit.backend.get("/jobs", limit="100")["jobs"]),
    )
    shown, failed = found["group"], found["failed"]
    executions = failed["executions"]
    code = _code(visit, fingerprint, executions) if visit.desk.permissions.may()["plan"] else None
    return visit.page(
        "group.html",
        group=shown,
        hours=hourly(shown["hours"], visit.now, _WEEK),
        executions=executions[:_SHOWN],
        waiting=len(executions),
        waiting_more=failed["cursor"] is not None,
        jobs=[]
        if isinstance(found["jobs"], Missing)
        else [one for one in found["jobs"] if _about(one, shown)],
        code=code,
        choices={"category": list(Category), "verdict": list(Verdict)},
    )


def _about(job: Mapping[str, Any], group: Mapping[str, Any]) -> bool:
    """By its group, or by its function alone."""
    wanted = job["filter"] or {}
    if groups := wanted.get("groups"):
        return group["fingerprint"] in groups
    return wanted.get("function") in (group["functions"] or [group["function"]])


def _code(visit: PageRequest, fingerprint: str, waiting: list[dict[str, Any]]) -> Any:
    """Whether anything was deployed since the newest of those that wait failed, or of all where none waits:
    as the plan of a job of it alone says. None where that can't be found out."""

    def look() -> Any:
        rows = waiting or visit.backend.get("/executions", group=fingerprint, limit="1")["executions"]
        if not rows:
            return []
        # By force, for one that has recovered too.
        return visit.backend.call("POST", "/jobs/plan", body={"ids": [rows[0]["id"]], "mode": "force"})[
            "code"
        ]

    found = if_possible(look)()
    return None if isinstance(found, Missing) or not found else found[0]
