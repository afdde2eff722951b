"""The three functions, and an AWS around them that does what AWS does: delivers again, tries again, sweeps
every minute. DynamoDB, S3 and SNS are moto's; Lambda, Step Functions and the queue are played here.
"""

import copy
import json
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ReadTimeoutError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends

import api.app
import api.composition_root
import replay.app
import replay.composition_root
import triage.app
import triage.composition_root
from tests.support.chaos import Chaos, FunctionFailedError, Wire, refusal
from tests.support.events import Context, api_event, queue_event
from tests.support.table import BUCKET, FAILURES, TABLE
from tests.support.world.service import record_text

REGION = "eu-west-1"
FAILURE_QUEUE_DLQ = "arn:aws:sqs:eu-west-1:123456789012:refused"
START = datetime(2026, 1, 31, 9, tzinfo=UTC)
SOURCES = "arn:aws:lambda:eu-west-1:123456789012:function:orders-*"
SOURCE = SOURCES.replace("*", "import")
NAME = SOURCE.rpartition(":")[2]
DURABLE = SOURCES.replace("*", "durable")
ROLE = "arn:aws:iam::123456789012:role/source"
STATE_MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:replay-job"
BOOM = '{"errorType":"ValueError","errorMessage":"boom"}'
LEASE, WINDOW = timedelta(seconds=120), timedelta(seconds=600)
MODULES = {"triage": triage.composition_root, "replay": replay.composition_root, "api": api.composition_root}
# What a service is made of, besides what moto keeps.
_STATE = (
    "runs", "queue", "dead_letters", "sent", "foreign", "machines", "fates", "refused", "reported",
)  # fmt: skip
_REMAINING_MS = 60_000
_RECEIVES, _HIDDEN = 1000, timedelta(seconds=1260)  # template: the queue's maxReceiveCount, VisibilityTimeout
_TURNS = 200  # many more than any job here needs
_TRIES = 6  # statemachines/replay_job.asl.yaml: the turn's MaxAttempts, and the first


@dataclass
class Clock:
    """Goes on by a millisecond whenever somebody looks, and by what they sleep."""

    time: datetime = START

    def __call__(self) -> datetime:
        self.time += timedelta(milliseconds=1)
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass
class Run:
    """One arrival at a source function."""

    id: str
    execution: str
    payload: bytes
    target: str
    reported: bool = False
    arn: str | None = None
    """Of a durable execution: one is kept for its name, and it reports nothing."""


@dataclass
class Message:
    """`receipt` names the last receipt; none follows until `visible_at`. `attributes` are texts by name."""

    body: str
    sent_at: datetime
    visible_at: datetime
    receives: int = 0
    receipt: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass
class Machine:
    """One execution of the state machine."""

    said: dict[str, Any]
    done: bool = False


@dataclass
class Service:
    """`fates` says how a run of an execution ends: with this error, or None for a success; "silent": nobody
    says. `refused` are executions whose event Lambda does not take."""

    chaos: Chaos
    topic: str
    clock: Clock = field(default_factory=Clock)
    runs: list[Run] = field(default_factory=list)
    queue: list[Message] = field(default_factory=list)
    dead_letters: list[Message] = field(default_factory=list)
    sent: dict[str, str] = field(default_factory=dict)
    """Failure records that were sent to the queue: run and payload."""
    foreign: list[str] = field(default_factory=list)
    """Messages that were sent to the queue and are no records."""
    machines: dict[str, Machine] = field(default_factory=dict)
    fates: dict[str, str | None] = field(default_factory=dict)
    refused: dict[str, Wire] = field(default_factory=dict)
    reported: dict[str, str] = field(default_factory=dict)
    """Records of failures that the service itself sent to the queue: run and text."""
    before_answer: Callable[[], None] = lambda: None
    """Happens between an event's arrival and Lambda's answer."""
    answers_lost_until: datetime = START
    """Events arrive until then, and no answer comes."""
    _kept: Any = None

    def reset(self) -> None:
        """An empty AWS, and processes that know nothing."""
        # A new table each time would take most of the time.
        self._table().clear()
        for bucket in (BUCKET, FAILURES):
            self._objects(bucket).clear()
        self._notifications().clear()
        self.clock.time = START
        for name in _STATE:
            getattr(self, name).clear()
        self.start_again()

    def keep(self) -> None:
        """Everything as it is, for `restore`: it need not be prepared again for each fault."""
        own = {name: getattr(self, name) for name in _STATE}
        parts = copy.deepcopy((own, self._table(), self._notifications()))
        objects = {bucket: dict(self._objects(bucket)) for bucket in (BUCKET, FAILURES)}
        self._kept = self.clock.time, parts, objects

    def restore(self) -> None:
        """As it was when it was kept; the processes are new."""
        self.reset()
        self.clock.time, parts, objects = self._kept
        own, table, notifications = copy.deepcopy(parts)
        for name, value in own.items():
            setattr(self, name, value)
        self._table().update(table)
        self._notifications().extend(notifications)
        for bucket, found in objects.items():
            self._objects(bucket).update(found)

    def start_again(self) -> None:
        """The next process of each function knows nothing of those before."""
        random.seed(1)
        self.before_answer = lambda: None
        self.answers_lost_until = START
        self.chaos.down = frozenset()
        for component in MODULES:
            self.forget(component)

    def forget(self, component: str) -> None:
        for cached in vars(MODULES[component]).values():
            if hasattr(cached, "cache_clear"):
                cached.cache_clear()

    # ------------------------------------------------------------------------------------ the functions

    def run(self, function: str, event: Any, component: str | None = None) -> Any:
        """What a function answers. Raises what it raised, or `FunctionFailedError`: its next process is
        new."""
        handler: Any = {"triage": triage.app, "replay": replay.app, "api": api.app}[function].handler
        try:
            with self.chaos.process(component or function):
                return handler(event, Context(_REMAINING_MS))
        except FunctionFailedError:
            self.forget(function)
            raise

    def send(self, *bodies: str) -> None:
        """To the failure queue."""
        now = self.clock.time
        self.queue += [Message(body, now, now) for body in bodies]

    def fails(self, run: str, *, payload: str | None = None, response: str = BOOM, arn: str = SOURCE) -> str:
        """A failure record; without a word about it the payload names the run."""
        text = payload if payload is not None else json.dumps({"id": run})
        self.sent[run] = text
        return record_text(run, payload=text, response=response, arn=arn, at=self.clock.time)

    def succeeds(self, run: str) -> str:
        payload = next((one.payload.decode() for one in self.runs if one.id == run), "{}")
        return record_text(
            run, payload=payload, condition="Success", response="null", arn=SOURCE, at=self.clock.time
        )

    def deliver(self) -> None:
        """Once: one batch."""
        batch = self.visible()[:10]
        event = queue_event(*[message.body for message in batch])
        for record, message in zip(event["Records"], batch, strict=True):
            message.receives += 1
            message.receipt = record["receiptHandle"] = record["messageId"]
            message.visible_at = self.clock.time + _HIDDEN
            record["attributes"] |= {
                "ApproximateReceiveCount": str(message.receives),
                "SentTimestamp": str(int(message.sent_at.timestamp() * 1000)),
            }
        try:
            answer = self.run("triage", event)
            again = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        except Exception:  # as SQS does: all of them come again
            again = {record["messageId"] for record in event["Records"]}
        for message in batch:
            if message.receipt not in again or message.receives >= _RECEIVES:
                self.queue.remove(message)
            if message.receipt in again and message.receives >= _RECEIVES:
                self.dead_letters.append(message)

    def visible(self) -> list[Message]:
        return [message for message in self.queue if message.visible_at <= self.clock.time]

    def deliver_all(self) -> None:
        """All that do not wait."""
        while self.visible():
            self.deliver()

    def call(self, method: str, path: str, **parts: Any) -> tuple[int, Any]:
        """Status and body; 502 when the API's function failed."""
        body = parts.pop("json", None)
        if body is not None:
            parts["body"] = json.dumps(body)
        try:
            answer = self.run("api", api_event(method, path, **parts))
        except Exception:  # as the gateway does
            return 502, None
        return answer["statusCode"], json.loads(answer["body"])

    def ask(self, method: str, path: str, **parts: Any) -> tuple[int, Any]:
        """As an operator does who repeats what went wrong, with the same Idempotency-Key."""
        answer = self.call(method, path, **parts)
        for _ in range(2):
            if answer[0] < 500:
                break
            answer = self.call(method, path, **parts)
        return answer

    def sweep(self) -> None:
        with suppress(Exception):  # the next one comes in a minute
            self.run("replay", {"command": "sweep"}, "sweep")

    def drive(self) -> None:
        """Play the state machines until they are done, or fail for good, and sweep every minute."""
        swept = self.clock.time
        for machine in list(self.machines.values()):
            for _ in range(_TURNS):
                if machine.done:
                    break
                said = self.turn(machine.said)
                machine.done = said is None or said["done"]
                if said is None or machine.done:
                    break
                machine.said = said
                if said["wait"]:
                    self.tell()
                    self.clock.sleep(said["wait"])
                if self.clock.time - swept >= timedelta(minutes=1):
                    self.sweep()
                    swept = self.clock.time

    def turn(self, said: dict[str, Any]) -> dict[str, Any] | None:
        for lost in range(_TRIES):
            try:
                answer = self.run("replay", {"command": "drive_job", **said}, "job driver")
            except Exception:  # as the machine does
                self.clock.sleep(2**lost)
                continue
            assert isinstance(answer, dict)
            return answer
        return None

    # --------------------------------------------------------------------------------- what AWS goes on with

    def tell(self) -> None:
        """The source functions' runs end, and say so."""
        for run in self.runs:
            fate = self.fates.get(run.execution)
            if run.reported or fate == "silent":
                continue
            run.reported = True
            if fate is None:
                self.send(self.succeeds(run.id))
            else:
                self.send(self.fails(run.id, payload=run.payload.decode(), response=fate))
        self.deliver_all()

    def commit(self, rounds: int = 30) -> None:
        """Time passes until nothing is left to do."""
        for _ in range(rounds):
            self.tell()
            self.drive()
            self.sweep()
            if not self.due() and not self.queue and all(run.reported for run in self._telling()):
                break
            self.clock.sleep(180)

    def _telling(self) -> Iterator[Run]:
        return (run for run in self.runs if self.fates.get(run.execution) != "silent")

    def due(self) -> list[str]:
        """What the sweep has still to look at."""
        return [item["id"]["S"] for item in self.items() if "due_shard" in item]

    def items(self) -> list[dict[str, Any]]:
        """The table as it is."""
        found = (item for items in self._table().values() for item in items.values())
        return [item.to_json()["Attributes"] for item in found]

    def messages(self) -> list[str]:
        """What was sent to the alert topic."""
        return [str(one[1]) for one in self._notifications()]

    def _table(self) -> Any:
        return dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[TABLE].items

    def _objects(self, bucket: str) -> Any:
        return s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[bucket].keys

    def _notifications(self) -> list[Any]:
        found: list[Any] = sns_backends[DEFAULT_ACCOUNT_ID][REGION].topics[self.topic].sent_notifications
        return found

    # ------------------------------------------------------------------------------- Lambda, Step Functions

    def lambda_(self, operation: str, request: Any) -> Wire:
        if operation == "GetFunctionEventInvokeConfig":
            return refusal(404, "ResourceNotFoundException")
        if operation == "GetFunctionConfiguration":
            facts = {
                "Version": "$LATEST",
                "LastModified": "2026-01-01T00:00:00.000+0000",
                "Timeout": 30,
                "Role": ROLE,
                **({"DurableConfig": {"ExecutionTimeout": 60}} if "orders-durable" in request.url else {}),
            }
            return 200, {}, json.dumps(facts | {"CodeSha256": "code"}).encode()
        if operation == "GetDurableExecution":
            return self._durable_execution(unquote(request.url))
        name, body = unquote(request.url).split("/functions/")[1].split("/")[0], bytes(request.body or b"")
        how = request.headers.get("X-Amz-Invocation-Type", "")
        if name == "replay-function":
            return self._replay_function(body)
        if how in ("DryRun", b"DryRun"):
            return 204, {}, b""
        execution = json.loads(body)["id"]
        if execution in self.refused:
            return self.refused[execution]
        run, answer = self._arrived(execution, body, name, request.headers)
        self.before_answer()
        if self.clock.time < self.answers_lost_until:
            raise ReadTimeoutError(endpoint_url=request.url)
        if run.arn is not None:
            answer["X-Amz-Durable-Execution-Arn"] = run.arn
        return 202, answer, b""

    def _arrived(self, execution: str, body: bytes, name: str, headers: Any) -> tuple[Run, dict[str, str]]:
        """Of a name there is one durable execution, whatever the request that asks for it again."""
        request_id = f"run-{len(self.runs) + 1}"
        if "orders-durable" not in name:
            self.runs.append(Run(request_id, execution, body, name))
            return self.runs[-1], {"x-amzn-RequestId": request_id}
        said = headers.get("X-Amz-Durable-Execution-Name", request_id)
        named = said.decode() if isinstance(said, bytes) else said
        arn = f"{DURABLE}:$LATEST/durable-execution/{named}/1"
        known = next((run for run in self.runs if run.arn == arn), None)
        if known is None:
            known = Run(request_id, execution, body, name, reported=True, arn=arn)
            self.runs.append(known)
            return known, {"x-amzn-RequestId": request_id}
        assert known.payload == body, "another payload under one name"
        return known, {"x-amzn-RequestId": f"again-{len(self.chaos.calls)}-{request_id}"}

    def _durable_execution(self, url: str) -> Wire:
        run = next(run for run in self.runs if run.arn is not None and run.arn in url)
        fate = self.fates.get(run.execution)
        error = json.loads(fate) if fate else {}
        found = {
            "DurableExecutionArn": run.arn,
            "Status": "FAILED" if fate else "SUCCEEDED",
            "EndTimestamp": self.clock.time.timestamp(),
            "Error": {"ErrorType": error.get("errorType"), "ErrorMessage": error.get("errorMessage")},
        }
        return 200, {}, json.dumps(found).encode()

    def _replay_function(self, body: bytes) -> Wire:
        try:
            answer = self.run("replay", json.loads(body))
        except Exception as fault:  # as Lambda does
            failed = {"X-Amz-Function-Error": "Unhandled"}
            return 200, failed, json.dumps({"errorType": type(fault).__name__}).encode()
        return 200, {}, json.dumps(answer).encode()

    def sqs(self, operation: str, request: Any) -> Wire:
        asked = json.loads(request.body)
        if operation == "SendMessage":
            if not asked["QueueUrl"].endswith(FAILURE_QUEUE_DLQ.rpartition(":")[2]):
                return self._outcome_sent(asked["MessageBody"])
            given = asked["MessageAttributes"].items()
            texts = {name: attribute["StringValue"] for name, attribute in given}
            now = self.clock.time
            self.dead_letters.append(Message(asked["MessageBody"], now, now, attributes=texts))
            return 200, {}, b'{"MessageId":"moved"}'
        for entry in asked["Entries"]:
            for message in self.queue:
                if message.receipt == entry["ReceiptHandle"]:
                    message.visible_at = self.clock.time + timedelta(seconds=entry["VisibilityTimeout"])
        return 200, {}, b'{"Successful":[],"Failed":[]}'

    def _outcome_sent(self, body: str) -> Wire:
        """How a durable execution ended, sent to the failure queue by the sweep."""
        about = json.loads(body)["requestContext"]
        if about["condition"] != "Success":
            self.reported[about["requestId"]] = body
        self.send(body)
        return 200, {}, b'{"MessageId": "m"}'

    def iam(self, _: str, __: Any) -> Wire:
        found = f"<Path>/</Path><RoleName>source</RoleName><RoleId>AROAEXAMPLEID</RoleId><Arn>{ROLE}</Arn>"
        role = f"<Role>{found}<CreateDate>2026-01-01T00:00:00Z</CreateDate></Role>"
        return 200, {}, f"<GetRoleResponse><GetRoleResult>{role}</GetRoleResult></GetRoleResponse>".encode()

    def step_functions(self, _: str, request: Any) -> Wire:
        asked = json.loads(request.body)
        if asked["name"] in self.machines:
            return refusal(400, "ExecutionAlreadyExists")
        self.machines[asked["name"]] = Machine(json.loads(asked["input"]))
        started = {"executionArn": f"{STATE_MACHINE}:{asked['name']}", "startDate": 0}
        return 200, {}, json.dumps(started).encode()
