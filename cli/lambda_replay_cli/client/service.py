"""One deployed stack as commands and the console see it; `connection.connect` finds it."""

from collections.abc import Iterator
from typing import Any, Protocol


class Service(Protocol):
    """`outputs` are the stack's CloudFormation outputs; `api_url` has no slash at its end."""

    stack: str
    region: str
    account: str
    outputs: dict[str, str]
    api_url: str

    def call(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """The answer's JSON, whatever 2xx it came with. Raises `ApiRefused`."""

    def raw(self, path: str) -> bytes:
        """The answer's bytes as they came. Raises `ApiRefused`."""

    def pages(self, path: str, key: str, query: dict[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """The items under `key` of all pages. Raises `ApiRefused`."""

    def client(self, name: str) -> Any:
        """A botocore client with the user's own credentials."""
