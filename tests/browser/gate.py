"""A door before the embedded AWS that can be shut: the service goes away, and comes back."""

import socket
import threading
from contextlib import suppress


class Gate:
    """Passes connections on to a port of this machine while it is open."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._open = True
        self._passing: set[socket.socket] = set()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def shut(self) -> None:
        """Also for what is under way."""
        self._open = False
        for one in list(self._passing):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def unlock(self) -> None:
        self._open = True

    def close(self) -> None:
        self.shut()
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                came, _ = self._server.accept()
            except OSError:  # it was closed
                return
            if not self._open:
                came.close()
                continue
            on = socket.create_connection(("127.0.0.1", self._target))
            self._passing |= {came, on}
            for source, target in ((came, on), (on, came)):
                threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for one in (source, target):
            self._passing.discard(one)
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
                one.close()
