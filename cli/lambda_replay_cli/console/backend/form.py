"""What a form sends."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.requests import Request

from lambda_replay_cli.console.client import CommandError

MOST_BYTES = 6_000_000
"""A payload of a megabyte, in which every sign is written with three."""
_FIELDS = 20_000


class FormTooLargeError(CommandError):
    """More was sent than any form of the console sends."""


@dataclass(frozen=True, slots=True)
class Fields(Mapping[str, str]):
    """Values by name: the last of each, or all with `all`. What is empty or white is not there."""

    values_by_name: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, pairs: list[tuple[str, str]]) -> "Fields":
        found: dict[str, list[str]] = {}
        for name, value in pairs:
            if value.strip():
                found.setdefault(name, []).append(value)
        return cls(found)

    def __getitem__(self, name: str) -> str:
        return self.values_by_name[name][-1]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_name)

    def __len__(self) -> int:
        return len(self.values_by_name)

    def all(self, name: str) -> list[str]:
        return self.values_by_name.get(name, [])

    def pairs(self) -> list[tuple[str, str]]:
        return [(name, value) for name, values in self.values_by_name.items() for value in values]


async def read(request: Request) -> Fields:
    """Raises `FormTooLargeError`."""
    sent = bytearray()
    async for chunk in request.stream():
        sent += chunk
        if len(sent) > MOST_BYTES:
            raise FormTooLargeError
    text = sent.decode("ascii", errors="replace")
    return Fields.of(parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS, errors="replace"))
