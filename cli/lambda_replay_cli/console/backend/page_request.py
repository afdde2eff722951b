"""One request of a page: what was asked, whom to ask, and how to answer."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from lambda_replay_cli.console.backend.caller import Caller
from lambda_replay_cli.console.backend.form import Fields
from lambda_replay_cli.console.backend.permissions import Permissions
from lambda_replay_cli.console.backend.service import Backend

type Draw = Callable[[str, dict[str, Any]], str]
_NOTHING = Fields()


@dataclass(frozen=True, slots=True)
class PageContext:
    """What all requests share. `draw` makes a page from a template's name and what stands in it."""

    backend: Backend
    permissions: Permissions
    who: Caller
    draw: Draw
    form_token: str


@dataclass(frozen=True, slots=True)
class PageRequest:
    """`query` is the address's, `form` what was sent with it."""

    request: Request
    desk: PageContext
    query: Fields
    form: Fields = _NOTHING
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def backend(self) -> Backend:
        return self.desk.backend

    def part(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def page(self, template: str, status: HTTPStatus = HTTPStatus.OK, **shown: Any) -> Response:
        """The page, with what stands on all of them."""
        cookies = self.request.cookies
        common = {
            "who": self.desk.who.known(),
            "may": self.desk.permissions.may(),
            "form_token": self.desk.form_token,
            "path": self.request.url.path,
            "here": address(self.request.url.path, self.query.pairs()),
            "query": self.query,
            "now": self.now,
            "theme": cookies.get("theme") if cookies.get("theme") in ("light", "dark") else "",
            "keys": cookies.get("keys") != "off",
            "said": self.backend.kept(("said", self.query.get("said", ""))) if "said" in self.query else None,
        }
        text = self.desk.draw(template, {**common, **shown})
        return Response(text, status, media_type="text/html")

    def go(self, path: str, said: str | None = None, faults: Iterable[str] = ()) -> Response:
        """Sends the browser there, where `said` is shown once more; a reload then changes nothing."""
        if said is not None:
            key = secrets.token_hex(4)
            self.backend.keep(("said", key), {"text": said, "faults": list(faults)})
            base, mark, part = path.partition("#")
            path = f"{base}{'&' if '?' in base else '?'}said={key}{mark}{part}"
        return RedirectResponse(path, HTTPStatus.SEE_OTHER)


def address(path: str, pairs: Iterable[tuple[str, str]]) -> str:
    """A local address; what only says what was done is not part of it."""
    kept = [(name, value) for name, value in pairs if name != "said"]
    return f"{path}?{urlencode(kept, errors='replace')}" if kept else path
