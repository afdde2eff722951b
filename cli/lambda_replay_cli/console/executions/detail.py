"""One execution: what went wrong and why, what was tried since, and the event itself on demand."""

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from lambda_replay_cli.console.backend.page_request import PageRequest
from lambda_replay_cli.console.backend.service import Missing, if_possible
from lambda_replay_cli.console.client import job_words, segment
from lambda_replay_cli.console.executions.aws_console import last_run
from lambda_replay_cli.console.executions.payload import payload, read
from lambda_replay_cli.console.rendering.text import beginning

_FRAMES, _MESSAGE = 200, 6000
_OPEN = frozenset({"claimed", "accepted"})


def execution(visit: PageRequest) -> Response:
    identity = visit.part("id")
    wants_payload = "payload" in visit.query
    looks: dict[str, Any] = {"execution": lambda: visit.backend.get(f"/executions/{segment(identity)}")}
    if wants_payload:
        looks["payload"] = if_possible(lambda: payload(read(visit, identity)))
    if "error" in visit.query:
        looks["error"] = if_possible(lambda: visit.backend.get(f"/executions/{segment(identity)}/error"))
    found = visit.backend.together(**looks)
    shown = found["execution"]
    whole = found.get("error")
    error = shown["error"] if whole is None or isinstance(whole, Missing) else whole
    message, cut = beginning(error["message"] if error else shown["failure"]["title"], _MESSAGE)
    event = found.get("payload")
    return visit.page(
        "execution.html",
        execution=shown,
        failure=shown["failure"],
        error=error,
        frames=error["frames"][:_FRAMES] if error else [],
        frames_left_out=max(0, len(error["frames"]) - _FRAMES) if error else 0,
        error_is_whole=error is whole and error is not None,
        error_refused=whole.why if isinstance(whole, Missing) else "",
        message=message,
        message_cut=cut,
        history=history(shown),
        is_open=any(one["status"] in _OPEN for one in shown["replays"]),
        payload=None if isinstance(event, Missing) else event,
        payload_refused=event.why if isinstance(event, Missing) else "",
        run=last_run(shown, visit.now),
    )


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to it. `status` gives it its colour."""

    at: str
    what: str
    status: str
    by: str = ""
    reason: str = ""
    detail: str = ""
    run: str = ""
    due: str = ""
    job: str = ""


def history(execution: dict[str, Any]) -> list[Event]:
    """The oldest first."""
    first = execution["first_failure"]
    tries = f" after {job_words.counted(first['invoke_count'], 'attempt')}" if first["invoke_count"] else ""
    events = [
        Event(first["at"], f"failed{tries}", "failed", detail=first["title"], run=execution["id"]),
        *(_replay(one) for one in execution["replays"]),
        *(
            Event(
                one["at"],
                one["verb"],
                one["verb"],
                by=one["by"],
                reason=one["reason"] or "",
                due=one["until"] or "",
            )
            for one in execution["decisions"]
        ),
    ]
    return sorted(events, key=lambda event: event.at)


def _replay(one: dict[str, Any]) -> Event:
    failure = one["failure"]
    kind = {"bulk": " by a job", "automatic": " by the policy"}.get(one["trigger"], "")
    kind += ", payload changed" if one["patched"] else ""
    kind += f", durable execution {one['durable_execution']}" if one.get("durable_execution") else ""
    return Event(
        one["claimed_at"],
        f"replay {one['number']}{kind}: {one['status']}",
        one["status"],
        by=one["by"],
        reason=one["reason"] or "",
        detail=(failure and failure["title"]) or str(one["rejection"] or "").replace("_", " "),
        run=one["request_id"] or "",
        due=(one.get("outcome_due_at") or "") if one["status"] in _OPEN else "",
        job=one["job"] or "",
    )
