"""Replays that are on their way through an alias which would be removed.

Lambda may drop an event whose alias is gone, without a record of it (docs/reference/lambda.md#conditions).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from lambda_replay_cli.ending import ApiRefused
from lambda_replay_cli.wiring.plan import Change

if TYPE_CHECKING:
    from lambda_replay_cli.service.connection import Service

_FORBIDDEN = 403


def waited_for(service: "Service", changes: Sequence[Change]) -> list[Change]:
    """The same changes; functions that have such replays are refused theirs."""
    names = dict.fromkeys(change.source.name for change in changes if change.removes_alias)
    busy = {name: _under_way(service, name) for name in names}
    return [_left_alone(change, busy.get(change.source.name, False)) for change in changes]


def _under_way(service: "Service", name: str) -> bool | None:
    """None when who asks may not know."""
    query = {"function": name, "status": "replaying", "limit": "100"}
    try:
        return next(iter(service.pages("/executions", "executions", query)), None) is not None
    except ApiRefused as refusal:
        if refusal.status != _FORBIDDEN:
            raise
        return None


def _left_alone(change: Change, busy: bool | None) -> Change:
    name = change.source.name
    if busy is None:
        note = "whether replays are under way is not known (the API does not let you look): they may be lost"
        return replace(change, notes=(*change.notes, note))
    if not busy:
        return change
    return change.refused(
        f"replays are under way: wait for them, see lambda-replay list --function {name} --status replaying"
    )
