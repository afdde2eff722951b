"""The deployed service as its operator uses it: signed API calls, AWS clients, and patience."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.errors import LocalError
from local.settings import STATE, Address, Operator

_HTTP = urllib3.PoolManager(retries=False, timeout=35)


class NotYetError(LocalError):
    """What was waited for did not happen in time; the message says what."""


@dataclass(frozen=True)
class Answer:
    """An API answer; `text` is the body as it came."""

    status: int
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)


class Stack:
    """What `stack.json` describes."""

    def __init__(self, description: dict[str, Any]) -> None:
        self.description = description
        self.outputs: dict[str, str] = description["outputs"]
        self.sources: dict[str, str] = description["sources"]

    @classmethod
    def read(cls, state: Path = STATE) -> "Stack":
        return cls(json.loads((state / "stack.json").read_text()))

    @cached_property
    def operator(self) -> Operator:
        return Operator(self.description["access_key_id"], self.description["secret_access_key"])

    def client(self, service: str) -> Any:
        return self.client_of(self.operator, service)

    @cached_property
    def address(self) -> Address:
        port = int(self.description["endpoint"].rsplit(":", 1)[1])
        return Address(port=port, region=self.description["region"])

    @property
    def environment(self) -> dict[str, str]:
        """An operator's shell, as a subprocess gets it."""
        return self.operator.environment(self.address)

    def client_of(self, user: Operator, service: str) -> Any:
        return user.client(service, self.address)

    def call(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
        user: Operator | None = None,
        signed: bool = True,
    ) -> Answer:
        """One API call, signed with SigV4 for `execute-api`."""
        url = self.description["api_url"] + path + ("?" + urlencode(query) if query else "")
        data = None if body is None else json.dumps(body).encode()
        request = AWSRequest(
            method, url, data=data, headers={"Content-Type": "application/json", **(headers or {})}
        )
        if signed:
            who = user or self.operator
            SigV4Auth(
                Credentials(who.key_id, who.secret), "execute-api", self.description["region"]
            ).add_auth(request)
        answer = _HTTP.request(method, url, body=data, headers=dict(request.headers.items()))
        return Answer(answer.status, answer.data.decode())

    def invoke(self, source: str, payload: bytes) -> str:
        """Start a source function asynchronously; returns the request id."""
        answer = self.client("lambda").invoke(
            FunctionName=self.sources[source], InvocationType="Event", Payload=payload
        )
        request_id: str = answer["ResponseMetadata"]["RequestId"]
        return request_id

    def execution(
        self, execution_id: str, status: str | None = None, *, patience: float = 60
    ) -> dict[str, Any]:
        """The execution once it is there, and of that status when one is given."""
        found = Answer(0, "")

        def ready() -> bool:
            nonlocal found
            found = self.call("GET", f"/executions/{execution_id}")
            return found.status == 200 and status in (None, found.body["status"])

        wait_until(ready, f"execution {execution_id} {status or 'stored'}", patience=patience)
        body: dict[str, Any] = found.body
        return body

    def executions(self, source: str) -> dict[str, dict[str, Any]]:
        """Those of a source function that the list shows, by id."""
        found: dict[str, dict[str, Any]] = {}
        query = {"function": self.sources[source], "limit": "100"}
        while True:
            page = self.call("GET", "/executions", query=query).body
            found |= {each["id"]: each for each in page["executions"]}
            if page["cursor"] is None:
                return found
            query["cursor"] = page["cursor"]


def wait_until(ready: Callable[[], bool], what: str, *, patience: float = 60) -> None:
    """Raises `NotYetError`."""
    deadline = time.monotonic() + patience
    while not ready():
        if time.monotonic() > deadline:
            raise NotYetError(f"not within {patience:g} s: {what}")
        time.sleep(0.2)
