"""Replays that are on their way through an alias which would be removed.

Lambda may drop an event whose alias is gone, without a record of it (docs/reference/lambda.md#conditions).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay_cli.attachments.change import Change
from lambda_replay_cli.errors import ApiError

if TYPE_CHECKING:
    from lambda_replay_cli.client.service import Service

_FORBIDDEN = 403


def waited_for(service: "Service", changes: Sequence[Change]) -> list[Change]:
    """The same changes; functions that such replays were sent to are refused theirs."""
    wanted = {change.source.arn.unqualified for change in changes if change.removes_alias}
    busy = _under_way(service, wanted) if wanted else {}
    return [_left_alone(change, busy) for change in changes]


def _under_way(service: "Service", wanted: set[str]) -> dict[str, str] | None:
    """By each function that a replay is on its way to, one execution that is replayed. The functions that
    failed may be others. None when who asks may not know."""
    found: dict[str, str] = {}
    try:
        for row in service.pages("/executions", "executions", {"status": "replaying", "limit": "100"}):
            target = row["replay_target"] and FunctionArn.parse(row["replay_target"]).unqualified
            if target in wanted:
                found.setdefault(target, row["id"])
            if len(found) == len(wanted):
                break
    except ApiError as refusal:
        if refusal.status != _FORBIDDEN:
            raise
        return None
    return found


def _left_alone(change: Change, busy: dict[str, str] | None) -> Change:
    if busy is None:
        if not change.removes_alias:
            return change
        note = "whether replays are under way is not known (the API does not let you look): they may be lost"
        return replace(change, notes=(*change.notes, note))
    execution = busy.get(change.source.arn.unqualified)
    if execution is None:
        return change
    return change.refused(f"replays are under way to it: wait for them, see lambda-replay show {execution}")
