"""`python -m tests.browser.tools`: what the browser tests need beside Python's packages.

Chromium comes from Debian, where this runs as root on Debian; axe-core from npm, into a folder that git
ignores. What can't be installed here is said with the one command that does it.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
_APT = "apt-get update && apt-get install -y --no-install-recommends chromium"
_NPM = "npm ci --ignore-scripts --no-audit --no-fund --prefix tests/browser"
_NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str | None:
    """Its path."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def missing() -> list[str]:
    """The commands that install what is not there."""
    return [
        *([] if chromium() else [f"as root on Debian: {_APT}"]),
        *([] if AXE.exists() else [_NPM]),
    ]


def main() -> int:
    if not chromium() and os.geteuid() == 0 and shutil.which("apt-get"):
        _run(["apt-get", "-qq", "update"])
        _run(["apt-get", "-qq", "install", "-y", "--no-install-recommends", "chromium"])
    if not AXE.exists() and shutil.which("npm"):
        _run(["npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(HERE)])
    for command in missing():
        print(f"the browser tests need more than can be installed here: {command}", file=sys.stderr)
    return 0


def _run(words: list[str]) -> None:
    """What goes wrong is said by what is missing then."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(words, env=environment, stdout=subprocess.DEVNULL, check=False)  # fixed words


if __name__ == "__main__":
    sys.exit(main())
