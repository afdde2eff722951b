"""Pinned packages in a folder of their own, beside what developers have."""

import hashlib
import subprocess
import sys
from functools import cache
from pathlib import Path


@cache
def installed(pins: Path) -> Path:
    """Where these pins are installed for this machine: once for each set of pins."""
    target = Path(".local", "bench", hashlib.sha256(pins.read_bytes()).hexdigest()[:12])
    if not target.exists():
        # Its name comes last: what broke off in the middle is not taken for the whole.
        unfinished = target.with_suffix(".unfinished")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade"]
        wanted = ["--no-deps", "--require-hashes", "-r", str(pins), "--target", str(unfinished)]
        subprocess.run([*pip, *wanted], check=True)
        unfinished.rename(target)
    return target.resolve()
