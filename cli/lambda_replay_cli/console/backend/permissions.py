"""What the user may do, found out from the API's own answers.

Each change is asked for in a form that changes nothing: of an execution that there can't be, or with a body
that the service refuses. Only the gateway's own refusal means that it is not allowed.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from lambda_replay_cli.console.backend.service import Backend, Missing, if_possible
from lambda_replay_cli.console.client import ApiError

_NOBODY = "00000000-0000-0000-0000-000000000000"
_REFUSED_BODY = {"-": True}
# By what a page asks about: the method and path of a route, and a body that no route takes.
_PROBES: dict[str, tuple[str, str, object]] = {
    "replay": ("POST", f"/executions/{_NOBODY}/replay", _REFUSED_BODY),
    "ignore": ("POST", f"/executions/{_NOBODY}/ignore", _REFUSED_BODY),
    "reopen": ("POST", f"/executions/{_NOBODY}/reopen", _REFUSED_BODY),
    "forget": ("DELETE", f"/executions/{_NOBODY}/payload", _REFUSED_BODY),
    "payload": ("GET", f"/executions/{_NOBODY}/payload", None),
    "groups": ("POST", "/groups/00000000/ignore", _REFUSED_BODY),
    "plan": ("POST", "/jobs/plan", _REFUSED_BODY),
    "jobs": ("POST", "/jobs", _REFUSED_BODY),
    "policies": ("PUT", "/functions/-/policy", _REFUSED_BODY),
    "rules": ("PUT", "/rules", _REFUSED_BODY),
}
_FOR_SECONDS = 600
_PATIENCE = 2.0
"""Seconds that a page waits for the first answers."""


@dataclass
class Permissions:
    """Asked once in ten minutes, one after the other and beside the pages. What is not known yet, or could
    not be found out, counts as allowed: the API has the last word."""

    backend: Backend
    clock: Callable[[], float] = time.monotonic
    _found: dict[str, bool] = field(default_factory=dict)
    _at: float | None = None
    _known: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def may(self) -> dict[str, bool]:
        with self._lock:
            due = self._at is None or self.clock() - self._at > _FOR_SECONDS
            if due:
                self._at = self.clock()
        if due:
            threading.Thread(target=self._look, daemon=True).start()
        self._known.wait(_PATIENCE)
        return {name: self._found.get(name, True) for name in _PROBES}

    def _look(self) -> None:
        try:
            found = {name: if_possible(self._probe(*probe))() for name, probe in _PROBES.items()}
            self._found |= {name: one for name, one in found.items() if not isinstance(one, Missing)}
            if all(isinstance(one, Missing) for one in found.values()):
                self._at = None  # nothing is known, and the next page asks again
        finally:
            self._known.set()

    def _probe(self, method: str, path: str, body: object) -> Callable[[], bool]:
        def allowed() -> bool:
            try:
                self.backend.call(method, path, body=body)
            except ApiError as refused:
                return not is_denied(refused)
            return True

        return allowed


def is_denied(error: Any) -> bool:
    """Whether IAM has spoken, and not the service."""
    return (
        isinstance(error, ApiError)
        and error.status == HTTPStatus.FORBIDDEN
        and not error.by_service
        and "xpired" not in f"{error.code} {error.message}"
    )
