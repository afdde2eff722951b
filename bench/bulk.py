"""Bulk replay: how fast beside dlq-redeem and beside nothing but Invoke, and what it holds in memory."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.replaying import REDEEMED, REPLAYS
from bench.report import Line

_SIZES = (1_000, 50_000)


def measure() -> Iterator[Line]:
    seconds = _seconds()
    rates = {
        name: [count / took for took in seconds[name]]
        for name, count in {"job": REPLAYS, "loop": REPLAYS, "redeem": REDEEMED}.items()
    }
    for name, other, budget in (("dlq-redeem", "redeem", 5), ("a bare loop of Invoke", "loop", 0.5)):
        # Each against its neighbour in time, so that a slow moment of the machine hits both.
        ratio = statistics.median(a / b for a, b in zip(rates["job"], rates[other], strict=True))
        ours, theirs = (statistics.median(rates[which]) for which in ("job", other))
        note = f"{ours:.0f} and {theirs:.0f} replays per second"
        yield Line(f"bulk replay beside {name}", budget, ratio, "×", note, least=True)
    small, large = (_peak(size) for size in _SIZES)
    note = f"{small / 1e6:.2f} MB for {_SIZES[0]:,} executions, {large / 1e6:.2f} MB for {_SIZES[1]:,}"
    yield Line("memory of a bulk replay", 1.2, large / small, "×", note)


def _seconds() -> dict[str, list[float]]:
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "seconds.json"
        _run("bench.replaying", str(result))
        seconds: dict[str, list[float]] = json.loads(result.read_text())
    return seconds


def _peak(count: int) -> int:
    return int(_run("bench.memory", str(count)))


def _run(module: str, argument: str) -> str:
    # Nothing of the user's own AWS, nor of what the other parts have set.
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    command = [sys.executable, "-m", module, argument]
    return subprocess.run(command, env=own, check=True, stdout=subprocess.PIPE, text=True).stdout
