"""Import and init of each handler, as a multiple of `import boto3; boto3.client("dynamodb")`.

All run on what the dependencies layer holds and nothing else: packages that only developers have (blinker,
pyOpenSSL, awscrt) would be picked up by the libraries and slow them down.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.packages import installed
from bench.report import Line

_RUNS = 9
_LAYER = Path("layers/dependencies/requirements.txt")
_BASELINE = "import boto3; boto3.client('dynamodb')"
# Init is what the first event needs before its own work: stores bound and the DynamoDB client made.
_TABLE = (
    "from lambda_replay.adapters.dynamodb.executions.items import TableItem; "
    "TableItem._get_connection().connection.client"
)
_HANDLERS = {
    "triage": (
        1.2,
        "import triage.app, triage.composition_root as settings, lambda_replay.domain.diagnosis; "
        f"settings.parts(); {_TABLE}",
    ),
    "replay": (
        1.4,
        "import replay.app, replay.composition_root as settings; "
        f"settings.replayer(); settings.sweep(); {_TABLE}",
    ),
    "api": (1.8, f"import api.app as app; from api.composition_root import storage; storage(); {_TABLE}"),
}
_ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "TABLE_NAME": "table",
    "PAYLOAD_BUCKET": "bucket",
    "RETENTION_DAYS": "30",
    "REPLAYABLE_FUNCTIONS": "arn",
    "WAYS_IN": "arn",
    "FAILURE_QUEUE_URL": "url",
    "OUTCOME_WINDOW_SECONDS": "1",
    "LEASE_SECONDS": "1",
    "MAXIMUM_REPLAYS": "1",
    "MAXIMUM_JOBS": "1",
    "STATE_MACHINE": "machine",
    "REPLAY_FUNCTION": "replay",
    "FAILURE_QUEUE": "queue",
    "FAILURE_QUEUE_DLQ": "dlq",
    "FAILURE_BUCKET": "failures",
    "ALERT_TOPIC": "topic",
}


def measure() -> Iterator[Line]:
    codes = {"baseline": _BASELINE, **{name: code for name, (_, code) in _HANDLERS.items()}}
    for code in codes.values():
        _seconds(code)  # writes the byte code
    # In turn, so that a slow moment of the machine hits all of them.
    times = {name: [] for name in codes}  # type: dict[str, list[float]]
    for _ in range(_RUNS):
        for name, code in codes.items():
            times[name].append(_seconds(code))
    baseline = statistics.median(times["baseline"])
    for name, (budget, _) in _HANDLERS.items():
        ratio = statistics.median(a / b for a, b in zip(times[name], times["baseline"], strict=True))
        yield Line(f"cold start: {name}", budget, ratio, "×", f"baseline {baseline:.2f} s")


def _seconds(code: str) -> float:
    path = os.pathsep.join([str(installed(_LAYER)), "layers/core", "functions"])
    environment = {"PATH": os.environ["PATH"], **_ENVIRONMENT, "PYTHONPATH": path}
    start = time.perf_counter()
    subprocess.run([sys.executable, "-S", "-c", code], env=environment, check=True)  # -S: no site-packages
    return time.perf_counter() - start
