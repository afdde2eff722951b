"""Executions left alone, taken up again, and their events forgotten."""

from typing import Any

from starlette.responses import Response

from lambda_replay_cli.console.backend.page_request import PageRequest, address
from lambda_replay_cli.console.client import ApiError, UsageError, segment, time_format
from lambda_replay_cli.console.executions.listing import FILTERS
from lambda_replay_cli.console.executions.selection import meant

_DONE = {"ignore": "ignored", "reopen": "reopened", "forget": "forgotten"}
# How the API spells what can't be taken back.
_ROUTES = {"forget": ("DELETE", "payload")}
_NEED_A_REASON = ("ignore", "forget")


def asked(visit: PageRequest) -> Response:
    verb = visit.query.get("verb", "")
    if verb == "plan":
        return _plan(visit)
    if verb not in _DONE:
        raise UsageError(f"{verb[:20]!r} can't be done with executions")
    return visit.page(
        "leave.html", verb=verb, done=_DONE[verb], ids=meant(visit), needs_reason=verb in _NEED_A_REASON
    )


def decide(visit: PageRequest) -> Response:
    verb = visit.form.get("verb", "")
    if verb not in _DONE:
        raise UsageError(f"{verb[:20]!r} can't be done with executions")
    body = _body(verb, visit)
    ids = visit.form.all("id")

    def one(identity: str) -> str | None:
        try:
            method, last = _ROUTES.get(verb, ("POST", verb))
            visit.backend.call(method, f"/executions/{segment(identity)}/{last}", body=body)
        except ApiError as refused:
            if not refused.by_service:
                raise
            return f"{identity}: {refused}"
        return None

    faults = [fault for fault in visit.backend.each(one, ids) if fault]
    done = len(ids) - len(faults)
    if len(ids) == 1:
        said = f"The execution is {_DONE[verb]}" if not faults else "Nothing was changed"
        return visit.go(f"/executions/{segment(ids[0])}", said, faults)
    return visit.go("/executions", f"{done} of {len(ids)} executions {_DONE[verb]}", faults)


def _body(verb: str, visit: PageRequest) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if "reason" in visit.form:
        body["reason"] = visit.form["reason"]
    elif verb in _NEED_A_REASON:
        raise UsageError(f"{verb} needs a reason: it is written down")
    if verb == "ignore" and "until" in visit.form:
        body["until"] = time_format.query(visit.form["until"], ahead=True)
    return body


def _plan(visit: PageRequest) -> Response:
    """All that match are a filter; what was ticked goes by its ids."""
    if "all" in visit.query:
        return visit.go(
            address("/plan", [(name, visit.query[name]) for name in FILTERS if name in visit.query])
        )
    return visit.go(address("/plan", [("ids", "\n".join(meant(visit)))]))
