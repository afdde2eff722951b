"""Stands before every page: refuses what does not come from the operator's own browser, and tells the browser
what pages may do."""

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lambda_replay_cli.console.web.access import OPENING, Access, from_here

type Refusal = Callable[[HTTPStatus, str, str], Response]

STATIC = "/static/"
_LOOKING = frozenset({"GET", "HEAD"})
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


class Guard:
    """`refuse` draws a page from a status, a title and what to do; `asked_again` is called when a
    request has no cookie, so that the terminal can print another link."""

    def __init__(
        self, app: ASGIApp, access: Access, refuse: Refusal, asked_again: Callable[[], None]
    ) -> None:
        self._app, self._access, self._refuse, self._asked_again = app, access, refuse, asked_again

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        stopped = self._stopped(scope)

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._protect(MutableHeaders(scope=message), scope["path"])
            await send(message)

        await (self._app if stopped is None else stopped)(scope, receive, protected)

    def _stopped(self, scope: Scope) -> Response | None:
        """The answer to what goes no further."""
        headers, path, method = Headers(scope=scope), scope["path"], scope["method"]
        if not self._access.serves(headers.get("host", "")):
            return self._refuse(
                HTTPStatus.FORBIDDEN,
                "This address is not served",
                "The console answers under the address that it printed in the terminal.",
            )
        if path.startswith(STATIC) and method in _LOOKING:
            return None
        if path == OPENING and method == "GET":
            return self._opened(scope)
        if not self._access.knows(cookie_parser(headers.get("cookie", ""))):
            self._asked_again()
            return self._refuse(
                HTTPStatus.UNAUTHORIZED,
                "Open it with the link in the terminal",
                "Each link opens the console once, in one browser. A new one stands in the terminal now.",
            )
        if method not in _LOOKING and not from_here(headers):
            return self._refuse(
                HTTPStatus.FORBIDDEN,
                "This form is not the console's",
                "Another page tried to change something here. Nothing was changed.",
            )
        return None

    def _opened(self, scope: Scope) -> Response:
        given = parse_qs(scope["query_string"].decode(errors="replace"))
        token, to = (given.get(name, [""])[0] for name in ("token", "to"))
        known = self._access.knows(cookie_parser(Headers(scope=scope).get("cookie", "")))
        if not self._access.opens(token) and not known:
            self._asked_again()
            return self._refuse(
                HTTPStatus.UNAUTHORIZED,
                "This link was used already",
                "Each link opens the console once. A new one stands in the terminal now.",
            )
        answer = RedirectResponse(local_path(to), HTTPStatus.SEE_OTHER)
        answer.set_cookie(self._access.cookie, self._access.session, httponly=True, samesite="strict")
        return answer

    def _protect(self, headers: MutableHeaders, path: str) -> None:
        headers["Content-Security-Policy"] = _POLICY
        headers["Referrer-Policy"] = self._access.referrer_policy
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Cache-Control"] = "no-cache" if path.startswith(STATIC) else "no-store"


def local_path(text: str) -> str:
    """A path of the console, whatever was asked for: `//host` and `/\\host` would lead elsewhere."""
    path = "/" + text.lstrip("/\\")
    return path if path.isprintable() and "\\" not in path else "/"
