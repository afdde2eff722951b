"""The server as a detached process: start it once, find it again, end only what is ours."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path

from local.errors import LocalError
from local.server import HOST
from local.settings import DEFAULT_SPEED, ROOT, Address

_START_PATIENCE = 30.0
_STOP_PATIENCE = 10.0
# Popen complains about a process that lives on without it.
_started: list["subprocess.Popen[bytes]"] = []


class ProcessError(LocalError):
    """The server can't be started or ended; the message says what to do."""


@dataclass(frozen=True)
class Server:
    """A server that this checkout started."""

    pid: int
    port: int
    speed: float


def running(state: Path) -> Server | None:
    """The server noted in `state`, if the process is still the one that was started."""
    try:
        noted = json.loads(_pid_file(state).read_text())
    except FileNotFoundError:
        return None
    server = Server(**noted)
    return server if _is_ours(server) else None


def start(address: Address, speed: float | None) -> Server:
    """The running server, started if there is none."""
    if server := running(address.state):
        if server.port != address.port:
            raise ProcessError(
                f"already running on port {server.port}: use --port {server.port}, or end it with "
                "'python -m local down'"
            )
        if not healthy(address.endpoint):
            raise ProcessError("running, but not answering: end it with 'python -m local down'")
        if speed not in (None, server.speed):
            raise ProcessError(
                f"already running with --speed {server.speed:g}: end it first with 'python -m local down'"
            )
        return server
    if not _is_free(address.port):
        raise ProcessError(
            f"port {address.port} is in use by another program: end it, or choose another with --port"
        )
    address.state.mkdir(parents=True, exist_ok=True)
    (address.state / "tmp").mkdir(exist_ok=True)
    server = _spawn(address, speed or DEFAULT_SPEED)
    _pid_file(address.state).write_text(json.dumps(asdict(server)))
    _wait_until_healthy(server, address)
    return server


def stop(state: Path) -> bool:
    """End our server. False when there was none."""
    server = running(state)
    if server:
        os.kill(server.pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_PATIENCE
        while _is_ours(server):
            if time.monotonic() > deadline:
                os.killpg(server.pid, signal.SIGKILL)  # it leads a session of its own
            time.sleep(0.05)
    for process in _started:
        process.poll()  # reaps it
    _pid_file(state).unlink(missing_ok=True)
    return server is not None


def log_file(state: Path) -> Path:
    return state / "server.log"


def healthy(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def _spawn(address: Address, speed: float) -> Server:
    command = [*_command(address.port), "--speed", str(speed)]
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = {**own, "TMPDIR": str(address.state / "tmp")}
    with log_file(address.state).open("w") as log:
        # A session of its own: it outlives this terminal.
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    _started.append(process)
    return Server(process.pid, address.port, speed)


def _wait_until_healthy(server: Server, address: Address) -> None:
    deadline = time.monotonic() + _START_PATIENCE
    while not healthy(address.endpoint):
        if not _is_ours(server) or time.monotonic() > deadline:
            log = log_file(address.state)
            raise ProcessError(f"the server did not start; the end of {log}:\n{log.read_text()[-2000:]}")
        time.sleep(0.1)


def _command(port: int) -> list[str]:
    return [sys.executable, "-m", "local.server", "--port", str(port)]


def _is_ours(server: Server) -> bool:
    """Whether the process is alive and runs this server on this port; its number may have been reused."""
    listed = subprocess.run(
        ["ps", "-o", "stat=,args=", "-p", str(server.pid)], capture_output=True, text=True, check=False
    )
    state, _, command = listed.stdout.strip().partition(" ")
    return f"-m local.server --port {server.port} " in command and not state.startswith("Z")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _pid_file(state: Path) -> Path:
    return state / "server.json"
