"""A payload edited for one replay: the text, then what that changes, as the patch that is sent."""

import json

from starlette.responses import Response

from lambda_replay_cli.console.backend.page_request import PageRequest
from lambda_replay_cli.console.client import UsageError, segment
from lambda_replay_cli.console.executions.payload import editable, read
from lambda_replay_cli.console.executions.payload_diff import difference
from lambda_replay_cli.console.executions.replay import shown


def editor(visit: PageRequest) -> Response:
    identity = visit.part("id")
    return visit.page("edit.html", identity=identity, text=editable(read(visit, identity)), fault="")


def compared(visit: PageRequest) -> Response:
    """The dry run of a replay with what was changed. The text is sent, for addresses are too short for it;
    nothing is changed by that."""
    identity = visit.part("id")
    text = visit.form.get("text", "")
    before = read(visit, identity)
    try:
        found = difference(editable(before), text)
    except UsageError as error:
        return visit.page("edit.html", identity=identity, text=text, fault=str(error))
    body = {"mode": visit.form.get("mode", "if_not_replayed"), "patch": found.operations}
    preview = visit.backend.call(
        "POST", f"/executions/{segment(identity)}/replay", body={**body, "dry_run": True}
    )
    patch = json.dumps(found.operations, ensure_ascii=False)
    return shown(visit, preview, body, patch, difference=found.changes, warnings=found.warnings)
