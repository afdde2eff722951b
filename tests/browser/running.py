"""The command `lambda-replay console` as it is installed, in a process of its own."""

import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue

from tests.support.shell import COMMAND

_LINK = re.compile(r"http://\S+/open\?\S+")


@dataclass
class Running:
    """`links` are those that it has printed."""

    process: "subprocess.Popen[str]"
    said: list[str] = field(default_factory=list)
    links: "Queue[str]" = field(default_factory=Queue)

    def link(self) -> str:
        """The next one. Each opens it once."""
        try:
            return self.links.get(timeout=60)
        except Empty:
            raise AssertionError("no link was printed: " + "".join(self.said)) from None

    def read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)
            for link in _LINK.findall(line):
                self.links.put(link)


@contextmanager
def console(environment: Mapping[str, str], folder: Path, *words: str) -> Iterator[Running]:
    """Until the block ends; then by Ctrl-C, as a person ends it."""
    process = subprocess.Popen(
        [COMMAND, "console", "--no-browser", *words], cwd=folder, env=dict(environment), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # A shell has what it starts in the background ignore Ctrl-C, and so would this.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )  # fmt: skip
    running = Running(process)
    reading = threading.Thread(target=running.read, daemon=True)
    reading.start()
    try:
        yield running
    finally:
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
        reading.join(timeout=5)
        assert process.returncode == 0, (process.returncode, time.monotonic() - begun, "".join(running.said))
        assert "Traceback" not in "".join(running.said), "".join(running.said)
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
