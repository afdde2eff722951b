"""No SDK retry can send an event twice: shown against servers that misbehave on a real connection."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambda_replay.adapters.aws.lambda_invoke import LambdaInvoker
from lambda_replay.domain.executions.execution import ExecutionStatus
from lambda_replay.domain.executions.replay import ReplayStatus, Trigger
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.refusals import Reason
from lambda_replay.ports.invoker import Accepted, InvokeAnswer, Rejected, Unanswered
from lambda_replay.use_cases.replays.send import Source
from tests.support.world.service import World

TARGET = FunctionArn.parse("arn:aws:lambda:eu-west-1:123456789012:function:orders:live")
RESPONSES = {
    "accepts": b"HTTP/1.1 202 Accepted\r\nx-amzn-RequestId: run-1\r\nContent-Length: 0\r\n\r\n",
    "drops": b"",
    "half": b"HTTP/1.1 202 Acc",
    "fails": b"HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
    "throttles": b"HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\n"
    b"x-amzn-ErrorType: TooManyRequestsException\r\nContent-Length: 2\r\n\r\n{}",
}


@dataclass
class Server:
    """Reads a whole request, answers with `response` and, unless it `keeps` it, closes the connection."""

    response: bytes
    arrivals: list[bytes] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)
    keeps: bool = False
    """Answers more than one request on a connection."""
    connections: int = 0

    def __post_init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._answer, args=[connection], daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError, IndexError):
            while True:
                head, body = _read(connection)
                self.heads.append(head)
                self.arrivals.append(body)
                connection.sendall(self.response)
                if not self.keeps:
                    return

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread, which would keep it open
        self._socket.close()


def _read(connection: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            raise OSError("closed")
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return head, body


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], Server]]:
    servers: list[Server] = []

    def start(response: bytes) -> Server:
        server = Server(response)
        servers.append(server)
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", f"http://127.0.0.1:{server.port}")
        return server

    yield start
    for server in servers:
        with suppress(OSError):  # a test may have closed it
            server.close()


def invoke(payload: bytes = b"{}") -> InvokeAnswer:
    return LambdaInvoker(sleep=lambda _: None).invoke(TARGET, payload)


@pytest.mark.parametrize(
    ("response", "answer", "arrivals"),
    [
        ("accepts", Accepted("run-1"), 1),
        ("drops", Unanswered(), 1),
        ("half", Unanswered(), 1),
        ("fails", Unanswered(), 1),
        ("throttles", Rejected(Reason.THROTTLED), 4),
    ],
)
def test_answers(
    serve: Callable[[bytes], Server], response: str, answer: InvokeAnswer, arrivals: int
) -> None:
    server = serve(RESPONSES[response])
    assert invoke() == answer
    assert len(server.arrivals) == arrivals


@pytest.mark.parametrize(
    "payload", [b' {"a":1.10,"a":1e400}\n', b"null", '"λ"'.encode(), b'"' + b"x" * 1_000_000 + b'"']
)
def test_the_bytes_on_the_wire(serve: Callable[[bytes], Server], payload: bytes) -> None:
    server = serve(RESPONSES["accepts"])
    assert invoke(payload) == Accepted("run-1")
    assert server.arrivals == [payload]


ALREADY = b"HTTP/1.1 409 Conflict\r\nx-amzn-ErrorType: DurableExecutionAlreadyStartedException\r\n"
TENANCY = b"HTTP/1.1 400 Bad Request\r\nx-amzn-ErrorType: InvalidParameterValueException\r\n"
TENANT_TEXT = b'{"message":"The invoked function is enabled with tenancy configuration. Add one."}'


def test_the_names_on_the_wire(serve: Callable[[bytes], Server]) -> None:
    server = serve(
        b"HTTP/1.1 202 Accepted\r\nx-amzn-RequestId: run-1\r\nContent-Length: 0\r\n"
        b"X-Amz-Durable-Execution-Arn: arn:aws:lambda:eu-west-1:123456789012:function:orders:1/"
        b"durable-execution/name-1/2\r\n\r\n"
    )
    answer = LambdaInvoker(sleep=lambda _: None).invoke(TARGET, b"{}", tenant="blue", durable_name="name-1")
    assert isinstance(answer, Accepted)
    assert (answer.durable_arn or "").endswith(":function:orders:1/durable-execution/name-1/2")
    [head] = server.heads
    assert b"x-amz-tenant-id: blue" in head.lower()
    assert b"x-amz-durable-execution-name: name-1" in head.lower()
    invoke()
    assert b"x-amz-tenant-id" not in server.heads[-1].lower()
    assert b"x-amz-durable" not in server.heads[-1].lower()


@pytest.mark.parametrize(
    ("head", "body", "tenant", "reason"),
    [
        (ALREADY, b"{}", None, Reason.DURABLE_ALREADY_STARTED),
        (TENANCY, TENANT_TEXT, None, Reason.TENANT_REQUIRED),
        (TENANCY, TENANT_TEXT, "blue", Reason.INVOKE_REFUSED),
        (TENANCY, b'{"message":"another"}', None, Reason.INVOKE_REFUSED),
    ],
)
def test_refusals_by_name(
    serve: Callable[[bytes], Server], head: bytes, body: bytes, tenant: str | None, reason: Reason
) -> None:
    length = f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    server = serve(head + length + body)
    answer = LambdaInvoker(sleep=lambda _: None).invoke(TARGET, b"{}", tenant=tenant)
    assert answer == Rejected(reason)
    assert len(server.arrivals) == 1


def test_no_one_listens(serve: Callable[[bytes], Server]) -> None:
    server = serve(b"")
    server.close()
    assert invoke() == Rejected(Reason.ENDPOINT_UNREACHABLE)


@pytest.mark.parametrize("response", ["drops", "half", "fails"])
def test_a_lost_answer_is_one_arrival_and_an_uncertain_attempt(
    serve: Callable[[bytes], Server], response: str
) -> None:
    """One by one, and many at once through a job; the sweep and a second look send nothing again."""
    server, world = serve(RESPONSES[response]), World()
    world.aws = LambdaInvoker(sleep=lambda _: None)  # type: ignore[assignment]
    names = [f"event-{number}" for number in range(40)]
    for name in names:
        world.fails(name, payload=json.dumps(name))
    assert world.replay(names[0]).status is ReplayStatus.UNCERTAIN
    bulk = replace(world.bulk(), pool=ThreadPoolExecutor(16))
    issued = bulk.issue(names[1:], ReplayOptions(), Source(by="someone", trigger=Trigger.BULK, job="job-1"))
    assert len(issued.claimed) == 39
    again = bulk.issue(names[1:], ReplayOptions(), Source(by="someone", trigger=Trigger.BULK, job="job-1"))
    assert len(again.claimed) == 39
    world.wait(timedelta(hours=12))
    assert sorted(server.arrivals) == sorted(json.dumps(name).encode() for name in names)
    for name in names:
        assert [attempt.status for attempt in world.execution(name).replays] == [ReplayStatus.UNCERTAIN]
        assert world.execution(name).status is ExecutionStatus.FAILED


def test_connections_are_used_again_until_the_process_may_have_slept(
    serve: Callable[[bytes], Server],
) -> None:
    server = serve(RESPONSES["accepts"])
    server.keeps = True
    invoker = LambdaInvoker(sleep=lambda _: None)
    for _ in range(3):
        assert invoker.invoke(TARGET, b"{}") == Accepted("run-1")
    assert (len(server.arrivals), server.connections) == (3, 1)
    invoker.renew()
    assert invoker.invoke(TARGET, b"{}") == Accepted("run-1")
    assert (len(server.arrivals), server.connections) == (4, 2)


def test_tries_that_take_long_are_fewer() -> None:
    """So that all of them together take no longer than who sends expects."""
    began: list[float] = []
    seconds = 0.0

    class Throttled:
        def invoke(self, **_: object) -> None:
            nonlocal seconds
            began.append(seconds)
            seconds += 4
            answer: Any = {
                "Error": {"Code": "TooManyRequestsException"},
                "ResponseMetadata": {"HTTPStatusCode": 429},
            }
            raise ClientError(answer, "Invoke")

    def sleep(span: float) -> None:
        nonlocal seconds
        seconds += span

    client: Any = Throttled()
    invoker = LambdaInvoker(sleep=sleep, seconds=lambda: seconds, make_client=lambda _: client)
    assert invoker.invoke(TARGET, b"{}") == Rejected(Reason.THROTTLED)
    assert len(began) == 2
    assert began[-1] < 5
