"""Who may ask: the link that the terminal printed opens the console once, a cookie keeps it open.

Other programs of this machine, and pages of other sites in the same browser, reach the port too. Each check
below is for one of them: the Host for names that resolve to this machine (DNS rebinding), the cookie for
anyone who has not seen the terminal, the origin and the form's token for forms that other sites send.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
OPENING = "/open"


@dataclass(slots=True)
class Access:
    """One run of the console. `hosts` are the names that it answers to; `cookie` is the name of its cookie,
    which differs by port: browsers send cookies to every port of a machine."""

    cookie: str
    hosts: frozenset[str] = LOOPBACK
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    form_token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    _tokens: set[str] = field(default_factory=set)

    def token(self) -> str:
        """For one opening, a new one each time."""
        made = secrets.token_urlsafe(24)
        self._tokens.add(made)
        return made

    @property
    def has_unused_token(self) -> bool:
        return bool(self._tokens)

    def opens(self, token: str) -> bool:
        """Whether this token may open it; it can't again."""
        for known in list(self._tokens):
            if _same(known, token):
                self._tokens.discard(known)
                return True
        return False

    def knows(self, cookies: Mapping[str, str]) -> bool:
        return _same(self.session, cookies.get(self.cookie, ""))

    def accepts_form(self, token: str) -> bool:
        return _same(self.form_token, token)

    def serves(self, host: str) -> bool:
        """Whether the Host header names this machine, whatever the port: a tunnel has another one."""
        try:
            return (urlsplit(f"//{host}").hostname or "") in self.hosts
        except ValueError:
            return False

    @property
    def referrer_policy(self) -> str:
        """Without a referrer, a browser's own form says `Origin: null`, and only on this machine's own
        addresses does it say beside that the form is from here."""
        return "no-referrer" if self.hosts == LOOPBACK else "same-origin"


def from_here(headers: Mapping[str, str]) -> bool:
    """Whether a change was asked for by a page of the console. Header names are in small letters."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    if origin is None or origin == "null":
        return site == "same-origin"
    return origin == f"http://{headers.get('host', '')}"


def _same(known: str, given: str) -> bool:
    return hmac.compare_digest(known.encode(), given.encode(errors="replace"))
