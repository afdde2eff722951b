"""A browser without JavaScript, for the console in this process: it follows links and sends forms as they
stand in the page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from botocore.exceptions import ClientError
from starlette.testclient import TestClient

from lambda_replay_cli.console.backend.caller import StackLabel
from lambda_replay_cli.console.backend.service import Backend
from lambda_replay_cli.console.client import Service
from lambda_replay_cli.console.web.access import Access
from lambda_replay_cli.console.web.app import application

HERE = "http://127.0.0.1:8420"
OWN = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
"""What browsers send with a form of a page without a referrer."""


@dataclass
class Form:
    """`fields` are what would be sent without a button; `buttons` their name, value and other address by what
    stands on them."""

    method: str
    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: dict[str, dict[str, str]] = field(default_factory=dict)


class _Reader(HTMLParser):
    """What of a page the tests ask for. Void elements have no end."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self._form: Form | None = None
        self._button: dict[str, str] | None = None
        self._area: str | None = None
        self._select: str | None = None
        self._chosen: str | None = None
        self._link: str | None = None
        self._said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        if tag == "form":
            self._form = Form(given.get("method", "get"), given.get("action", ""))
            self.forms.append(self._form)
        elif tag == "a":
            self._link, self._said = given.get("href"), []
        elif self._form is None:
            return
        elif tag == "input" and "name" in given:
            kind = given.get("type", "text")
            if kind not in ("checkbox", "radio") or "checked" in given:
                self._form.fields.append((given["name"], given.get("value", "")))
        elif tag == "button":
            self._button, self._said = given, []
        elif tag == "textarea":
            self._area, self._said = given.get("name"), []
        elif tag == "select":
            self._select, self._chosen = given["name"], None
        elif tag == "option" and (self._chosen is None or "selected" in given):
            self._chosen = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        said = "".join(self._said)
        if tag == "form":
            self._form = None
        elif tag == "a" and self._link is not None:
            self.links.append((" ".join(said.split()), self._link))
            self._link = None
        elif tag == "button" and self._button is not None and self._form is not None:
            self._form.buttons[" ".join(said.split())] = self._button
            self._button = None
        elif tag == "textarea" and self._area is not None and self._form is not None:
            # The first line break is not part of it.
            self._form.fields.append((self._area, said.removeprefix("\n")))
            self._area = None
        elif tag == "select" and self._select is not None and self._form is not None:
            self._form.fields.append((self._select, self._chosen or ""))
            self._select = None

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        self._said.append(data)


class Page:
    """An answer, read."""

    def __init__(self, answer: Any) -> None:
        self.status: int = answer.status_code
        self.html: str = answer.text
        self.headers = answer.headers
        self.path = urlsplit(str(answer.url)).path
        self.query = dict(parse_qsl(urlsplit(str(answer.url)).query))
        reader = _Reader()
        reader.feed(self.html)
        self.forms, self.links, self.tags = reader.forms, dict(reversed(reader.links)), reader.tags
        self.text = " ".join(" ".join(reader.text).split())

    def form(self, button: str) -> Form:
        found = [form for form in self.forms if button in form.buttons]
        assert found, (button, [list(form.buttons) for form in self.forms], self.text[:500])
        return found[0]

    @property
    def buttons(self) -> list[str]:
        return [name for form in self.forms for name in form.buttons]

    def commands(self) -> list[str]:
        """The command lines that it shows."""
        from html import unescape
        from re import findall

        return [unescape(one) for one in findall(r'<p class="cli">.*?<code>(.*?)</code>', self.html)]


class Browser:
    def __init__(self, client: TestClient, access: Access) -> None:
        self.client, self.access = client, access

    def get(self, path: str) -> Page:
        return Page(self.client.get(path))

    def follow(self, page: Page, link: str) -> Page:
        return self.get(page.links[link])

    def press(
        self, page: Page, button: str, *, ticked: dict[str, list[str]] | None = None, **filled: str
    ) -> Page:
        """Sends the form that has this button, with these fields filled in and boxes ticked."""
        form = page.form(button)
        pressed = form.buttons[button]
        pairs = [(name, value) for name, value in form.fields if name not in filled]
        pairs += [(name.rstrip("_"), value) for name, value in filled.items() if value]
        pairs += [(name, value) for name, values in (ticked or {}).items() for value in values]
        if "name" in pressed:
            pairs.append((pressed["name"], pressed.get("value", "")))
        action = pressed.get("formaction", form.action)
        if form.method == "get":
            return self.get(f"{action}?{urlencode(pairs)}")
        return self.post(action, pairs)

    def post(self, path: str, pairs: list[tuple[str, str]], headers: dict[str, str] = OWN) -> Page:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return Page(self.client.post(path, content=urlencode(pairs), headers={**kind, **headers}))


@contextmanager
def browsing(
    connect: Any, *, label: StackLabel | None = None, options: tuple[str, ...] = ()
) -> Iterator[Browser]:
    """`connect` gives the service. The browser has opened the console by its link."""
    backend = Backend(connect)
    access = Access(cookie="lambda_replay_8420")
    app = application(backend, access, label=label or StackLabel(), options=options)
    with TestClient(app, base_url=HERE, raise_server_exceptions=True) as client:
        browser = Browser(client, access)
        opened = client.get(f"/open?token={access.token()}&to=/nothing", follow_redirects=False)
        assert opened.status_code == 303
        yield browser


def service_of(api: Any) -> Any:
    """A connection to a canned API; of the rest of AWS, nothing but who one is may be asked."""

    def connect() -> Service:
        return api.service(_Clients(sts=_Sts()))  # type: ignore[no-any-return]

    return connect


class _Clients(dict[str, Any]):
    def __missing__(self, name: str) -> Any:
        return _Denied()


class _Denied:
    def __getattr__(self, name: str) -> Any:
        def call(**_given: Any) -> Any:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, name)

        return call


class _Sts:
    def get_caller_identity(self) -> dict[str, str]:
        return {"Arn": "arn:aws:sts::123456789012:assumed-role/Operator/ann"}
