"""Faults at every AWS call of the service, one at a time.

A call is what the code asks botocore for (`BaseClient._make_api_call`); it is numbered. What goes over the
wire for it are one or more requests, for botocore tries again by itself: faults strike there, under its
retries, so the real clients with their real settings decide what comes of them. Which requests of the call
are struck is a column of `FAULTS`.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.compat import HTTPHeaders
from botocore.endpoint import Endpoint, convert_to_response_dict
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from moto.core.botocore_stubber import MockRawResponse

_URL = "http://127.0.0.1"
_READS = ("Get", "Query", "BatchGet", "List")


class Died(BaseException):
    """The process ends here. No `except Exception` sees it, and every later call of the process raises it."""


class FunctionFailed(Exception):
    """What the caller of a function learns when its process died."""


class Kind(StrEnum):
    NOT_CONNECTED = "not connected"
    ERROR = "error before"
    LOST = "error after"
    LOST_ONCE = "error after, SDK repeats"
    THROTTLED = "throttled"
    THROTTLED_ONCE = "throttled once"
    STATEMENT = "one statement"
    DIES_BEFORE = "dies before"
    DIES_AFTER = "dies after"


@dataclass(frozen=True, slots=True)
class Call:
    """`component` is the process that makes it."""

    number: int
    component: str
    service: str
    operation: str
    arguments: Any

    @property
    def is_read(self) -> bool:
        return self.operation.startswith(_READS)

    @property
    def label(self) -> str:
        how = self.arguments.get("InvocationType", "and wait") if self.operation == "Invoke" else ""
        return f"{self.operation} ({how})" if how else self.operation

    @property
    def is_event(self) -> bool:
        """An Invoke that sends an event to a source function."""
        return self.operation == "Invoke" and self.arguments.get("InvocationType") == "Event"


@dataclass(frozen=True, slots=True)
class Fault:
    """`suits` says at which calls it can be told from the others. The first request `takes_effect` or not;
    with `lasts` all further requests of the call are struck as well, without an effect, and so are further
    Invokes of one event, which the service repeats by itself where that is safe."""

    meaning: str
    suits: Callable[[Call], bool]
    takes_effect: bool = False
    lasts: bool = False


def _always(_: Call) -> bool:
    return True


def _changes(call: Call) -> bool:
    return not call.is_read


FAULTS: dict[Kind, Fault] = {
    Kind.NOT_CONNECTED: Fault("no connection, to the end; of Invoke alone", lambda c: c.is_event, lasts=True),
    Kind.ERROR: Fault("no answer, and no effect, to the end", _always, lasts=True),
    Kind.LOST: Fault("it took effect, and no answer came, to the end", _changes, True, True),
    Kind.LOST_ONCE: Fault("it took effect, the answer was lost, botocore asks again", _changes, True),
    Kind.THROTTLED: Fault("throttled, to the end", _always, lasts=True),
    Kind.THROTTLED_ONCE: Fault("throttled, and not when botocore asks again", _changes),
    Kind.STATEMENT: Fault(
        "of BatchExecuteStatement the last statement is throttled to the end, the others take effect",
        lambda call: call.operation == "BatchExecuteStatement",
        lasts=True,
    ),
    Kind.DIES_BEFORE: Fault("the process ends before the call", _always),
    Kind.DIES_AFTER: Fault("it took effect, and the process ends", _changes, True),
}

_BUSY_QUERY: tuple[int, dict[str, str], str] = (
    400,
    {},
    "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code></Error></ErrorResponse>",
)
# How each service says that it is asked too often: status, headers, body.
_BUSY: dict[str, tuple[int, dict[str, str], str]] = {
    "dynamodb": (400, {}, '{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException"}'),
    "lambda": (429, {"x-amzn-ErrorType": "TooManyRequestsException"}, "{}"),
    "sfn": (400, {}, '{"__type":"ThrottlingException"}'),
    "sqs": (400, {}, '{"__type":"RequestThrottled"}'),
    "s3": (503, {}, "<Error><Code>SlowDown</Code><Message>slower</Message></Error>"),
    "sns": _BUSY_QUERY,
    "iam": _BUSY_QUERY,
}
_STATEMENT_BUSY = {"Error": {"Code": "ThrottlingError", "Message": "slower"}}

Wire = tuple[int, dict[str, str], bytes]
"""A service's answer: status, headers, body."""
Player = Callable[[str, Any], Wire]
"""Plays a service: answers the request for an operation."""


@dataclass(slots=True)
class _Process:
    component: str
    dead: bool = False


@dataclass(slots=True)
class _Open:
    """A call that is under way."""

    call: Call
    struck: bool
    requests: int = 0


@dataclass
class Chaos:
    """`players` stand in for services, by name; moto answers for all others."""

    players: dict[str, Player]
    calls: list[Call] = field(default_factory=list)
    hits: Callable[[Call], bool] | None = None
    kind: Kind | None = None
    struck: Call | None = None
    """The call that met the fault."""
    numbering: bool = False
    _processes: list[_Process] = field(default_factory=list)
    _open: list[_Open] = field(default_factory=list)
    _struck_process: _Process | None = None

    def install(self, patch: pytest.MonkeyPatch) -> None:
        real_call: Any = BaseClient._make_api_call  # type: ignore[attr-defined]  # untyped
        real_send: Any = Endpoint._do_get_response  # type: ignore[attr-defined]  # untyped

        def call(client: BaseClient, operation: str, arguments: Any) -> Any:
            service = client.meta.service_model.service_id.hyphenize()
            return self._call(service, operation, arguments, lambda a: real_call(client, operation, a))

        def send(endpoint: Any, request: Any, model: Any, context: Any) -> Any:
            service = model.service_model.service_id.hyphenize()

            def effect() -> Any:
                if service not in self.players:
                    return real_send(endpoint, request, model, context)
                return _parsed(endpoint, request, model, self.players[service](model.name, request))

            return self._send(effect, lambda: _parsed(endpoint, request, model, _busy(service)))

        patch.setattr(BaseClient, "_make_api_call", call)
        patch.setattr(Endpoint, "_do_get_response", send)

    @contextmanager
    def process(self, component: str) -> Iterator[None]:
        """A function runs; raises `FunctionFailed` when its process dies."""
        self._processes.append(_Process(component))
        try:
            yield
        except Died:
            raise FunctionFailed(component) from None
        finally:
            self._processes.pop()

    @contextmanager
    def striking(
        self, hits: Callable[[Call], bool] | None = None, kind: Kind | None = None
    ) -> Iterator[None]:
        """Number the calls of this block; `kind` strikes the first that `hits` wants."""
        self.calls, self.hits, self.kind, self.struck, self._struck_process = [], hits, kind, None, None
        self.numbering = True
        try:
            yield
        finally:
            self.numbering, self.kind = False, None

    # -------------------------------------------------------------------------------------------------

    def _call(self, service: str, operation: str, arguments: Any, make: Callable[[Any], Any]) -> Any:
        process = self._processes[-1] if self._processes else None
        if process is None or not self.numbering:
            if process is not None and process.dead:
                raise Died
            return self._made(_Open(Call(0, "", service, operation, arguments), struck=False), make)
        if process.dead:
            raise Died
        call = Call(len(self.calls) + 1, process.component, service, operation, arguments)
        self.calls.append(call)
        struck = self._goes_on(call, process)
        if self.struck is None and self.hits is not None and self.hits(call):
            self.struck, self._struck_process, struck = call, process, True
        opened = _Open(call, struck)
        if struck and self.kind is Kind.STATEMENT:
            return self._without_one(opened, make)
        return self._made(opened, make)

    def _goes_on(self, call: Call, process: _Process) -> bool:
        """Whether the fault that struck an earlier call strikes this one too, which repeats it."""
        first = self.struck
        if first is None or self.kind is None or not FAULTS[self.kind].lasts:
            return False
        if self._struck_process is not process or call.operation != first.operation:
            return False
        if self.kind is Kind.STATEMENT:
            return first.arguments["Statements"][-1] in call.arguments["Statements"]
        return call.is_event and call.arguments == first.arguments

    def _made(self, opened: _Open, make: Callable[[Any], Any]) -> Any:
        self._open.append(opened)
        try:
            return make(opened.call.arguments)
        finally:
            self._open.pop()

    def _without_one(self, opened: _Open, make: Callable[[Any], Any]) -> Any:
        assert self.struck is not None
        refused = self.struck.arguments["Statements"][-1]
        wanted = opened.call.arguments["Statements"]
        others = [one for one in wanted if one != refused]
        opened.struck = False
        answers: list[Any] = []
        if others:
            answers = self._made(opened, lambda a: make({**a, "Statements": others}))["Responses"]
        made = iter(answers)
        return {"Responses": [_STATEMENT_BUSY if one == refused else next(made) for one in wanted]}

    def _send(self, effect: Callable[[], Any], busy: Callable[[], Any]) -> Any:
        """A request of the call that is under way: its answer as (response, error), or its death."""
        if not self._open or not self._open[-1].struck or self.kind is None:
            return effect()
        opened, process, fault = self._open[-1], self._processes[-1], FAULTS[self.kind]
        opened.requests += 1
        if opened.requests > 1 and not fault.lasts:
            return effect()
        if fault.takes_effect and opened.requests == 1:
            effect()
        match self.kind:
            case Kind.DIES_BEFORE | Kind.DIES_AFTER:
                process.dead = True
                raise Died
            case Kind.THROTTLED | Kind.THROTTLED_ONCE:
                return busy()
            case Kind.NOT_CONNECTED:
                return None, EndpointConnectionError(endpoint_url=_URL)
        return None, ReadTimeoutError(endpoint_url=_URL)


def _busy(service: str) -> Wire:
    status, headers, body = _BUSY[service]
    return status, headers, body.encode()


def refusal(status: int, code: str) -> Wire:
    """An error of Lambda, or of a service that speaks plain JSON."""
    body = {"__type": code, "message": code, "Type": "User"}
    return status, {"x-amzn-ErrorType": code}, json.dumps(body).encode()


def _parsed(endpoint: Any, request: Any, model: Any, answer: Wire) -> Any:
    """What botocore makes of an answer on the wire."""
    status, headers, body = answer
    headers = {"x-amzn-RequestId": "request", "content-length": str(len(body)), **headers}
    response = AWSResponse(request.url, status, HTTPHeaders.from_dict(headers), MockRawResponse(body))
    parser = endpoint._response_parser_factory.create_parser(model.service_model.resolved_protocol)
    return (response, parser.parse(convert_to_response_dict(response, model), model.output_shape)), None
