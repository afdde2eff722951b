"""Puts the completed asynchronous invocation into ministack; with `workers`, all that knows its insides.

Every replacement names what it completes. ministack is untyped, so its modules are `Any` here.
"""

import contextvars
import importlib
import json
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from local.async_invoke import failures, record, workers
from local.async_invoke.destinations import Credentials, Destinations
from local.async_invoke.engine import Engine
from local.async_invoke.model import Event, Outcome, Settings
from local.async_invoke.workers import RawEvent

Response = tuple[int, dict[str, str], bytes]

_request_id: contextvars.ContextVar[str | None] = contextvars.ContextVar("request_id", default=None)
_raw_payload: contextvars.ContextVar[bytes] = contextvars.ContextVar("raw_payload", default=b"{}")
_target: contextvars.ContextVar[str | None] = contextvars.ContextVar("target", default=None)

# Besides the request id, and the length that is always there.
_ANSWERED = ("X-Amz-Durable-Execution-Arn",)
_SOURCES = ("s3", "eventbridge", "sns", "scheduler")


class MinistackPlatform:
    """The engine's view of ministack's functions. Called in the account and region of the event."""

    def __init__(self, lambda_svc: Any, lambda_runtime: Any) -> None:
        self._svc = lambda_svc
        self._runtime = lambda_runtime

    def settings(self, event: Event) -> Settings | None:
        function = self._svc._functions.get(event.name)
        target, _version = self._target(function, event.qualifier)
        if target is None:
            return None
        invoke_config = self._svc._event_invoke_config(function, _stored_qualifier(event.qualifier)) or {}
        destinations = invoke_config.get("DestinationConfig") or {}
        config = target["config"]
        return Settings(
            max_retries=int(invoke_config.get("MaximumRetryAttempts", 2)),
            max_age=float(invoke_config.get("MaximumEventAgeInSeconds", 21600)),
            on_success=(destinations.get("OnSuccess") or {}).get("Destination") or None,
            on_failure=(destinations.get("OnFailure") or {}).get("Destination") or None,
            dead_letter=(config.get("DeadLetterConfig") or {}).get("TargetArn") or None,
            config=config,
        )

    def credentials(self, settings: Settings) -> Credentials:
        return Credentials.of(self._runtime.execution_credentials(settings.config))

    def execute(self, event: Event) -> Outcome:
        function = self._svc._functions.get(event.name)
        target, version = self._target(function, event.qualifier)
        if target is None:
            alias_only = function is not None and not (event.qualifier or "").isdigit()
            return Outcome("alias_deleted" if alias_only else "deleted")
        reserved = self._svc._reserved_concurrency(function, function["config"])
        if reserved == 0:
            return Outcome("no_concurrency")
        invoked_arn = event.function_arn + (f":{event.qualifier}" if event.qualifier else "")
        config = {**target["config"], "FunctionArn": invoked_arn}
        # Reserved concurrency belongs to the function, whichever version runs.
        execution = {**target, "config": config, "concurrency": function.get("concurrency")}
        slot, _limit = self._svc._acquire_execution_slot(execution, config)
        if slot is None:
            return Outcome("throttled")
        started = time.monotonic()
        try:
            result = self._dispatch(execution, config, event)
        finally:
            self._svc._release_execution_slot(slot)
        if result.get("throttle"):
            return Outcome("throttled")
        payload = result.get("raw_body") or failures.as_json(result.get("body"))
        kind = "failed" if result.get("error") else "ran"
        return Outcome(kind, payload, version, time.monotonic() - started)  # type: ignore[arg-type]

    def _dispatch(self, execution: dict[str, Any], config: dict[str, Any], event: Event) -> dict[str, Any]:
        result: dict[str, Any] = self._svc._execute_function_dispatch(
            execution, config, RawEvent(event.payload), event.request_id, time.time()
        )
        return result

    @staticmethod
    def _target(function: Any, qualifier: str | None) -> tuple[Any, str]:
        """The record that a qualifier stands for now, with its version number."""
        if function is None or qualifier in (None, "$LATEST"):
            return function, "$LATEST"
        version = (function["aliases"].get(qualifier) or {}).get("FunctionVersion", qualifier)
        return (function if version == "$LATEST" else function["versions"].get(version)), version


def install(endpoint: str, *, speed: float, width: int) -> Engine:
    """Complete the imported ministack; the environment it reads at import must be set before."""
    app, svc, runtime = (
        importlib.import_module(f"ministack.{name}")
        for name in ("app", "services.lambda_svc", "core.lambda_runtime")
    )
    engine = Engine(MinistackPlatform(svc, runtime), Destinations(endpoint), speed=speed, width=width)
    _accept_invocations(app, svc, engine)
    _accept_event_sources(svc, engine)
    workers.install(svc, runtime)
    _complete_event_invoke_config(svc)
    return engine


def _accept_invocations(app: Any, svc: Any, engine: Engine) -> None:
    """Invoke hands its bytes on; with type Event it answers as Lambda (docs/reference/lambda.md#invoke)."""
    dispatch, handle, invoke = app._dispatch_service_request, svc.handle_request, svc._invoke

    async def dispatch_with_id(
        method: str, path: str, headers: Any, body: bytes, query: Any, request_id: str
    ) -> Any:
        _request_id.set(request_id)
        return await dispatch(method, path, headers, body, query, request_id)

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        if method != "POST" or not path.rstrip("/").endswith("/invocations"):
            return await handle(method, path, headers, body, query)
        payload = body or b"{}"
        is_event = headers.get("x-amz-invocation-type") == "Event"
        if refusal := _refusal(payload, is_event, svc.error_response_json):
            return refusal
        token = _raw_payload.set(payload)
        try:
            # ministack need not read the event, which may be JSON that Python can't read.
            status, answer_headers, answer = await handle(method, path, headers, b"", query)
        finally:
            _raw_payload.reset(token)
        if status == 202:
            kept = {name: text for name, text in answer_headers.items() if name in _ANSWERED}
            return 202, {"X-Amzn-Remapped-Content-Length": "0", **kept}, b""
        return status, answer_headers, answer

    async def invoke_with_bytes(name: str, _event: Any, *args: Any) -> Any:
        return await invoke(name, RawEvent(_raw_payload.get()), *args)

    def invoke_async_with_retry(func: Any, event: Any) -> None:
        is_invoke = isinstance(event, RawEvent)
        payload = bytes(event) if is_invoke else failures.as_json(event)
        # One S3 or SNS request can start several invocations; only Invoke hands its own id on.
        request_id = _request_id.get() if is_invoke else None
        _submit(svc, engine, _target.get() or func["config"]["FunctionArn"], payload, request_id)

    app._dispatch_service_request = dispatch_with_id
    svc.handle_request, svc._invoke = handle_request, invoke_with_bytes
    svc.invoke_async_with_retry = invoke_async_with_retry


def _refusal(
    payload: bytes, is_event: bool, error_response: Callable[[str, str, int], Response]
) -> Response | None:
    if is_event and len(payload) > record.MAX_PAYLOAD:
        text = (
            f"{len(payload)} byte payload is too large for the Event invocation type "
            f"(limit {record.MAX_PAYLOAD} bytes)"
        )
        return error_response("RequestTooLargeException", text, 413)
    try:
        record.check_json(payload)
    except record.InvalidPayloadError as error:
        text = f"Could not parse request body into json: {error}"
        return error_response("InvalidRequestContentException", text, 400)
    return None


def _accept_event_sources(svc: Any, engine: Engine) -> None:
    """Rules, schedules, buckets and topics invoke asynchronously; ministack runs some of them once."""
    services: list[Any] = [importlib.import_module(f"ministack.services.{name}") for name in _SOURCES]
    s3, eventbridge, sns, scheduler = services
    # ministack looks for due schedules every ten seconds.
    eventbridge._SCHEDULER_TICK_INTERVAL = scheduler._SCHEDULE_TICK_INTERVAL = 1
    deliver_from_bucket = s3._deliver_event_to_lambda

    def from_bucket(arn: str, event: Any, bucket_region: str) -> None:
        token = _target.set(arn)
        try:
            deliver_from_bucket(arn, event, bucket_region)
        finally:
            _target.reset(token)

    def from_rule(arn: str, payload: str | None) -> None:
        body = (payload or "{}").encode()
        try:
            record.check_json(body)
        except record.InvalidPayloadError:
            body = failures.as_json(payload)
        _submit(svc, engine, arn, body, None)

    def from_topic(endpoint: str, envelope: str, _topic: str, subscription: str, *_message: Any) -> None:
        head = {"EventVersion": "1.0", "EventSubscriptionArn": subscription, "EventSource": "aws:sns"}
        event = {"Records": [{**head, "Sns": json.loads(envelope)}]}
        _submit(svc, engine, endpoint, failures.as_json(event), None)

    s3._deliver_event_to_lambda = from_bucket
    eventbridge._dispatch_to_lambda = from_rule
    sns._deliver_to_lambda = from_topic


def _submit(svc: Any, engine: Engine, function: str, payload: bytes, request_id: str | None) -> None:
    name, qualifier = svc._resolve_name_and_qualifier(function)
    engine.submit(Event(request_id or str(uuid.uuid4()), svc._func_arn(name), qualifier, payload))


def _stored_qualifier(qualifier: str | None) -> str | None:
    return None if qualifier in (None, "", "$LATEST") else qualifier


def _complete_event_invoke_config(svc: Any) -> None:
    """`$LATEST` is no qualifier; IAM actions of its own (docs/reference/lambda.md#destination-settings)."""
    put, get, delete = (
        svc._put_event_invoke_config,
        svc._get_event_invoke_config,
        svc._delete_event_invoke_config,
    )
    svc._put_event_invoke_config = lambda name, qualifier, data: put(name, _stored_qualifier(qualifier), data)
    svc._get_event_invoke_config = lambda name, qualifier=None: get(name, _stored_qualifier(qualifier))
    svc._delete_event_invoke_config = lambda name, qualifier=None: delete(name, _stored_qualifier(qualifier))

    iam_actions: Any = importlib.import_module("ministack.core.iam_actions")
    action = iam_actions._lambda_action
    verbs = {"GET": "Get", "PUT": "Put", "POST": "Update", "DELETE": "Delete"}

    def lambda_action(method: str, path: str) -> Any:
        if re.search(r"/functions/[^/]+/event-invoke-config$", path.rstrip("/")) and method in verbs:
            return f"{verbs[method]}FunctionEventInvokeConfig"
        return action(method, path)

    iam_actions._lambda_action = lambda_action
