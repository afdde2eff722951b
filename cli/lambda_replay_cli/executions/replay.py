"""Replays of some executions: each is asked for by itself, and one that is refused does not stop the rest."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lambda_replay.domain.executions.replay import ReplayStatus
from lambda_replay_cli.client.connection import segment
from lambda_replay_cli.client.service import Service
from lambda_replay_cli.errors import NO, REFUSED, ApiError, report
from lambda_replay_cli.executions.wait import Sent

# What a replay's end means to the one who waits for it; anything else is fine.
_ENDS_WITH = {
    ReplayStatus.FAILED: NO,
    ReplayStatus.UNCERTAIN: NO,
    ReplayStatus.REJECTED: REFUSED,
}
# It is unknown whether these were sent.
_UNKNOWN = frozenset({"outcome_uncertain", "internal_error"})
_OF_REPLAY = ("number", "status", "target", "request_id", "outcome_due_at", "ended_at")
_LOOK = "it may or may not have been sent: see with show, and look for its effect before you replay it again"


@dataclass
class Results:
    """The exit code for all: the worst of them. `warned` are the warnings that were said."""

    code: int = 0
    warned: set[str] = field(default_factory=set)

    def note(self, code: int) -> None:
        self.code = max(self.code, code)

    def warn(self, identity: str, warnings: Iterable[str]) -> None:
        """Once each: of many executions the same is to be said. The rows have them all."""
        for warning in warnings:
            if warning not in self.warned:
                self.warned.add(warning)
                report(f"{identity}: {warning}")


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
        except ApiError as refused:
            if not refused.by_service:
                raise
            unknown = refused.code in _UNKNOWN
            results.note(NO if unknown else refused.exit_code)
            status = ReplayStatus.UNCERTAIN if unknown else "refused"
            message = _LOOK if unknown else refused.message
            yield None, row(identity, {"status": status}, refused.code, message)
        else:
            replay, warnings = answer["replay"], answer.get("warnings", ())
            results.warn(identity, warnings)
            yield Sent(identity, replay["number"], tuple(warnings)), row(identity, replay, warnings=warnings)


def ended(sent: Sent, replay: dict[str, Any], results: Results) -> dict[str, Any]:
    """The row of a replay that was waited for."""
    is_open = replay["status"] in (ReplayStatus.CLAIMED, ReplayStatus.ACCEPTED)
    results.note(NO if is_open else _ENDS_WITH.get(replay["status"], 0))
    failure = replay["failure"]
    due = f"; due at {replay['outcome_due_at']}" if replay["outcome_due_at"] else ""
    message = f"no outcome yet{due}" if is_open else failure and failure["title"]
    return row(sent.execution, replay, replay["rejection"], message, sent.warnings)


def previews(
    service: Service, identities: list[str], body: dict[str, Any], results: Results
) -> Iterator[dict[str, Any]]:
    for identity in identities:
        try:
            found: dict[str, Any] = service.call(
                "POST", f"/executions/{segment(identity)}/replay", body={**body, "dry_run": True}
            )
        except ApiError as refused:
            if not refused.by_service:
                raise
            results.note(refused.exit_code)
            found = {
                "dry_run": True, "execution": {"id": identity}, "target": None, "would_replay": False,
                "refusal": refused.code, "message": refused.message, "warnings": [], "changes": None,
            }  # fmt: skip
        results.warn(identity, found.get("warnings", ()))
        results.note(0 if found["would_replay"] else NO)
        yield found


def row(
    identity: str,
    replay: dict[str, Any],
    code: str | None = None,
    message: str | None = None,
    warnings: Iterable[str] = (),
) -> dict[str, Any]:
    """The same keys for each, whatever became of it."""
    return {
        "id": identity,
        **{name: replay.get(name) for name in _OF_REPLAY},
        "code": code,
        "message": message,
        "warnings": list(warnings),
    }
