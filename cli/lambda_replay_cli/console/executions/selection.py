"""Which executions are meant: those that were ticked, or all that match."""

from itertools import islice

from starlette.responses import Response

from lambda_replay_cli.console.backend.page_request import PageRequest, address
from lambda_replay_cli.console.client import MOST_IDS, UsageError, filter_query
from lambda_replay_cli.console.executions.listing import FILTERS


def ids_of(visit: PageRequest, filters: list[dict[str, str]]) -> Response:
    """The plan of a job of what these select, by their ids. Raises `UsageError` where they are too many."""
    ids: list[str] = []
    for wanted in filters:
        found = visit.backend.service.pages("/executions", "executions", {**wanted, "limit": "100"})
        ids += [one["id"] for one in islice(found, MOST_IDS + 1 - len(ids))]
        if len(ids) > MOST_IDS:
            raise UsageError(
                f"more than {MOST_IDS} executions are in these groups: plan their replays one after the other"
            )
    if not ids:
        raise UsageError("no execution of these groups waits for a replay")
    return visit.go(address("/plan", [("ids", "\n".join(ids))]))


def meant(visit: PageRequest) -> list[str]:
    """Ids that were ticked, or of all that match. Raises `UsageError` where they are none or too many."""
    if "all" in visit.query:
        query = {name: visit.query[name] for name in FILTERS if name in visit.query}
        found = visit.backend.service.pages("/executions", "executions", {**query, **filter_query()})
        ids = [one["id"] for one in islice(found, MOST_IDS + 1)]
    else:
        ids = list(dict.fromkeys(visit.query.all("id")))
    if not ids:
        raise UsageError("no execution is selected: tick some, or all that match")
    if len(ids) > MOST_IDS:
        raise UsageError(f"{MOST_IDS} executions can be decided about at once: narrow the list first")
    return ids
