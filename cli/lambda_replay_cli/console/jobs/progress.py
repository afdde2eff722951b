"""One job while it runs, and what can be done to it."""

from typing import Any

from starlette.responses import Response

from lambda_replay_cli.console.backend.page_request import PageRequest, address
from lambda_replay_cli.console.client import ApiError, UsageError, job_words, segment

_VERBS = {"pause": "paused", "resume": "running again", "cancel": "cancelled"}
_FILTER = ("function", "category", "verdict", "status", "error_type")
_MOST_GROUPS = 100
ENDED = frozenset({"completed", "cancelled", "halted"})


def job(visit: PageRequest) -> Response:
    shown = visit.backend.get(f"/jobs/{segment(visit.part('id'))}")
    return visit.page(
        "job.html",
        job=shown,
        counts=shown["counts"],
        ended=shown["status"] in ENDED,
        parts=job_words.what_became(shown["counts"]),
        again=_again(shown),
        announced=job_words.change(shown),
    )


def decide(visit: PageRequest) -> Response:
    verb, identity = visit.part("verb"), visit.part("id")
    if verb not in _VERBS:
        raise UsageError(f"{verb[:20]!r} can't be done with a job")
    body = {"reason": visit.form["reason"]} if "reason" in visit.form else {}
    path = f"/jobs/{segment(identity)}"
    try:
        visit.backend.call("POST", f"{path}/{verb}", body=body)
    except ApiError as refused:
        if not refused.by_service:
            raise
        return visit.go(path, "Nothing was changed", [str(refused)])
    return visit.go(path, f"The job is {_VERBS[verb]}")


def _again(shown: dict[str, Any]) -> str | None:
    """The plan of what is left of it: the same selection, without what has recovered since. None of a job by
    ids, which the API does not tell, and of one of more groups than a filter takes."""
    wanted = shown["filter"]
    groups = (wanted or {}).get("groups") or []
    if wanted is None or len(groups) > _MOST_GROUPS:
        return None
    pairs = [(name, wanted[name]) for name in _FILTER if wanted.get(name)]
    pairs += [("group", " ".join(groups))] if groups else []
    pairs += [(name, wanted[name]) for name in ("from", "to") if wanted.get(name)]
    return address("/plan", [*pairs, ("rate", f"{shown['rate']:g}")])
