"""One run of the console, as the command starts it."""

import os
import sys
import threading
import webbrowser
from collections.abc import Callable, Sequence

from lambda_replay_cli.console.backend.caller import COLOURS, StackLabel
from lambda_replay_cli.console.backend.service import Backend
from lambda_replay_cli.console.client import ConnectionOptions, Service, connect, stack_label
from lambda_replay_cli.console.web.access import LOOPBACK, Access
from lambda_replay_cli.console.web.app import application
from lambda_replay_cli.console.web.middleware import local_path
from lambda_replay_cli.console.web.server import bound, link, serve

_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


def run(
    service: Service,
    connection: ConnectionOptions,
    *,
    at: str,
    host: str,
    port: int | None,
    browser: bool,
    options: Sequence[str],
    say: Callable[[str], None],
) -> None:
    """Until Ctrl-C. `service` is the connection that was made to begin with; a later one is made from
    `connection`."""
    first = [service]
    backend = Backend(lambda: first.pop() if first else connect(connection))
    listening = bound(host, port)
    number = listening.getsockname()[1]
    if host not in LOOPBACK:
        better = f"ssh -L {number}:127.0.0.1:{number} THERE"
        say(f"warning: {host} can be reached from other machines. Better: {better}")
    access = Access(cookie=f"lambda_replay_{number}", hosts=LOOPBACK | {host})
    path = local_path(at)

    def asked_again() -> None:
        if not access.has_unused_token:
            say(f"another link: {link(access, host, number, path)}")

    def started() -> None:
        opened = link(access, host, number, path)
        say(f"the console of {service.stack}: {opened}")
        say("the link opens it once; Ctrl-C ends it")
        if browser and _has_display():
            threading.Thread(target=webbrowser.open, args=(opened,), daemon=True).start()

    name, colour = stack_label(service.stack)
    label = StackLabel(name, colour if colour in COLOURS else "")
    app = application(backend, access, label=label, options=options, asked_again=asked_again)
    serve(app, listening, started)


def _has_display() -> bool:
    return sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in _DISPLAYS)
