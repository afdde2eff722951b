"""A service for the command line: the API on a local port, the rest of AWS as one says."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import boto3

from lambda_replay_cli.client import connection
from lambda_replay_cli.client.connection import Connection

OUTPUTS = {"ApiUrl": "https://a.execute-api.eu-west-1.amazonaws.com/v1", "ApiId": "a", "ApiStage": "v1"}


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


type Answer = Callable[[Asked], tuple[int, object]]


@dataclass
class Api:
    """`answers` are by method and path; an answer that is bytes goes out as it is."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)

    def says(self, method: str, path: str, body: object, status: int = 200) -> None:
        self.answers[method, path] = lambda _asked: (status, body)

    def refuses(self, method: str, path: str, status: int, code: str, message: str = "because") -> None:
        self.says(method, path, {"error": {"code": code, "message": message}}, status)

    def answer(self, asked: Asked) -> tuple[int, object]:
        self.asked.append(asked)
        found = self.answers.get((asked.method, asked.path))
        return found(asked) if found else (404, {"error": {"code": "not_found", "message": "nothing here"}})

    def service(self, clients: dict[str, Any] | None = None) -> Connection:
        service = Connection(
            stack="lambda-replay",
            region="eu-west-1",
            account="123456789012",
            outputs=OUTPUTS,
            api_url=self.url,
            session=boto3.Session(),
            pause=lambda _seconds: None,
        )
        if clients is not None:
            service.client = clients.__getitem__  # type: ignore[method-assign,assignment]
        return service


@contextmanager
def served(kind: type[Api] = Api) -> Iterator[Api]:
    """The API, answering until the block ends."""
    api = kind()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet: the second would wait for an acknowledgement

        def _answer(self) -> None:
            address = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            sent = self.rfile.read(length)
            query = dict(parse_qsl(address.query))
            asked = Asked(
                self.command,
                unquote(address.path),
                query,
                {name.lower(): value for name, value in self.headers.items()},
                json.loads(sent) if sent.startswith((b"{", b"[")) else sent.decode(),
            )
            status, body = api.answer(asked)
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _answer

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def connected(api: Api, clients: dict[str, Any] | None = None) -> Iterator[None]:
    """Whatever stack a command asks for, it gets this API."""
    before = connection.connect
    connection.connect = lambda options: api.service(clients)  # noqa: ARG005
    try:
        yield
    finally:
        connection.connect = before
