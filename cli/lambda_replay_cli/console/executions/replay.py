"""One replay: first what would happen, then the replay itself."""

import uuid
from typing import Any

from starlette.responses import Response

from lambda_replay_cli.console.backend.page_request import PageRequest
from lambda_replay_cli.console.client import ApiError, UsageError, read_patch, segment

_MODES = ("if_not_replayed", "force")


def preview(visit: PageRequest) -> Response:
    """The dry run, and the form that does it."""
    identity = visit.part("id")
    body = _body(visit.query)
    found = visit.backend.call(
        "POST", f"/executions/{segment(identity)}/replay", body={**body, "dry_run": True}
    )
    return shown(visit, found, body, visit.query.get("patch", ""))


def shown(
    visit: PageRequest, found: dict[str, Any], body: dict[str, Any], patch: str, **more: Any
) -> Response:
    """`patch` is the text of the patch that is among the wishes."""
    return visit.page(
        "replay.html",
        found=found,
        execution=found["execution"],
        options={"qualifier": None, "tenant": None, "function": None, **body},
        patch=patch,
        key=str(uuid.uuid4()),
        **{"difference": None, "warnings": [], **more},
    )


def replay(visit: PageRequest) -> Response:
    """Once for each form that was drawn, however often it is sent."""
    identity = visit.part("id")
    body = _body(visit.form)
    if "reason" in visit.form:
        body["reason"] = visit.form["reason"]
    path = f"/executions/{segment(identity)}"
    try:
        answer = visit.backend.call(
            "POST", f"{path}/replay", body=body, headers={"Idempotency-Key": visit.form.get("key", "")}
        )
    except ApiError as refused:
        if not refused.by_service:
            raise
        return visit.go(path, "The replay was refused", [str(refused)])
    return visit.go(path, f"Replay {answer['replay']['number']} was accepted by Lambda")


def _body(given: Any) -> dict[str, Any]:
    """Raises `UsageError`."""
    names = ("qualifier", "tenant", "function")
    body: dict[str, Any] = {name: given[name].strip() for name in names if name in given}
    mode = given.get("mode", _MODES[0])
    if mode not in _MODES:
        raise UsageError(f"mode: {mode[:20]!r} is none of {', '.join(_MODES)}")
    body["mode"] = mode
    if "patch" in given:
        body["patch"] = patch_of(given["patch"])
    return body


def patch_of(text: str) -> Any:
    """Raises `UsageError`. The command line takes the name of a file too; a page does not."""
    if not text.lstrip().startswith(("[", "{")):
        raise UsageError("patch: expected JSON, a list (JSON Patch) or an object (JSON Merge Patch)")
    return read_patch(text)
