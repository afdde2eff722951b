"""Decisions about one group or several: asked for on a page of their own, carried out one by one."""

from typing import Any

from starlette.responses import Response

from lambda_replay_cli.console.backend.page_request import PageRequest, address
from lambda_replay_cli.console.client import ApiError, UsageError, segment, time_format

_MOST = 500
_AT_MOST = f"{_MOST} groups can be decided about at once: narrow the list first"
# The words that are asked for, by what is decided; those that it can't do without are marked.
FIELDS: dict[str, dict[str, bool]] = {
    "resolve": {"reason": False},
    "ignore": {"reason": True, "until": False, "failures": False},
    "reopen": {"reason": False},
    "note": {"text": True},
    "merge": {"into": True, "reason": False},
    "unmerge": {"reason": False},
    "classify": {"category": True, "verdict": False, "reason": False},
    "unclassify": {"reason": False},
}
_DONE = {
    "resolve": "resolved", "ignore": "ignored", "reopen": "reopened", "note": "noted", "merge": "merged",
    "unmerge": "unmerged", "classify": "classified", "unclassify": "classified by the rules again",
}  # fmt: skip
_FILTERS = ("function", "category", "verdict")
_ALL = {"broken": ("regressed", "open")}


def asked(visit: PageRequest) -> Response:
    """A page that asks why, until when, or into which; without one of its own, the plan of a replay."""
    verb = _verb(visit.query.get("verb", ""))
    rows = _meant(visit)
    if not rows:
        raise UsageError("no group is selected: tick some, or all that match")
    if verb == "plan":
        return _plan(visit, rows)
    return visit.page("decide.html", verb=verb, rows=rows, fields=FIELDS[verb], done=_DONE[verb])


def decide(visit: PageRequest) -> Response:
    verb = _verb(visit.form.get("verb", ""))
    body = _body(verb, visit)
    names = visit.form.all("group")
    if verb == "merge":
        names = [name for name in names if name != body["into"]]

    def one(fingerprint: str) -> str | None:
        try:
            visit.backend.call("POST", f"/groups/{segment(fingerprint)}/{verb}", body=body)
        except ApiError as refused:
            if not refused.by_service:
                raise
            return f"{fingerprint[:8]}: {refused}"
        return None

    faults = [fault for fault in visit.backend.each(one, names[:_MOST]) if fault]
    done = len(names) - len(faults)
    said = (
        f"{done} of {len(names)} groups {_DONE[verb]}"
        if len(names) > 1 or faults
        else f"The group is {_DONE[verb]}"
    )
    alone = body.get("into") or (names[0] if len(names) == 1 else None)
    return visit.go(f"/groups/{segment(alone)}" if alone else "/", said, faults)


def _body(verb: str, visit: PageRequest) -> dict[str, Any]:
    """Raises `UsageError` for what is missing or can't be understood."""
    body: dict[str, Any] = {}
    for name, needed in FIELDS[verb].items():
        given = visit.form.get(name, "").strip()
        if needed and not given:
            raise UsageError(
                f"{verb} needs {'a reason' if name in ('reason', 'text') else name}: it is written down"
            )
        if given:
            body[name] = given
    if "until" in body:
        body["until"] = time_format.query(body["until"], ahead=True)
    if "failures" in body:
        if not body["failures"].isdecimal():
            raise UsageError(f"failures: {body['failures'][:20]!r} is no whole number")
        body["failures"] = int(body["failures"])
    return body


def _meant(visit: PageRequest) -> list[dict[str, Any]]:
    """The groups that were ticked, or all of the list. Raises `UsageError` where these are too many."""
    if "all" not in visit.query:
        names = list(dict.fromkeys(visit.query.all("group")))
        if len(names) > _MOST:
            raise UsageError(_AT_MOST)
        return visit.backend.each(lambda name: visit.backend.get(f"/groups/{segment(name)}"), names)
    tab = visit.query.get("tab", "broken")
    filters = {name: visit.query[name] for name in _FILTERS if name in visit.query}
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
    """One group is a filter; several are their executions that wait, by id, as many as a job takes."""
    if len(rows) == 1:
        return visit.go(address("/plan", [("group", rows[0]["fingerprint"])]))
    from lambda_replay_cli.console.executions.selection import ids_of

    return ids_of(visit, [{"group": row["fingerprint"], "status": "failed"} for row in rows])


def _verb(text: str) -> str:
    if text == "plan" or text in FIELDS:
        return text
    raise UsageError(f"{text[:20]!r} can't be done with groups")
