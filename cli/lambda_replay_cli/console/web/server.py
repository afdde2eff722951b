"""The console on a port of this machine, until Ctrl-C."""

import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import uvicorn

from lambda_replay_cli.console.client import UsageError
from lambda_replay_cli.console.web.access import OPENING, Access

FIRST_PORT = 8420
_TRIED = 40


def bound(host: str, port: int | None) -> socket.socket:
    """A socket at that port, or at the first free one. Raises `UsageError`."""
    wanted = range(FIRST_PORT, FIRST_PORT + _TRIED) if port is None else (port,)
    for number in (*wanted, *([0] if port is None else [])):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, number))
            listening.listen()
        except OSError as error:
            listening.close()
            if port is not None:
                reason = error.strerror or str(error)
                raise UsageError(
                    f"{host} port {port}: {reason}. Leave out --port, and a free one is taken."
                ) from None
        else:
            return listening
    raise UsageError(f"no port of {host} can be had: name an address of this machine with --host")


def link(access: Access, host: str, port: int, path: str = "/") -> str:
    """Opens the console at a path, once."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}{OPENING}?" + urlencode({"token": access.token(), "to": path})


def serve(app: Any, listening: socket.socket, started: Callable[[], None]) -> None:
    """Returns when it was interrupted; what pages were being made is finished first."""
    server = _Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,  # it would write the link's token
            server_header=False,
            timeout_graceful_shutdown=3,
            lifespan="on",
            ws="none",
        ),
        started,
    )
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:
        return


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._reported = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._reported()
