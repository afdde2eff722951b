"""Lets containers of `sam local invoke` reach the embedded AWS, which listens on 127.0.0.1 only.

`--docker-network host` leaves the container on the default bridge (aws-sam-cli's issue 3609). The host's
loopback can't be reached from there, and a listener on the bridge's address would be open to every
container. So a Unix socket carries the bytes: a relay container listens in a network of its own and hands
each connection to the socket, behind which a relay on the host leads to 127.0.0.1.
"""

import os
import subprocess
import sys
from pathlib import Path

from local.errors import LocalError
from local.settings import Address

NETWORK = "lambda-replay"
_CONTAINER = "lambda-replay-endpoint"
# An address rather than a name, so that S3 clients put the bucket into the path.
_SUBNET, _ADDRESS = "172.31.255.0/24", "172.31.255.2"
_PORT = 4566
_RELAY = Path(__file__).with_name("relay.py")


class ContainersError(LocalError):
    """Docker can't do it; the message says what is missing."""


def connect(address: Address, image: str) -> str:
    """Start both relays; returns the endpoint as containers see it. Needs a Docker engine on Linux."""
    disconnect(address.state)
    _docker("network", "create", "--subnet", _SUBNET, NETWORK)
    directory = address.state / "relay"
    directory.mkdir(exist_ok=True)
    directory.chmod(0o700)
    socket = directory / "endpoint.sock"
    host = subprocess.Popen(
        [sys.executable, str(_RELAY), f"unix:{socket}", f"tcp:127.0.0.1:{address.port}"],
        start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    (directory / "pid").write_text(str(host.pid))
    _docker(
        "run", "--detach", "--name", _CONTAINER, "--network", NETWORK, "--ip", _ADDRESS,
        "--volume", f"{directory}:/relay", "--volume", f"{_RELAY}:/relay.py:ro",
        "--entrypoint", "python3.13", image, "/relay.py",
        f"tcp:{_ADDRESS}:{_PORT}", "unix:/relay/endpoint.sock",
    )  # fmt: skip
    return f"http://{_ADDRESS}:{_PORT}"


def disconnect(state: Path) -> None:
    """End the relays that `connect` started; fine when there are none."""
    note = state / "relay" / "pid"
    if not note.exists():
        return
    _quietly("rm", "--force", _CONTAINER)
    _quietly("network", "rm", NETWORK)
    _end_host_relay(int(note.read_text()))
    note.unlink()


def _end_host_relay(pid: int) -> None:
    listed = subprocess.run(
        ["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    if str(_RELAY) in listed.stdout:  # its number may have been reused
        os.kill(pid, 15)


def _docker(*arguments: str) -> None:
    try:
        done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise ContainersError("there is no docker command: install Docker, and start its engine") from None
    if done.returncode:
        raise ContainersError(f"docker {arguments[0]} failed: {done.stderr.strip()}")


def _quietly(*arguments: str) -> None:
    subprocess.run(["docker", *arguments], capture_output=True, check=False)
