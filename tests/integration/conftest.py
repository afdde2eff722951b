"""The three functions around moto's table and bucket; Lambda's Invoke is played by the test."""

import io
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

import api.app
import api.composition_root
import api.replay_commands
import replay.app
import replay.composition_root
import triage.app
import triage.composition_root
from lambda_replay.adapters.aws.state_machine import StepFunctionsRunner
from lambda_replay.adapters.clock import now
from lambda_replay.ports.executions import EntryStore, RecordStore
from tests.support.control_plane import ControlPlane
from tests.support.events import FAILURE_QUEUE, Context, api_event, queue_event
from tests.support.memory.executions import MemoryEntryStore, MemoryRecordStore
from tests.support.table import FAILURES, SETTINGS, create_dlq, create_storage, create_topic, dead_letters
from tests.support.world.service import record_text

SOURCES = "arn:aws:lambda:us-east-1:123456789012:function:lambda-replay-sources-*"
SOURCE = SOURCES.replace("*", "switch")
QUEUE = "arn:aws:sqs:us-east-1:123456789012:failures"
DEAD_LETTER_QUEUE = "arn:aws:sqs:us-east-1:123456789012:lambda-replay-sources-dead-letters"


STATE_MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:replay-job"
# What the replay function has from the start (template: its Timeout).
REPLAY_MS = 60_000


Stores = tuple[EntryStore, RecordStore]


@pytest.fixture(params=["memory", "dynamodb"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "memory":
        return MemoryEntryStore(), MemoryRecordStore()
    request.getfixturevalue("aws")
    storage = create_storage()
    return storage.entries, storage.records


@pytest.fixture
def store(stores: Stores) -> EntryStore:
    return stores[0]


@pytest.fixture
def records(stores: Stores) -> RecordStore:
    return stores[1]


@dataclass
class Invocations:
    """Plays the Lambda API: the replay function for the API, source functions for the replay function."""

    sent: list[dict[str, Any]] = field(default_factory=list)
    answer: Callable[[dict[str, Any]], dict[str, Any]] | None = None

    def close(self) -> None:
        """It has no connections."""

    def invoke(self, **call: Any) -> dict[str, Any]:
        if call["FunctionName"] == "replay-function":
            result = replay.app.handler(json.loads(call["Payload"]), Context(REPLAY_MS))
            return {"Payload": io.BytesIO(json.dumps(result).encode())}
        self.sent.append(call)
        if self.answer is not None:
            return self.answer(call)
        return {"StatusCode": 202, "ResponseMetadata": {"RequestId": f"run-{len(self.sent)}"}}


@dataclass
class Machine:
    """Plays Step Functions: remembers what was started, a name once; `Stack.drive` goes on from there."""

    started: dict[str, dict[str, Any]] = field(default_factory=dict)

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:
        assert stateMachineArn == STATE_MACHINE
        if name in self.started:
            raise ClientError({"Error": {"Code": "ExecutionAlreadyExists"}}, "StartExecution")
        self.started[name] = json.loads(input)


@dataclass
class Roles:
    """Every function runs with the role that sent the sample events."""

    clock: Callable[[], datetime]

    def role_id(self, target: object, *, fresh: bool = False) -> str:
        return "AROAEXAMPLEID"


@dataclass
class Hands:
    """A clock that goes on by itself, and can be put forward."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return now() + self.ahead


@dataclass
class Stack:
    """The deployed service, as its users meet it."""

    aws: Invocations
    machine: Machine
    clock: Hands
    functions: ControlPlane

    def triage(self, *bodies: str) -> list[str]:
        """Bodies of those that come again."""
        event = queue_event(*bodies)
        answer = triage.app.handler(event, Context())
        assert answer is not None
        again = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        return [record["body"] for record in event["Records"] if record["messageId"] in again]

    def refused(self) -> list[str]:
        """Bodies of those that were moved to the DLQ since it was last looked at."""
        return [message["Body"] for message in dead_letters()]

    def call(self, method: str, path: str, **parts: Any) -> tuple[int, Any]:
        """Status and body; the body as parsed JSON."""
        body = parts.pop("json", None)
        if body is not None:
            parts["body"] = json.dumps(body)
        answer = api.app.handler(api_event(method, path, **parts), Context())
        return answer["statusCode"], json.loads(answer["body"])

    def drive(
        self, job_id: str, *, turns: int = 100, commit: Callable[[], object] = lambda: None
    ) -> dict[str, Any]:
        """Play the state machine until it is done, time passing as it says, and tell the job then; `commit`
        happens before each wait."""
        said = [said for said in self.machine.started.values() if said["job_id"] == job_id][-1]
        for _ in range(turns):
            said = replay.app.handler({"command": "drive_job", **said}, Context(REPLAY_MS))
            if said["done"]:
                break
            commit()
            self.clock.ahead += timedelta(seconds=said["wait"])
        status, job = self.call("GET", f"/jobs/{job_id}")
        assert status == 200
        assert isinstance(job, dict)
        return job

    def sweep(self) -> dict[str, Any]:
        return replay.app.handler({"command": "sweep"}, Context())


@pytest.fixture
def stack(aws: None, monkeypatch: pytest.MonkeyPatch) -> Stack:
    return build_stack(monkeypatch)


def build_stack(monkeypatch: pytest.MonkeyPatch) -> Stack:
    """In moto's AWS, which must have begun."""
    environment = SETTINGS | {
        "REPLAY_SERVICE_STACK": "test",
        "REPLAYABLE_FUNCTIONS": SOURCES,
        "OUTCOME_WINDOW_SECONDS": "600",
        "MAXIMUM_REPLAYS": "5",
        "LEASE_SECONDS": "120",
        "MAXIMUM_JOBS": "2",
        "REPLAY_FUNCTION": "replay-function",
        "STATE_MACHINE": STATE_MACHINE,
        "FAILURE_QUEUE": FAILURE_QUEUE,
        "FAILURE_QUEUE_DLQ": create_dlq(),
        "FAILURE_BUCKET": FAILURES,
        "DEAD_LETTERS": f"{DEAD_LETTER_QUEUE}={SOURCE}",
        "ALERT_TOPIC": create_topic(),
        "WAYS_IN": QUEUE,
        "FAILURE_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/failures",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    create_storage()
    invocations = Invocations()
    for module in (triage.composition_root, replay.composition_root, api.composition_root):
        for cached in vars(module).values():
            if hasattr(cached, "cache_clear"):
                cached.cache_clear()
    monkeypatch.setattr(api.replay_commands, "_client", lambda: invocations)
    monkeypatch.setattr("lambda_replay.adapters.aws.lambda_invoke.lambda_client", lambda _: invocations)
    monkeypatch.setattr(triage.composition_root, "LambdaFunctionRoles", Roles)
    machine, clock = Machine(), Hands()
    client: Any = lambda: machine  # noqa: E731  # plays the part that is used
    monkeypatch.setattr(replay.composition_root, "StepFunctionsRunner", lambda _: StepFunctionsRunner(client))
    for module_with_time in ("replay.composition_root", "replay.job_commands", "api.jobs.routes"):
        monkeypatch.setattr(f"{module_with_time}.now", clock)
    functions = ControlPlane()
    monkeypatch.setattr("lambda_replay.adapters.aws.lambda_config.reading_client", lambda _: functions)
    return Stack(invocations, machine, clock, functions)


@dataclass
class Printed:
    """What the functions wrote: their log lines, and the metrics on standard output."""

    stream: io.StringIO
    capsys: pytest.CaptureFixture[str]

    def text(self) -> str:
        captured = self.capsys.readouterr()
        return self.stream.getvalue() + captured.out + captured.err

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text().splitlines()]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Printed:
    stream = io.StringIO()
    for module in (triage.app, replay.app, api.app):
        for handler in logging.getLogger(module.logger.name).handlers:
            monkeypatch.setattr(handler, "stream", stream)
    return Printed(stream, capsys)


@pytest.fixture
def failed(stack: Stack) -> Stack:
    """One execution, `event-1`, has failed."""
    assert stack.triage(record_text("event-1", arn=SOURCE + ":live")) == []
    return stack


def code(answer: tuple[int, Any]) -> tuple[int, str]:
    return answer[0], answer[1]["error"]["code"]
