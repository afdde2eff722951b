"""The relay that lets containers reach the loopback carries every byte, both ways."""

import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.support.template import ROOT


def test_bytes_go_through_a_unix_socket_and_back(tmp_path: Path) -> None:
    sent = b"request " * 50_000
    received: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        connection, _ = server.accept()
        with connection:
            data = b""
            while len(data) < len(sent):
                data += connection.recv(65536)
            received.append(data)
            connection.sendall(data[::-1])

    thread = threading.Thread(target=answer)
    thread.start()
    path = tmp_path / "relay.sock"
    command = [sys.executable, str(ROOT / "local" / "relay.py"), f"unix:{path}"]
    relay = subprocess.Popen([*command, f"tcp:127.0.0.1:{server.getsockname()[1]}"])
    try:
        deadline = time.monotonic() + 10
        while not path.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(sent)
            back = b""
            while data := client.recv(65536):
                back += data
    finally:
        relay.terminate()
        relay.wait()
        thread.join()
        server.close()
    assert received == [sent]
    assert back == sent[::-1]
