"""Which executions are meant: those that were ticked, or all that match."""

from itertools import islice

from lambda_replay_cli.console.backend.page_request import PageRequest
from lambda_replay_cli.console.client import MOST_IDS, UsageError, filter_query
from lambda_replay_cli.console.executions.listing import FILTERS


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
