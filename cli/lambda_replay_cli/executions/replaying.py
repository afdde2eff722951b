"""Replays of some executions: each is asked for by itself, and one that is refused does not stop the rest."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lambda_replay.domain.replay import ReplayStatus
from lambda_replay_cli.ending import NO, REFUSED, ApiRefused
from lambda_replay_cli.executions.waiting import Sent
from lambda_replay_cli.service.connection import Service, segment

# What a replay's end means to the one who waits for it; anything else is fine.
_ENDS_WITH = {
    ReplayStatus.FAILED: NO,
    ReplayStatus.UNCERTAIN: NO,
    ReplayStatus.REJECTED: REFUSED,
}
# Nobody knows whether these were sent.
_UNKNOWN = frozenset({"outcome_uncertain", "internal_error"})
_LOOK = "it may or may not have been sent: see with show, and look for its effect before you replay it again"


@dataclass
class Results:
    """The exit code for all: the worst of them."""

    code: int = 0

    def note(self, code: int) -> None:
        self.code = max(self.code, code)


def started(
    service: Service, identities: list[str], body: dict[str, Any], results: Results
) -> Iterator[tuple[Sent | None, dict[str, Any]]]:
    """A row for each. What was not the service's own answer (no permission, no network) is raised."""
    for identity in identities:
        try:
            # With a key of its own, a call whose answer was lost can be repeated.
            answer = service.call(
                "POST",
                f"/executions/{segment(identity)}/replay",
                body=body,
                headers={"Idempotency-Key": str(uuid.uuid4())},
            )
        except ApiRefused as refused:
            if not refused.by_service:
                raise
            unknown = refused.code in _UNKNOWN
            results.note(NO if unknown else refused.exit_code)
            status = ReplayStatus.UNCERTAIN if unknown else "refused"
            message = _LOOK if unknown else refused.message
            yield None, row(identity, {"status": status}, refused.code, message)
        else:
            replay = answer["replay"]
            yield Sent(identity, replay["number"]), row(identity, replay)


def ended(sent: Sent, replay: dict[str, Any], results: Results) -> dict[str, Any]:
    """The row of a replay that was waited for."""
    is_open = replay["status"] in (ReplayStatus.CLAIMED, ReplayStatus.ACCEPTED)
    results.note(NO if is_open else _ENDS_WITH.get(replay["status"], 0))
    failure = replay["failure"]
    message = "no outcome yet" if is_open else failure and failure["title"]
    return row(sent.execution, replay, replay["rejection"], message)


def previews(
    service: Service, identities: list[str], body: dict[str, Any], results: Results
) -> Iterator[dict[str, Any]]:
    for identity in identities:
        try:
            found: dict[str, Any] = service.call(
                "POST", f"/executions/{segment(identity)}/replay", body={**body, "dry_run": True}
            )
        except ApiRefused as refused:
            if not refused.by_service:
                raise
            results.note(refused.exit_code)
            found = {
                "dry_run": True, "execution": {"id": identity}, "target": None, "would_replay": False,
                "refusal": refused.code, "message": refused.message, "changes": None,
            }  # fmt: skip
        results.note(0 if found["would_replay"] else NO)
        yield found


def row(
    identity: str, replay: dict[str, Any], code: str | None = None, message: str | None = None
) -> dict[str, Any]:
    """The same keys for each, whatever became of it."""
    return {
        "id": identity,
        **{name: replay.get(name) for name in ("number", "status", "target", "request_id", "ended_at")},
        "code": code,
        "message": message,
    }
