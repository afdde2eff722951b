"""Decisions about one group or several: asked for on a page of their own, carried out one by one."""

from typing import Any

from starlette.responses import Response

from lambda_replay_cli.console.backend.page_request import PageRequest, address
from lambda_replay_cli.console.client import Action, ApiError, UsageError, segment, time_format
from lambda_replay_cli.console.groups.listing import FILTERS

_MOST, _MOST_PLANNED = 500, 100
_AT_MOST = f"{_MOST} groups can be decided about at once: narrow the list first"
_DONE = {
    Action.resolve: "resolved", Action.ignore: "ignored", Action.reopen: "reopened", Action.note: "noted",
    Action.merge: "merged", Action.unmerge: "unmerged", Action.classify: "classified",
    Action.unclassify: "classified by the rules again", Action.ack: "acknowledged",
    Action.unack: "no longer acknowledged", Action.assign: "assigned", Action.unassign: "no longer assigned",
    Action.ticket: "linked to its ticket", Action.unticket: "without a ticket",
}  # fmt: skip
_ALL = {"broken": ("regressed", "open")}


def asked(visit: PageRequest) -> Response:
    """A page that asks why, until when, or into which; without one of its own, the plan of a replay."""
    asked_for = visit.query.get("verb", "")
    action = None if asked_for == "plan" else _action(asked_for)
    rows = _meant(visit)
    if not rows:
        raise UsageError("no group is selected: tick some, or all that match")
    if action is None:
        return _plan(visit, rows)
    return visit.page("decide.html", verb=action.value, rows=rows, fields=action.fields)


def decide(visit: PageRequest) -> Response:
    action = _action(visit.form.get("verb", ""))
    body = _body(action, visit)
    names = visit.form.all("group")
    if action is Action.merge:
        names = [name for name in names if name != body["into"]]

    def one(fingerprint: str) -> str | None:
        try:
            visit.backend.call("POST", f"/groups/{segment(fingerprint)}/{action.route}", body=body)
        except ApiError as refused:
            if not refused.by_service:
                raise
            return f"{fingerprint[:8]}: {refused}"
        return None

    faults = [fault for fault in visit.backend.each(one, names[:_MOST]) if fault]
    done = len(names) - len(faults)
    said = (
        f"{done} of {len(names)} groups {_DONE[action]}"
        if len(names) > 1 or faults
        else f"The group is {_DONE[action]}"
    )
    alone = body.get("into") or (names[0] if len(names) == 1 else None)
    return visit.go(f"/groups/{segment(alone)}" if alone else "/", said, faults)


def _body(action: Action, visit: PageRequest) -> dict[str, Any]:
    """Raises `UsageError` for what is missing or can't be understood."""
    body: dict[str, Any] = {}
    for name, needed in action.fields.items():
        given = visit.form.get(name, "").strip()
        if needed and not given:
            raise UsageError(
                f"{action} needs {'a reason' if name in ('reason', 'text') else name}: it is written down"
            )
        if given:
            body[name] = given
    if "until" in body:
        body["until"] = time_format.query(body["until"], ahead=True)
    if "failures" in body:
        if not body["failures"].isdecimal():
            raise UsageError(f"failures: {body['failures'][:20]!r} is no whole number")
        body["failures"] = int(body["failures"])
    return {**body, **action.fixed}


def _meant(visit: PageRequest) -> list[dict[str, Any]]:
    """The groups that were ticked, or all of the list. Raises `UsageError` where these are too many."""
    if "all" not in visit.query:
        names = list(dict.fromkeys(visit.query.all("group")))
        if len(names) > _MOST:
            raise UsageError(_AT_MOST)
        return visit.backend.each(lambda name: visit.backend.get(f"/groups/{segment(name)}"), names)
    tab = visit.query.get("tab", "broken")
    filters = {name: visit.query[name] for name in FILTERS if name in visit.query}
    rows: list[dict[str, Any]] = []
    for status in _ALL.get(tab, (tab,)):
        for row in visit.backend.service.pages(
            "/groups", "groups", {**filters, "status": status, "limit": "100"}
        ):
            rows.append(row)
            if len(rows) > _MOST:
                raise UsageError(_AT_MOST)
    return rows


def _plan(visit: PageRequest, rows: list[dict[str, Any]]) -> Response:
    """A filter for any of these groups, however many executions they hold."""
    if len(rows) > _MOST_PLANNED:
        raise UsageError(f"{_MOST_PLANNED} groups can be planned at once: narrow the list first")
    return visit.go(address("/plan", [("group", " ".join(row["fingerprint"] for row in rows))]))


def _action(text: str) -> Action:
    if text in set(Action):
        return Action(text)
    raise UsageError(f"{text[:20]!r} can't be done with groups")
