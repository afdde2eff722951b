"""The original event: as a tree, as text, as a file."""

from dataclasses import dataclass

from starlette.responses import Response

from lambda_replay_cli.console.backend.page_request import PageRequest
from lambda_replay_cli.console.client import UsageError, segment
from lambda_replay_cli.console.executions.payload_tree import Node, NotJsonError, tree

_SHOWN = 60_000


@dataclass(frozen=True, slots=True)
class Payload:
    """`why` says why there is no tree; `left_out` is how many letters of the text are not shown."""

    size: int
    text: str
    left_out: int
    tree: Node | None
    why: str = ""


def read(visit: PageRequest, identity: str) -> bytes:
    """Raises `ApiRefused`: reading payloads is a permission of its own."""
    return visit.backend.service.raw(f"/executions/{segment(identity)}/payload")


def payload(content: bytes) -> Payload:
    text = content.decode(errors="surrogateescape")
    shown, left_out = text[:_SHOWN], max(0, len(text) - _SHOWN)
    try:
        return Payload(len(content), shown, left_out, tree(text))
    except NotJsonError as error:
        return Payload(len(content), shown, left_out, None, str(error))


def download(visit: PageRequest) -> Response:
    """The bytes, as a file: a browser that drew them could take them for a page."""
    identity = visit.part("id")
    name = "".join(letter for letter in identity if letter.isascii() and (letter.isalnum() or letter in "-_"))
    return Response(
        read(visit, identity),
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name[:100]}.json"'},
    )


def editable(content: bytes) -> str:
    """Raises `UsageError`."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"the payload is no UTF-8 at byte {error.start}, and can't be edited here") from None
