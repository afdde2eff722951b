"""One function: its policy, edited and tried on recent failures before it is saved."""

from itertools import islice
from typing import Any

from starlette.responses import Response

from lambda_replay.domain.category import Category
from lambda_replay_cli.console.backend.page_request import PageRequest, address
from lambda_replay_cli.console.backend.service import Missing, if_possible
from lambda_replay_cli.console.client import (
    Addresses,
    checked_policy,
    policy_request,
    segment,
    try_policy,
    version_words,
)
from lambda_replay_cli.console.functions.form import FIELDS, fields_of, options
from lambda_replay_cli.console.functions.wiring import wiring

_TRIED = 50


def function(visit: PageRequest) -> Response:
    name = visit.part("name")
    found = visit.backend.together(
        standing=lambda: visit.backend.get(f"/functions/{segment(name)}/policy"),
        history=if_possible(lambda: visit.backend.get(f"/functions/{segment(name)}/policy/history")),
        recent=lambda: visit.backend.get("/executions", function=name, limit=str(_TRIED))["executions"],
        wiring=if_possible(lambda: wiring(visit.backend.service, [name])[name]),
    )
    drawn = "drawn" in visit.query
    shown = (
        {field: " ".join(visit.query.all(field)) for field in FIELDS}
        if drawn
        else fields_of(found["standing"]["policy"])
    )
    place, past = found["wiring"], found["history"]
    return visit.page(
        "function.html",
        name=name,
        standing=found["standing"],
        policy=found["standing"]["policy"],
        history=[]
        if isinstance(past, Missing)
        else [{**one, "what": version_words(one)} for one in past["versions"]],
        fields=shown,
        categories=list(Category),
        wiring=None if isinstance(place, Missing) else place,
        wiring_refused=place.why if isinstance(place, Missing) else "",
        recent=found["recent"],
        trial=_trial(visit, name, found["recent"]) if drawn else None,
        options=options(visit.query) if drawn else None,
    )


def change(visit: PageRequest) -> Response:
    """The form, as an address: it is tried there, and nothing is saved."""
    options(visit.form)
    pairs = [(name, value) for name, value in visit.form.pairs() if name in FIELDS]
    return visit.go(address(f"/functions/{segment(visit.part('name'))}", [("drawn", "1"), *pairs]) + "#trial")


def save(visit: PageRequest) -> Response:
    name = visit.part("name")
    path = f"/functions/{segment(name)}"
    reason = {"reason": visit.form["reason"]} if "reason" in visit.form else {}
    if visit.form.get("take") == "back":
        visit.backend.call("DELETE", f"{path}/policy", query=reason or None)
        return visit.go(path, "The function's own policy was taken back: the stack's is in effect")
    visit.backend.call("PUT", f"{path}/policy", body={**policy_request(options(visit.form)), **reason})
    return visit.go(path, "The policy was saved: it is for failures from now on, within a minute")


def _trial(visit: PageRequest, name: str, recent: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What it would have done with the newest failures. Raises `UsageError` for a policy that can't be."""
    policy = checked_policy(name, policy_request(options(visit.query)))
    allowed = Addresses.of(visit.backend.service).allow_list
    verdicts = try_policy(
        policy,
        islice(recent, _TRIED),
        lambda one: visit.backend.get(f"/executions/{segment(one)}"),
        allowed,
    )
    return [one.as_row() for one in verdicts]
