"""Replays by a job, by a bare loop of Invoke and by dlq-redeem, of one function on one embedded AWS, in turn.

`python -m bench.replaying RESULT` writes the seconds that each took, as JSON. A process of its own: its
environment points every client at that AWS, and nothing that other parts load (moto) is in the way of calls.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

import replay.composition_root as wiring
from bench.packages import installed
from lambda_replay.adapters.dynamodb.executions import bulk_writes
from lambda_replay.adapters.dynamodb.executions.items import RecordItem
from lambda_replay.adapters.dynamodb.executions.mapping import to_item
from lambda_replay.adapters.dynamodb.shared.values import epoch
from lambda_replay.domain.executions.execution import Execution
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.jobs.job import Job, Pace
from lambda_replay.use_cases.jobs.control import JobRequest
from local.server import REGION, ROOT_KEY_ID, ROOT_SECRET
from tests.contract.embedded import Embedded, function_arn, serving, wait_until
from tests.support.table import SETTINGS, create_storage
from tests.support.world.service import World

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

ROUNDS = 5
# So many in each round: dlq-redeem takes as long for its few as the others for theirs.
REPLAYS, REDEEMED = 500, 40
WIDTH = 16  # of the loop, and of `BulkReplayer`
_PEERS = Path("requirements/peers.txt")
_PAYLOAD = json.dumps({"customer": "c-1", "note": "x" * 2000}).encode()
# Its name: dlq-redeem takes only what has no error type, or this one.
_SOURCE = """
import os
class Unhandled(Exception): ...
def handler(event, context):
    if os.environ.get("FAIL"):
        raise Unhandled("until it is fixed")
"""
_PATIENCE = 60.0
_IDLE = 0.2  # seconds; a server that works takes more than a tenth of them


@dataclass(slots=True)
class Runner:
    """Starts nothing: this process drives the job."""

    def start(self, job: Job) -> None: ...


@dataclass(slots=True)
class Bench:
    aws: Embedded
    function: str
    queues: list[str]
    """One for each round, full of the function's records."""
    template: Execution
    seconds: dict[str, list[float]] = field(default_factory=lambda: {"job": [], "loop": [], "redeem": []})

    def run(self) -> None:
        client = boto3.client("lambda", region_name=REGION, config=Config(max_pool_connections=WIDTH))
        at_rest = self._redeemed(self.aws.queue()[0])
        for queue in self.queues:
            job = self._job()
            with self._not_running():
                self.seconds["job"].append(self._timed(partial(self._drive, job)))
                self.seconds["loop"].append(self._timed(partial(self._loop, client)))
            # What starting it and looking into an empty queue takes is no part of a replay.
            self.seconds["redeem"].append(self._redeemed(queue) - at_rest)

    @contextmanager
    def _not_running(self) -> Iterator[None]:
        """Events are accepted and come to nothing: a run would share the machine with who sends the next."""
        client = self.aws.client("lambda")
        client.put_function_concurrency(FunctionName=self.function, ReservedConcurrentExecutions=0)
        yield
        client.delete_function_concurrency(FunctionName=self.function)

    def _timed(self, work: Callable[[], object]) -> float:
        self._resolve()
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    def _resolve(self) -> None:
        """Wait until the server has done what it was asked for before."""

        def idle() -> bool:
            before = _cpu(self.aws.pid)
            time.sleep(_IDLE)
            return _cpu(self.aws.pid) - before < _IDLE / 10

        wait_until(idle, _PATIENCE)

    def _job(self) -> Job:
        """Over new executions, as triage stores them, named by their ids, as 500 may be: for a list, the
        embedded AWS looks through the whole table."""
        executions = [replace(self.template, id=str(uuid.uuid4()), version=0) for _ in range(REPLAYS)]
        assert not bulk_writes.execute(bulk_writes.insert(to_item(execution)) for execution in executions)
        with RecordItem.batch_write() as batch:
            for execution in executions:
                batch.save(
                    RecordItem(
                        id=execution.id,
                        expires_at=epoch(execution.expires_at),
                        arn=str(execution.function),
                        condition=execution.first_failure.condition,
                        payload=_PAYLOAD,
                    )
                )
        request = JobRequest(
            id=uuid.uuid4().hex,
            digest="bench",
            by="bench",
            runner="bench",
            wanted=None,
            ids=tuple(execution.id for execution in executions),
            options=ReplayOptions(named=True),
            pace=Pace(rate=1000, guard=None),
        )
        return replace(wiring.jobs(), runner=Runner()).start(request)

    def _drive(self, job: Job) -> None:
        """Until everything has been sent, by the replay function's own parts."""
        while not job.is_issued:
            wiring.driving().turn(job.id, job.generation, lambda: True)
            job = wiring.jobs().load(job.id)
        assert (job.claimed, dict(job.skipped)) == (REPLAYS, {}), job

    def _loop(self, client: "LambdaClient") -> None:
        name = str(self.template.function)

        def invoke(_number: int) -> None:
            client.invoke(FunctionName=name, InvocationType="Event", Payload=_PAYLOAD)

        with ThreadPoolExecutor(WIDTH) as pool:
            list(pool.map(invoke, range(REPLAYS)))

    def _redeemed(self, queue: str) -> float:
        """Seconds, of the whole command."""
        command = [sys.executable, "-S", "-m", "dlq_redeem.cli", "sqs", queue.rsplit("/", 1)[1]]
        environment = os.environ | {"PYTHONPATH": str(installed(_PEERS)), "AWS_DEFAULT_REGION": REGION}
        with tempfile.TemporaryDirectory() as backup:
            options = ["--no-dry-run", "--reprocess-all-unhandled", "--backup-dir", backup]
            took = self._timed(
                partial(
                    subprocess.run, [*command, *options], env=environment, check=True, capture_output=True
                )
            )
        assert _waiting(self.aws, queue) == 0, "dlq-redeem left some"
        return took


def _cpu(pid: int) -> float:
    """Seconds of CPU that the process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _waiting(aws: Embedded, queue: str) -> int:
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = aws.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def _full(aws: Embedded, queue: str) -> bool:
    return _waiting(aws, queue) == REDEEMED


def _failed(aws: Embedded, function: str) -> tuple[list[str], str]:
    """Queues full of records of the function, which fails at the same time, and one of the records."""
    queues = []
    for _ in range(ROUNDS):
        url, arn = aws.queue()
        aws.configure(function, failure=arn, MaximumRetryAttempts=0)
        for _ in range(REDEEMED):
            aws.invoke(function, _PAYLOAD)
        wait_until(partial(_full, aws, url), _PATIENCE)
        queues.append(url)
    url, arn = aws.queue()
    aws.configure(function, failure=arn, MaximumRetryAttempts=0)
    aws.invoke(function, _PAYLOAD)
    record = aws.receive(url)[0]["Body"]
    aws.configure(function, MaximumRetryAttempts=0)  # no destination any more
    aws.client("lambda").update_function_configuration(FunctionName=function, Environment={"Variables": {}})
    return queues, record


def _environment(aws: Embedded, function: str) -> dict[str, str]:
    return SETTINGS | {
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_ACCESS_KEY_ID": ROOT_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": ROOT_SECRET,
        "AWS_DEFAULT_REGION": SETTINGS["AWS_REGION"],
        "REPLAYABLE_FUNCTIONS": function_arn(function),
        "WAYS_IN": function_arn("triage"),
        "FAILURE_QUEUE_URL": "url",
        "OUTCOME_WINDOW_SECONDS": "22800",
        "MAXIMUM_REPLAYS": "20",
        "MAXIMUM_JOBS": "100",
        "LEASE_SECONDS": "120",
    }


def _template(record: str) -> Execution:
    world = World()
    world.clock.time = datetime.now(UTC)
    world.arrives(record)
    return world.execution(json.loads(record)["requestContext"]["requestId"])


def main(result: Path) -> None:
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "server.log") as aws:
        function = aws.function(_SOURCE, Environment={"Variables": {"FAIL": "yes"}})
        queues, record = _failed(aws, function)
        os.environ |= _environment(aws, function)
        create_storage()
        bench = Bench(aws, function, queues, _template(record))
        bench.run()
    result.write_text(json.dumps(bench.seconds))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main(Path(sys.argv[1]))
