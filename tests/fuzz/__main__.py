"""`python -m tests.fuzz [SECONDS]`: fuzzes the API on an embedded AWS of its own, each pass for so long."""

import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from local.client import Stack
from tests.fuzz.run import fuzz
from tests.fuzz.target import prepare


def main(seconds: int) -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        state = Path(folder)
        local = [sys.executable, "-m", "local", "--state", folder]
        try:
            subprocess.run([*local, "up", "--port", port, "--speed", "600", "--no-flaky"], check=True)
            found = fuzz(prepare(Stack.read(state), state), state, f"--max-time={seconds}")
        finally:
            subprocess.run([*local, "down"], check=True)
    sys.stdout.writelines(f"\n{each}\n" for each in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 300))
