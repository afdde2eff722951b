"""Functions that fail: their policies, their breakers, and how they are wired."""

from typing import Any

from starlette.responses import Response

from lambda_replay_cli.console.backend.page_request import PageRequest, address
from lambda_replay_cli.console.backend.service import Missing, if_possible
from lambda_replay_cli.console.functions.wiring import Wiring, wiring

_ROWS = "20"


def functions(visit: PageRequest) -> Response:
    after = {"cursor": visit.query["cursor"]} if "cursor" in visit.query else {}
    page = visit.backend.get("/functions", limit=_ROWS, **after)
    rows = page["functions"]
    found = _wirings(visit, rows) if "wiring" in visit.query else None
    cursor = page["cursor"]
    outputs = if_possible(lambda: visit.backend.service.outputs)()
    return visit.page(
        "functions.html",
        rows=rows,
        wirings={} if found is None or isinstance(found, Missing) else found,
        wiring_asked=found is not None,
        wiring_refused=found.why if isinstance(found, Missing) else "",
        next=cursor and address("/functions", [("cursor", cursor)]),
        first=not after,
        outputs={} if isinstance(outputs, Missing) else outputs,
    )


def _wirings(visit: PageRequest, rows: list[dict[str, Any]]) -> dict[str, Wiring] | Missing:
    """Lambda takes few requests a second from an account, so it is asked only on demand."""
    return if_possible(lambda: wiring(visit.backend.service, [row["function"] for row in rows]))()
